#pragma once
// `peyk doctor`: looks at an installation and says what is wrong and what to do. Each check is a function of the
// configuration and the machine; none changes anything.

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

void examine_settings(const Config& config, Findings& out);
void examine_clock(Findings& out);
void examine_names(const Config& config, Findings& out);  // asks the resolver: may wait for seconds
void examine_tls(const Config& config, Findings& out);
void examine_limits(const Config& config, Findings& out);
void examine_disk(const Config& config, Findings& out);
void examine_keys(const Config& config, Findings& out);
void examine_appservices(const Config& config, Findings& out);
void examine_memory(Findings& out);
// Asks the server that runs, if one does, what its last verification found.
void examine_store(const Config& config, Findings& out);

// All of them.
Findings examine(const Config& config);

}  // namespace peyk::app
