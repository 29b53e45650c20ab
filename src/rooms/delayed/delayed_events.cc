#include "rooms/delayed/delayed_events.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/logging.h"
#include "core/errors.h"
#include "rooms/delayed/delayed_rows.h"
#include "rooms/events/client_event.h"
#include "storage/sweep.h"

namespace peyk::rooms {
namespace {

constexpr std::size_t kPage = 500;
constexpr Millis kRetry{10'000};  // after a failure that may pass
constexpr Millis kSweepEvery{24LL * 3'600'000};
constexpr std::size_t kIdBytes = 8 + 16;  // the user's number, then the secret

std::string error_text(const Error& error) {
    json::Object out{{"errcode", std::string(error.m_code.empty() ? "M_UNKNOWN" : error.m_code)},
                     {"error", error.detail}};
    return json::write(out);
}

// Whether sending may succeed later although it failed now.
bool may_pass(const Error& error) {
    switch (error.code) {
        case Errc::full:
        case Errc::io:
        case Errc::fenced:
        case Errc::timeout:
        case Errc::cancelled:
        case Errc::unavailable:
        case Errc::internal: return true;
        default: return false;
    }
}

std::unexpected<Error> finalised_otherwise() {
    return fail(Error{Errc::conflict, "The delayed event is finalised already", "M_UNKNOWN", {}, {}, 409});
}

}  // namespace

// The id names the shard it is in, so that it can be found without knowing the user. Made from a transaction where
// there is one: asked again, it is the same. The keyed digest cannot be guessed any more than a random number.
std::string DelayedEvents::new_id(UserNumber user, const std::optional<Transaction>& transaction) {
    std::string bytes;
    put_u64be(bytes, user);
    if (transaction) {
        std::string text;
        put_bytes(text, transaction->user.view());
        put_bytes(text, transaction->device.view());
        put_bytes(text, transaction->scope);
        put_bytes(text, transaction->id);
        bytes += db_.digest("delayed transaction", text);
    } else {
        std::array<std::uint8_t, 16> secret;
        random_.fill(secret);
        bytes.append(secret.begin(), secret.end());
    }
    return base64_encode(bytes, Base64::url);
}

std::optional<UserNumber> DelayedEvents::user_in(std::string_view id) {
    auto bytes = base64_decode(id, Base64::url);
    if (!bytes || bytes->size() != kIdBytes) return std::nullopt;
    return get_u64be(bytes->data());
}

Result<std::optional<DelayedEvent>> DelayedEvents::read(UserNumber user, std::string_view id) const {
    PEYK_TRY(auto entry, db_.get(kDelayedEvents, user, key(id)));
    if (!entry || entry->gone) return std::nullopt;
    PEYK_TRY(auto event, decode_delayed(entry->body));
    if (event.id != id) return std::nullopt;
    return event;
}

Task<Result<void>> DelayedEvents::write(UserNumber user, DelayedEvent event) {
    storage::Change change(db_, Owner::user, user, db_.epoch(Owner::user, user));
    change.put(kDelayedEvents, user, key(event.id), encode_delayed(event));
    PEYK_CO_CHECK(co_await db_.commit(std::move(change)));
    co_return Result<void>{};
}

Result<void> DelayedEvents::start() {
    std::string next;
    auto now = clock_.now();
    do {
        PEYK_TRY(auto rows, db_.walk(kDelayedEvents, next, kPage));
        for (const auto& row : rows) {
            if (row.entry.gone) continue;
            PEYK_TRY(auto event, decode_delayed(row.entry.body));
            if (event.state == DelayedState::scheduled)
                arm(row.owner, event.id, std::max(Millis{0}, event.due() - now));
        }
    } while (!next.empty());
    sweep_after(Millis{0});
    return {};
}

void DelayedEvents::stop() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
        for (const auto& [id, timer] : armed_) timers_.cancel(timer);
        armed_.clear();
        if (next_sweep_) timers_.cancel(*next_sweep_);
    }
    tasks_.stop();
}

void DelayedEvents::arm(UserNumber user, const std::string& id, Millis wait) {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    auto& timer = armed_[id];
    if (timer) timers_.cancel(timer);
    timer = timers_.call_after(wait, [this, user, id] { tasks_.spawn("delayed event", fire(user, id)); });
}

void DelayedEvents::disarm(const std::string& id) {
    std::lock_guard lock(mutex_);
    auto found = armed_.find(id);
    if (found == armed_.end()) return;
    timers_.cancel(found->second);
    armed_.erase(found);
}

