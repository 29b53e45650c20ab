#include "media/lifetime.h"

#include "base/logging.h"

namespace peyk::media {
namespace {

constexpr std::size_t kPage = 200;
constexpr Millis kEvery{6LL * 3'600'000};
constexpr Millis kFirst{60'000};  // after a start: not while everybody comes back
constexpr Millis kDay{static_cast<std::int64_t>(kDayMs)};

}  // namespace

void MediaLifetime::start() {
    if (lifetime_ > Millis{0}) tasks_.spawn("media lifetime", run());
}

Task<void> MediaLifetime::run() {
    auto stop = tasks_.stop_token();
    for (auto wait = kFirst; co_await sleep_for(parts_.timers, wait, stop); wait = kEvery) {
        auto removed = co_await pass();
        if (!removed) log::warning("media", "files past their lifetime stay for now: {}", removed.error().detail);
        if (removed && *removed > 0) log::info("media", "removed {} files past their lifetime", *removed);
    }
}

Task<Result<std::size_t>> MediaLifetime::pass() {
    auto stop = tasks_.stop_token();
    // Of a day that is over as a whole: an upload of its last moment is past its lifetime as well.
    auto day = (parts_.clock.now() - lifetime_ - kDay) / kDay;
    if (lifetime_ <= Millis{0} || day < 0) co_return std::size_t{0};
    std::size_t removed = 0;
    bool looked = false;
    std::uint64_t next = 0;
    do {
        PEYK_CO_TRY(auto old, parts_.media.uploads_before(static_cast<std::uint64_t>(day) + 1, next, kPage));
        if (!old.empty() && !std::exchange(looked, true)) PEYK_CO_CHECK(parts_.in_use.refresh(stop));
        for (const auto& id : old) {
            if (stop.stop_requested()) co_return removed;
            if (parts_.in_use.contains(id)) continue;
            auto done = co_await parts_.media.remove(id);
            removed += done.has_value();
            if (!done && done.error().code != Errc::not_found) co_return std::unexpected(std::move(done.error()));
        }
    } while (next != 0);
    co_return removed;
}

}  // namespace peyk::media
