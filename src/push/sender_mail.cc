// Notices by e-mail: one for what stays unread, not one for each message. Spec: Client-Server API › POST /pushers/set,
// kind "email".

#include "base/logging.h"
#include "push/sender_run.h"

namespace peyk::push {
namespace {

constexpr Millis kLookAround{600'000};

}  // namespace

// Messages, and invitations that wait for an answer.
Result<std::uint64_t> Sender::unread(const Run& run, const std::vector<Due>& due) {
    auto sum = run.total();
    for (const auto& each : due) {
        if (!each.invitation) continue;
        PEYK_TRY(bool read, is_read(run, each));
        if (!read) ++sum;
    }
    return sum;
}

// Until the mail server took it, or it is too old.
Task<Sender::Sent> Sender::mail(RunPtr run, std::uint64_t unread) {
    auto stop = group_.stop_token();
    auto began = parts_.clock.monotonic();
    for (auto pause = options_.first_retry; parts_.clock.monotonic() - began < options_.give_up;) {
        auto now = pusher(*run);
        if (now && !*now) co_return Sent::pusher_gone;
        if (now && is_off(**now)) co_return Sent::done;
        const auto* address = now ? (*now)->json.find("pushkey") : nullptr;
        if (address && address->string()) {
            auto sent = co_await parts_.notices->send(run->user, *address->string(), unread);
            if (sent) co_return Sent::done;
            // The address was taken from the account: the pusher is of no use any more.
            if (sent.error().code == Errc::not_found) {
                auto removed = co_await parts_.pushers.remove(run->number, run->key);
                if (removed) co_return Sent::pusher_gone;
            }
            if (sent.error().code == Errc::rate_limited || sent.error().code == Errc::forbidden) co_return Sent::done;
            log::debug("push", "a notice was not mailed: {}", sent.error().detail);
        }
        if (!co_await sleep_for(parts_.timers, pause, stop)) co_return Sent::stopping;
        pause = std::min(pause * 2, options_.longest_retry);
    }
    co_return Sent::done;
}

Task<Sender::Sent> Sender::work_by_mail(RunPtr run) {
    auto stop = group_.stop_token();
    std::optional<Millis> mailed;  // and nothing was read since
    while (!stop.stop_requested()) {
        auto due = collect(*run);
        if (!due) log::warning("push", "notices could not be read: {}", due.error().detail);
        if (due && run->total() == 0 && due->empty()) mailed.reset();
        bool wanted = parts_.notices && due && !due->empty() &&
                      (!mailed || parts_.clock.monotonic() - *mailed >= options_.notice_again);
        if (wanted) {
            if (!co_await sleep_for(parts_.timers, options_.notice_delay, stop)) co_return Sent::stopping;
            auto more = collect(*run);
            if (more) due->insert(due->end(), more->begin(), more->end());
            auto count = unread(*run, *due);
            if (count && *count > 0) {
                auto outcome = co_await mail(run, *count);
                if (outcome != Sent::done) co_return outcome;
                mailed = parts_.clock.monotonic();
            }
        }
        if (due && !due->empty()) {
            storage::Position last = 0;
            for (const auto& each : *due) last = std::max(last, each.event->position);
            remember(*run, last);
        }
        auto now = pusher(*run);
        if (now && !*now) co_return Sent::pusher_gone;
        co_await run->wakeup.wait(parts_.timers, kLookAround, stop);
    }
    co_return Sent::stopping;
}

}  // namespace peyk::push
