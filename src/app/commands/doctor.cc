// `peyk doctor`.

#include "app/doctor.h"

#include "app/cli.h"
#include "app/console.h"

namespace peyk::app {
namespace {

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out.push_back('\\');
        if (static_cast<unsigned char>(c) < 0x20) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        } else {
            out.push_back(c);
        }
    }
    return out + "\"";
}

void print_json(const Findings& findings) {
    std::string out;
    for (const auto& finding : findings) {
        out += fmt::format(R"({}{{"severity":"{}","area":"{}","what":{},"advice":{}}})", out.empty() ? "" : ",\n ",
                           severity_name(finding.severity), finding.area, json_text(finding.what),
                           json_text(finding.advice));
    }
    print("[{}]", out);
}

}  // namespace

int run_doctor(const DoctorOptions& options) {
    auto loaded = load_config(options.config, environment_of_process());
    Findings findings;
    if (loaded) {
        findings = examine(loaded->config);
    } else {
        findings.push_back({Severity::error, "config", loaded.error().detail,
                            "correct the configuration; nothing else was looked at"});
    }
    int errors = 0, warnings = 0;
    for (const auto& finding : findings) {
        errors += finding.severity == Severity::error;
        warnings += finding.severity == Severity::warning;
    }
    if (options.output == Output::json) {
        print_json(findings);
        return errors ? kExitFailed : kExitOk;
    }
    for (const auto& finding : findings) {
        print("{:<7}  {:<7} {}", severity_name(finding.severity), finding.area, finding.what);
        if (!finding.advice.empty()) print("{:<17}-> {}", "", finding.advice);
    }
    print("");
    if (errors + warnings == 0) {
        print("Nothing to repair.");
    } else {
        print("{} to repair, {} to consider.", errors, warnings);
    }
    return errors ? kExitFailed : kExitOk;
}

}  // namespace peyk::app
