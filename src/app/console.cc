#include "app/console.h"

#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>

namespace peyk::app {

void print_line(std::string_view line) {
    fmt::print(stdout, "{}\n", line);
    std::fflush(stdout);
}
void note_line(std::string_view line) { fmt::print(stderr, "{}\n", line); }
void complain_line(std::string_view line) { fmt::print(stderr, "peyk: {}\n", line); }

bool interactive() { return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1; }

Result<std::string> ask(std::string_view question, std::string_view standard) {
    if (standard.empty()) {
        fmt::print(stderr, "{}: ", question);
    } else {
        fmt::print(stderr, "{} [{}]: ", question, standard);
    }
    std::string line;
    if (!std::getline(std::cin, line)) return fail(Errc::cancelled, "no answer");
    return line.empty() ? std::string(standard) : line;
}

Result<Secret> ask_secret(std::string_view question) {
    termios before{};
    bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        termios silent = before;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    fmt::print(stderr, "{}: ", question);
    std::string line;
    bool read = static_cast<bool>(std::getline(std::cin, line));
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fmt::print(stderr, "\n");
    }
    if (!read) return fail(Errc::cancelled, "no answer");
    Secret secret(line);
    std::fill(line.begin(), line.end(), '\0');
    return secret;
}

Result<Secret> ask_new_passphrase(const std::filesystem::path& file) {
    constexpr std::size_t kShortest = 10;
    Secret chosen;
    if (!file.empty()) {
        std::ifstream in(file);
        std::string line;
        std::getline(in, line);
        chosen = Secret(line);
        std::fill(line.begin(), line.end(), '\0');
    } else {
        PEYK_TRY(chosen, ask_secret("New passphrase"));
        PEYK_TRY(auto second, ask_secret("Once more"));
        if (chosen.reveal() != second.reveal()) return fail(Errc::bad_request, "the two passphrases differ");
    }
    if (chosen.reveal().size() < kShortest) return fail(Errc::bad_request, "a passphrase has ten characters at least");
    return chosen;
}

std::optional<Config> load_or_complain(const std::filesystem::path& file, std::vector<std::string>* warnings) {
    auto loaded = load_config(file, environment_of_process());
    if (!loaded) {
        complain_line("the configuration cannot be used");
        note_line(loaded.error().detail);
        return std::nullopt;
    }
    if (warnings) {
        *warnings = std::move(loaded->warnings);
    } else {
        for (const auto& warning : loaded->warnings) note("warning: {}", warning);
    }
    return std::move(loaded->config);
}

Result<void> complete_passphrase(Config& config) {
    if (config.storage.key_source != KeySource::passphrase || !config.storage.passphrase.empty()) return {};
    if (!interactive()) {
        return fail(Errc::forbidden,
                    "the store is opened by a passphrase, and there is no terminal to ask for it; set "
                    "storage.passphrase_file (with systemd: LoadCredentialEncrypted=, see docs/guide/install.md)");
    }
    PEYK_TRY(config.storage.passphrase, ask_secret("Passphrase of the store"));
    return {};
}

Progress::Progress(std::string what)
    : what_(std::move(what)),
      begun_(std::chrono::steady_clock::now()),
      shown_(begun_),
      terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
    if (any_ && terminal_) fmt::print(stderr, "\n");
}

void Progress::update(std::uint64_t done, std::uint64_t total, std::string_view unit) {
    using std::chrono::milliseconds;
    auto now = std::chrono::steady_clock::now();
    if (now - begun_ < milliseconds{2000} || now - shown_ < milliseconds{terminal_ ? 200 : 5000}) return;
    shown_ = now;
    auto line = total == 0 ? fmt::format("{}: {} {}", what_, done, unit)
                           : fmt::format("{}: {} of {} {} ({} %)", what_, done, total, unit, done * 100 / total);
    if (terminal_) {
        fmt::print(stderr, "\r\033[K{}", line);
        std::fflush(stderr);
        any_ = true;
    } else {
        note_line(line);
    }
}

}  // namespace peyk::app
