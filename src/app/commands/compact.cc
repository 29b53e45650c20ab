// `peyk compact`.

#include "app/compact.h"

#include <future>

#include "app/cli.h"
#include "app/commands/offline.h"

namespace peyk::app {
namespace {

Result<CompactReport> compact_here(Offline& offline) {
    auto work = std::async(std::launch::async, [&] { return compact_store(offline.store()); });
    Progress progress("the tables are rewritten");
    for (std::uint64_t seconds = 1; work.wait_for(std::chrono::seconds(1)) != std::future_status::ready; ++seconds) {
        progress.update(seconds, 0, "s");
    }
    return work.get();
}

int tell(const Result<CompactReport>& report) {
    if (!report) {
        complain("compacting failed: {}", report.error().detail);
        return kExitFailed;
    }
    constexpr double kMiB = 1024.0 * 1024;
    print("compacted: {:.1f} MiB before, {:.1f} MiB now", static_cast<double>(report->before) / kMiB,
          static_cast<double>(report->after) / kMiB);
    return kExitOk;
}

}  // namespace

int run_compact(const CompactOptions& options) {
    auto config = load_or_complain(options.config);
    if (!config) return kExitUsage;
    // A running server does it itself; without one, the store is opened here.
    auto asked = ask_to_compact(*config);
    if (!asked) return tell(std::unexpected(asked.error()));
    if (*asked) return tell(**asked);
    auto offline = open_or_complain(options.config);
    if (!offline) return offline.error();
    return tell(compact_here(**offline));
}

}  // namespace peyk::app
