// `peyk verify`.

#include "app/backup.h"
#include "app/cli.h"
#include "app/commands/offline.h"
#include "app/control.h"
#include "app/housekeeping.h"

namespace peyk::app {
namespace {

int tell(const StoreCheck& check, Output output) {
    if (output == Output::json) {
        print_line(json::write(check.to_json()));
    } else {
        for (const auto& what : check.report.damaged) print("damaged: {}", what);
        print("{} files read, {:.1f} MiB of rows; {}", check.report.files,
              static_cast<double>(check.report.bytes) / (1024.0 * 1024),
              check.report.damaged.empty() ? "all are whole"
                                           : "replace the disk, and restore the newest backup (`peyk restore`)");
    }
    return check.report.damaged.empty() ? kExitOk : kExitFailed;
}

// All of a backup, with the key of the configuration. A running server has nothing to do with it.
int verify_folder(Config config, const VerifyOptions& options) {
    if (auto asked = complete_passphrase(config); !asked) {
        complain_line(asked.error().detail);
        return kExitUsage;
    }
    auto report = verify_backup(config, options.backup);
    if (options.output == Output::json) {
        json::Array damaged;
        if (!report) damaged.emplace_back(report.error().detail);
        auto count = report.value_or(CopyReport{});
        print_line(
            json::write(json::Object{{"files", count.files}, {"bytes", count.bytes}, {"damaged", std::move(damaged)}}));
    } else if (report) {
        print("{} files read, {:.1f} MiB; the backup is whole", report->files,
              static_cast<double>(report->bytes) / (1024.0 * 1024));
    } else {
        complain("the backup is not good: {}", report.error().detail);
    }
    return report ? kExitOk : kExitFailed;
}

}  // namespace

int run_verify(const VerifyOptions& options) {
    auto config = load_or_complain(options.config);
    if (!config) return kExitUsage;
    if (!options.backup.empty()) return verify_folder(*std::move(config), options);
    auto asked = ask_server(*config, "/verify", {}, "the server verifies its store");
    if (!asked) {
        complain_line(asked.error().detail);
        return kExitFailed;
    }
    if (*asked) {
        auto check = StoreCheck::from_json(json::Value(**asked));
        if (check) return tell(*check, options.output);
        complain_line("the server's answer is not understood");
        return kExitFailed;
    }
    auto offline = open_or_complain(*std::move(config));
    if (!offline) return offline.error();
    Progress progress("reading the store");
    auto show = [&progress](std::uint64_t bytes, std::uint64_t total) {
        progress.update(bytes >> 20, total >> 20, "MiB");
    };
    return tell(check_store((*offline)->store(), SystemClock{}, show), options.output);
}

}  // namespace peyk::app
