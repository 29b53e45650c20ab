#pragma once
// What commands say to the person who started them: results on standard output, everything else on standard error.

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "app/config.h"
#include "base/error.h"
#include "base/secret.h"

namespace peyk::app {

void print_line(std::string_view line);     // a result, standard output
void note_line(std::string_view line);      // a remark, standard error
void complain_line(std::string_view line);  // a failure, standard error, behind "peyk: "

template <class... Args>
void print(fmt::format_string<Args...> format, Args&&... args) {
    print_line(fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void note(fmt::format_string<Args...> format, Args&&... args) {
    note_line(fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void complain(fmt::format_string<Args...> format, Args&&... args) {
    complain_line(fmt::format(format, std::forward<Args>(args)...));
}

// True when a person can be asked: standard input and error are a terminal.
bool interactive();
// Errors: cancelled at the end of input.
Result<std::string> ask(std::string_view question, std::string_view standard = {});
// Without echo.
Result<Secret> ask_secret(std::string_view question);

// Of ten characters at least: the first line of `file`, or asked for twice. Errors: bad_request.
Result<Secret> ask_new_passphrase(const std::filesystem::path& file = {});

// Loads `file`, prints problems, and warnings unless they are asked for. nullopt: print nothing more and leave with
// kExitUsage.
std::optional<Config> load_or_complain(const std::filesystem::path& file, std::vector<std::string>* warnings = nullptr);

// Asks for the passphrase of the store where it is needed and was not given. Errors: forbidden without a terminal.
Result<void> complete_passphrase(Config& config);

// A line that is renewed in place on a terminal, at most every 200 ms, first after 2 s; without a terminal a line of
// its own every 5 s. For anything that may last.
class Progress {
public:
    explicit Progress(std::string what);
    ~Progress();
    Progress(const Progress&) = delete;
    // `total` 0: unknown.
    void update(std::uint64_t done, std::uint64_t total, std::string_view unit);

private:
    std::string what_;
    std::chrono::steady_clock::time_point begun_, shown_;
    bool terminal_, any_ = false;
};

}  // namespace peyk::app
