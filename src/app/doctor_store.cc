#include "app/control.h"
#include "app/doctor.h"
#include "app/housekeeping.h"

namespace peyk::app {

void examine_store(const Config& config, Findings& out) {
    auto asked = ask_server(config, "/status", {}, "asking the server");
    if (!asked) {
        out.push_back({Severity::warning, "store", "the server that runs does not answer: " + asked.error().detail,
                       "look at its log; restart it if it hangs"});
        return;
    }
    if (!*asked) {
        out.push_back({Severity::note, "store", "no server runs here, so nothing is known of its last verification",
                       "`peyk verify` reads the store now"});
        return;
    }
    json::Value status(**asked);
    if (status.get_string("state") == "sealed") {
        out.push_back({Severity::warning, "store", "the server is sealed: it answers nobody", "run `peyk unlock`"});
        return;
    }
    if (const auto* mended = status.get_array("mended")) {
        for (const auto& name : *mended) {
            out.push_back(
                {Severity::warning, "store",
                 fmt::format("one copy of {} was damaged or missing at the last start; the other served, and it "
                             "was written anew",
                             name.string() ? *name.string() : "the key table"),
                 "disks that lose one file lose more: run `peyk verify`, make a backup, look at the disk"});
        }
    }
    const auto* verified = status.get("verified");
    auto check = verified ? StoreCheck::from_json(*verified) : std::nullopt;
    if (!check) {
        out.push_back({Severity::note, "store", "the store was not verified yet",
                       config.storage.verify_every > Millis{0} ? "the server does it by itself, or `peyk verify` now"
                                                               : "run `peyk verify`"});
        return;
    }
    auto days = (SystemClock{}.now() - check->at).count() / 86'400'000;
    if (check->report.damaged.empty()) {
        out.push_back({Severity::good, "store", fmt::format("verified {} days ago, all files are whole", days)});
        return;
    }
    for (const auto& what : check->report.damaged) {
        out.push_back({Severity::error, "store", fmt::format("damaged when verified {} days ago: {}", days, what),
                       "replace the disk, and restore the newest backup (`peyk restore`)"});
    }
}

}  // namespace peyk::app
