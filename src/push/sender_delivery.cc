// One notification on its way to its gateway.
#include "base/logging.h"
#include "push/payload.h"
#include "push/sender_run.h"

namespace peyk::push {
namespace {

constexpr storage::Position kNow = ~storage::Position{0};
constexpr int kRefusals = 3;  // of one notification, by a gateway that answers but does not take it
constexpr std::size_t kMaxAnswer = 256 * 1024;

// Spec: Push Gateway API: `rejected`: push keys that are of no use any more.
bool rejects(const std::string& answer, const json::Object& pusher) {
    auto parsed = json::parse_object(answer);
    const auto* rejected = parsed ? parsed->find("rejected") : nullptr;
    const auto* key = pusher.find("pushkey");
    if (!rejected || !rejected->array() || !key) return false;
    return std::ranges::find(*rejected->array(), *key) != rejected->array()->end();
}

}  // namespace

Result<bool> Sender::is_read(const Run& run, const Due& due) {
    if (due.invitation) {
        PEYK_TRY(auto invitations, parts_.rooms.invitations(run.number));
        return std::ranges::none_of(invitations, [&](const auto& each) { return each.room.number == due.room.number; });
    }
    // Past its lifetime by now: nothing that anybody could look at.
    PEYK_TRY(auto still, parts_.rooms.events(due.room, due.event->number, due.event->number + 1));
    if (still.empty()) return true;
    PEYK_TRY(auto last, parts_.rooms.last(due.room, kNow));
    bool read = true;
    auto look = [&](const UnreadCounts::Notice& notice) {
        if (notice.number != due.event->number) return true;
        read = notice.read;
        return false;
    };
    PEYK_CHECK(parts_.counts.each(run.user, run.number, due.room, due.event->number - 1, last + 1, look));
    return read;
}

// As it is now: it may have been changed or taken away meanwhile.
Result<std::optional<PusherSource::Pusher>> Sender::pusher(const Run& run) const {
    PEYK_TRY(auto all, parts_.pushers.of(run.number));
    for (auto& each : all) {
        if (each.key == run.key) return std::move(each);
    }
    return std::nullopt;
}

// MSC3881. What comes meanwhile is let go.
bool is_off(const PusherSource::Pusher& pusher) {
    const auto* enabled = pusher.json.find("org.matrix.msc3881.enabled");
    return enabled && enabled->boolean() == false;
}

Result<std::string> Sender::body(const Run& run, const PusherSource::Pusher& pusher, const Due* due) const {
    Payload payload{pusher, run.total()};
    payload.full = options_.full;
    if (!due) return write_payload(parts_.rooms, payload);
    PEYK_TRY(auto found, parts_.counts.actions(run.user, run.number, due->room, *due->event));
    if (!found.actions) return std::string();
    payload.room = &due->room;
    payload.event = due->event.get();
    payload.actions = found.actions;
    return write_payload(parts_.rooms, payload);
}

std::optional<http::Reach> Sender::reach(const http::Url& url) const {
    bool any = false;
    for (const auto& text : options_.gateways) {
        if (text == "*") any = true;
        auto listed = http::Url::parse(text);
        if (listed && listed->same_origin(url)) return http::Reach::operator_named;
    }
    if (any) return http::Reach::strangers;
    return std::nullopt;
}

// One attempt.
Task<Sender::Verdict> Sender::hand_over(RunPtr run, std::string body, PusherSource::Pusher pusher) {
    const auto* data = pusher.json.find("data");
    auto text = data ? data->get_string("url") : std::nullopt;
    auto url = text ? http::Url::parse(*text) : fail(Errc::bad_request);
    auto allowed = url ? reach(*url) : std::nullopt;
    // Nobody listed the gateway: there is nobody to tell, now or later.
    if (!allowed) co_return Verdict::taken;
    http::ClientRequest request;
    request.method = http::Method::post;
    request.url = *std::move(url);
    request.headers.set("Content-Type", "application/json");
    request.body = std::move(body);
    request.reach = *allowed;
    request.repeatable = true;  // gateways tell repetitions by the event id
    request.max_body = kMaxAnswer;
    auto answer = co_await parts_.outbound.send(std::move(request), group_.stop_token());
    if (group_.stop_token().stop_requested()) co_return Verdict::stopping;
    if (!answer) {
        log::debug("push", "a gateway cannot be reached: {}", answer.error().detail);
        co_return answer.error().code == Errc::forbidden ? Verdict::refused : Verdict::later;
    }
    if (answer->status >= 500 || answer->status == 429 || answer->status == 408) co_return Verdict::later;
    if (answer->status != 200) co_return Verdict::refused;
    if (!rejects(answer->body, pusher.json)) co_return Verdict::taken;
    auto removed = co_await parts_.pushers.remove(run->number, run->key);
    if (!removed) co_return Verdict::later;
    co_return Verdict::pusher_gone;
}

// What is to be said, and to whom, as things are now. An empty body: nothing any more.
Result<Sender::Message> Sender::message(const Run& run, const Due* due) {
    PEYK_TRY(auto now, pusher(run));
    Message out{std::move(now), {}};
    if (!out.pusher || is_off(*out.pusher)) return out;
    if (due) {
        PEYK_TRY(bool read, is_read(run, *due));
        if (read) return out;
    }
    PEYK_TRY(out.body, body(run, *out.pusher, due));
    return out;
}

// Until the gateway took it, the user read it, or it is too old. `due` null: the number of unread messages.
Task<Sender::Sent> Sender::deliver(RunPtr run, std::shared_ptr<const Due> due, bool first) {
    auto stop = group_.stop_token();
    auto random = [this](Millis below) {
        return Millis{static_cast<std::int64_t>(parts_.random.u64() % static_cast<std::uint64_t>(below.count() + 1))};
    };
    // Once for what is due at one time: what comes in quick succession is not made later and later.
    if (first && options_.jitter > Millis{0} && !co_await sleep_for(parts_.timers, random(options_.jitter), stop))
        co_return Sent::stopping;
    auto began = parts_.clock.monotonic();
    auto pause = options_.first_retry;
    for (int refusals = 0; refusals < kRefusals && parts_.clock.monotonic() - began < options_.give_up;) {
        auto now = message(*run, due.get());
        if (now && !now->pusher) co_return Sent::pusher_gone;
        if (now && now->body.empty()) co_return Sent::done;
        if (now) {
            auto told = run->total();
            switch (co_await hand_over(run, std::move(now->body), *std::move(now->pusher))) {
                case Verdict::taken: run->told = told; co_return Sent::done;
                case Verdict::pusher_gone: co_return Sent::pusher_gone;
                case Verdict::stopping: co_return Sent::stopping;
                case Verdict::refused: ++refusals; break;
                case Verdict::later: break;
            }
        }
        if (!co_await sleep_for(parts_.timers, pause + random(pause / 4), stop)) co_return Sent::stopping;
        pause = std::min(pause * 2, options_.longest_retry);
    }
    if (!due) run->told = run->total();
    co_return Sent::done;
}

}  // namespace peyk::push