void DelayedEvents::sweep_after(Millis wait) {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    next_sweep_ = timers_.call_after(wait, [this] { tasks_.spawn("sweep of delayed events", sweep()); });
}

Task<void> DelayedEvents::sweep() {
    auto before = clock_.now() - kKept;
    storage::ChooseOld choose = [before](UserNumber, std::span<const storage::Db::Walked> rows,
                                         std::vector<std::string>& old) -> Result<void> {
        for (const auto& row : rows) {
            if (row.entry.gone) continue;
            PEYK_TRY(auto event, decode_delayed(row.entry.body));
            if (event.state != DelayedState::scheduled && event.finalised < before) old.push_back(row.entry.rest);
        }
        return {};
    };
    auto swept = co_await storage::sweep(db_, kDelayedEvents, Owner::user, std::move(choose), tasks_.stop_token());
    if (!swept) log::warning("rooms", "old delayed events were not deleted: {}", swept.error().detail);
    sweep_after(kSweepEvery);
}

Task<Result<std::string>> DelayedEvents::schedule(UserId user, DelayedDraft draft) {
    if (draft.delay <= Millis{0}) co_return m::invalid_param("A delay is a number of milliseconds above 0");
    if (draft.delay > kMaxDelay) {
        co_return fail(Error{Errc::bad_request, "The requested delay is too long", "M_MAX_DELAY_EXCEEDED",
                             fmt::format("\"max_delay\":{}", kMaxDelay.count())});
    }
    auto content = json::write(draft.content);
    if (content.size() > kMaxContent)
        co_return m::too_large(fmt::format("The content of an event has at most {} bytes", kMaxContent));
    auto number = db_.number(user.view());
    auto guard = co_await lanes_.enter(number);
    auto id = new_id(number, draft.transaction);
    PEYK_CO_TRY(auto known, read(number, id));
    if (known) co_return id;
    PEYK_CO_TRY(auto others, list(number));
    std::erase_if(others, [](const auto& other) { return other.state != DelayedState::scheduled; });
    auto now = clock_.now();
    if (others.size() >= kMaxScheduled) {
        auto first = std::ranges::min_element(others, {}, &DelayedEvent::due);
        co_return m::limit_exceeded(std::max(Millis{1'000}, first->due() - now));
    }
    DelayedEvent event{id,
                       std::move(user),
                       std::move(draft.room),
                       std::move(draft.type),
                       std::move(draft.state_key),
                       std::move(content),
                       draft.delay,
                       now};
    PEYK_CO_CHECK(co_await write(number, std::move(event)));
    arm(number, id, draft.delay);
    co_return id;
}

// The delay's id is the transaction: sent once, also when the process ends between the event and this row.
Task<Result<EventId>> DelayedEvents::send(const DelayedEvent& event) {
    PEYK_CO_CHECK(senders_.check_may_send(event.sender));
    Draft draft;
    draft.type = event.type;
    draft.state_key = event.state_key;
    PEYK_CO_TRY(draft.content, json::parse_object(event.content));
    if (event.type == "m.room.redaction" && !event.state_key) {
        const auto* target = draft.content.find("redacts");
        PEYK_CO_TRY(draft.redacts, EventId::parse(target && target->string() ? *target->string() : ""));
    }
    Transaction transaction{event.sender, delayed_event_device(), "delayed", event.id};
    co_return co_await rooms_.send(event.sender, event.room, std::move(draft), std::move(transaction));
}

// Also takes away the user's oldest finalised ones. Of a sent one the content is not kept twice: here no redaction
// would reach it.
Task<Result<void>> DelayedEvents::finalise(UserNumber user, DelayedEvent event, DelayedState state, bool by_action) {
    event.state = state;
    event.by_action = by_action;
    event.finalised = clock_.now();
    if (state == DelayedState::sent) event.content = "{}";
    PEYK_CO_TRY(auto others, list(user));
    std::erase_if(others, [](const auto& other) { return other.state == DelayedState::scheduled; });
    std::ranges::sort(others, std::greater{}, &DelayedEvent::finalised);
    storage::Change change(db_, Owner::user, user, db_.epoch(Owner::user, user));
    for (std::size_t at = 0; at < others.size(); ++at) {
        if (at + 1 >= kMaxFinalised || others[at].finalised + kKept < event.finalised)
            change.del(kDelayedEvents, user, key(others[at].id));
    }
    change.put(kDelayedEvents, user, key(event.id), encode_delayed(event));
    disarm(event.id);
    PEYK_CO_CHECK(co_await db_.commit(std::move(change)));
    co_return Result<void>{};
}

Task<void> DelayedEvents::fire(UserNumber user, std::string id) {
    auto guard = co_await lanes_.enter(user);
    auto event = read(user, id);
    if (!event) {
        log::warning("rooms", "a delayed event cannot be read: {}", event.error().detail);
        arm(user, id, kRetry);
        co_return;
    }
    if (!*event || (*event)->state != DelayedState::scheduled) co_return;
    // Restarted while this was on its way.
    if (auto wait = (*event)->due() - clock_.now(); wait > Millis{0}) {
        arm(user, id, wait);
        co_return;
    }
    auto sent = co_await send(**event);
    if (!sent && may_pass(sent.error())) {
        arm(user, id, kRetry);
        co_return;
    }
    // Sent before a crash, and past its lifetime by now.
    bool over = !sent && sent.error().code == Errc::gone;
    if (sent) {
        (*event)->event = *std::move(sent);
    } else if (!over) {
        (*event)->error = error_text(sent.error());
    }
    auto state = sent || over ? DelayedState::sent : DelayedState::failed;
    auto done = co_await finalise(user, **event, state, false);
    if (!done) arm(user, id, kRetry);
}

Task<Result<void>> DelayedEvents::act(std::string id, DelayedAction action) {
    auto user = user_in(id);
    if (!user) co_return m::not_found("There is no such delayed event");
    auto guard = co_await lanes_.enter(*user);
    PEYK_CO_TRY(auto event, read(*user, id));
    if (!event) co_return m::not_found("There is no such delayed event");
    if (event->state != DelayedState::scheduled) {
        bool was_sent = event->state == DelayedState::sent;
        bool matches = was_sent ? action == DelayedAction::send : action == DelayedAction::cancel;
        if (matches) co_return Result<void>{};
        co_return finalised_otherwise();
    }
    if (action == DelayedAction::cancel)
        co_return co_await finalise(*user, *std::move(event), DelayedState::cancelled, true);
    if (action == DelayedAction::restart) {
        PEYK_CO_CHECK(senders_.check_may_send(event->sender));
        event->running_since = clock_.now();
        auto delay = event->delay;
        PEYK_CO_CHECK(co_await write(*user, *std::move(event)));
        arm(*user, id, delay);
        co_return Result<void>{};
    }
    PEYK_CO_TRY(event->event, co_await send(*event));
    co_return co_await finalise(*user, *std::move(event), DelayedState::sent, true);
}

Result<std::optional<DelayedEvent>> DelayedEvents::find(UserNumber user, std::string_view id) const {
    return read(user, id);
}

Result<std::vector<DelayedEvent>> DelayedEvents::list(UserNumber user) const {
    std::vector<DelayedEvent> out;
    std::string from;
    for (;;) {
        PEYK_TRY(auto rows, db_.scan(kDelayedEvents, user, from, "", kPage));
        for (const auto& row : rows) {
            if (row.gone) continue;
            PEYK_TRY(auto event, decode_delayed(row.body));
            out.push_back(std::move(event));
        }
        if (rows.size() < kPage) return out;
        from = rows.back().rest + '\0';
    }
}

Task<Result<void>> DelayedEvents::forget_user(UserNumber user) {
    auto guard = co_await lanes_.enter(user);
    PEYK_CO_TRY(auto events, list(user));
    co_return co_await forget(user, std::move(events));
}

Task<Result<void>> DelayedEvents::forget_room(UserNumber user, RoomId room) {
    auto guard = co_await lanes_.enter(user);
    PEYK_CO_TRY(auto events, list(user));
    std::erase_if(events, [&](const auto& event) { return event.room != room; });
    co_return co_await forget(user, std::move(events));
}

// Inside the lane of the user.
Task<Result<void>> DelayedEvents::forget(UserNumber user, std::vector<DelayedEvent> events) {
    if (events.empty()) co_return Result<void>{};
    storage::Change change(db_, Owner::user, user, db_.epoch(Owner::user, user));
    for (const auto& event : events) {
        disarm(event.id);
        change.del(kDelayedEvents, user, key(event.id));
    }
    PEYK_CO_CHECK(co_await db_.commit(std::move(change)));
    co_return Result<void>{};
}

}  // namespace peyk::rooms
