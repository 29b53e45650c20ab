// `peyk doctor`.

#include "app/doctor.h"

#include "app/cli.h"
#include "app/console.h"
#include "core/json.h"

namespace peyk::app {
namespace {

void print_json(const Findings& findings) {
    json::Array out;
    for (const auto& finding : findings) {
        json::Object row;
        row.set("severity", severity_name(finding.severity));
        row.set("area", finding.area);
        row.set("what", finding.what);
        row.set("advice", finding.advice);
        out.push_back(std::move(row));
    }
    print_line(json::write(json::Value(std::move(out))));
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
