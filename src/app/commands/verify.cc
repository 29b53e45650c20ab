// `peyk verify`.

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

}  // namespace

int run_verify(const VerifyOptions& options) {
    auto config = load_or_complain(options.config);
    if (!config) return kExitUsage;
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
