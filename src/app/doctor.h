#pragma once
// `peyk doctor`: looks at an installation and says what is wrong and what to do. Each check is a function of the
// configuration and the machine; none changes anything.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"

namespace peyk::app {

enum class Severity : unsigned char {
    good,     // looked at, nothing to do
    note,     // worth knowing
    warning,  // works, but less well or less safely than it could
    error,    // does not work, or not for long
};
std::string_view severity_name(Severity severity);

struct Finding {
    Severity severity;
    std::string_view area;  // "clock", "tls", …
    std::string what;
    std::string advice = {};  // what to do; empty for good ones
};

using Findings = std::vector<Finding>;

// What is asked of the machine; tests answer in its place.
struct Surroundings {
    std::function<Millis()> now;
    std::function<bool()> is_synchronised;  // the clock, as far as the kernel knows
    std::function<std::optional<std::string>(const std::string&)>
        no_address;                             // why a host has none; may wait for seconds
    std::function<std::uint64_t()> open_files;  // that this process may have at most
    static Surroundings of_this_machine();
};

void examine_settings(const Config& config, Findings& out);
// Also against the newest file of the store: a clock that went back dates messages before their answers.
void examine_clock(const Config& config, const Surroundings& machine, Findings& out);
void examine_names(const Config& config, const Surroundings& machine, Findings& out);
void examine_tls(const Config& config, Findings& out);
void examine_limits(const Config& config, const Surroundings& machine, Findings& out);
void examine_disk(const Config& config, Findings& out);
void examine_keys(const Config& config, Findings& out);
void examine_appservices(const Config& config, Findings& out);
void examine_providers(const Config& config, Findings& out);  // asks each: may wait for some seconds
void examine_memory(Findings& out);
// Asks the server that runs, if one does, what its last verification found.
void examine_store(const Config& config, Findings& out);

// All of them.
Findings examine(const Config& config, const Surroundings& machine = Surroundings::of_this_machine());

}  // namespace peyk::app
