// Sending messages, state and redactions. Spec: Client-Server API › Sending events to a room; Redactions.

#include "client_api/rooms/access.h"
#include "client_api/rooms/clear_messages.h"
#include "client_api/rooms/delayed.h"

#include <limits>

#include "rooms/auth/power_levels.h"

namespace peyk::client_api {
namespace {

constexpr std::size_t kMaxEventBody = 128 * 1024;  // the event limit answers M_TOO_LARGE, not the framing

Result<rooms::Transaction> transaction_of(const Call& call, std::string scope) {
    auto id = call.text("txnId");
    if (id.size() > kMaxIdBytes) return m::invalid_param("The transaction id is longer than 255 bytes");
    return rooms::Transaction{call.who().user, call.who().device, std::move(scope), std::move(id)};
}

// Spec: Application Service API › Timestamp massaging. From people the parameter means nothing.
Result<std::optional<std::int64_t>> massaged_time(const Call& call) {
    if (!call.who().is_service() || !call.request.parameter("ts")) return std::nullopt;
    PEYK_TRY(auto time, call.number("ts", 0, 0, std::numeric_limits<std::int64_t>::max()));
    if (time > json::kMaxInteger) return m::invalid_param("'ts' is more than an event's time may be");
    return time;
}

// Events that a redaction points at are given in the content from room version 11 on, else beside it; either is taken.
Result<rooms::Draft> message_draft(const Call& call) {
    rooms::Draft draft;
    draft.type = call.text("eventType");
    draft.content = call.body;
    if (draft.type == "m.room.redaction") {
        PEYK_TRY(auto text, call.need_string("redacts"));
        PEYK_TRY(draft.redacts, EventId::parse(text));
    }
    return draft;
}

// A tombstone that leads back to its own room would send clients round in circles.
Result<void> check_tombstone(const rooms::Draft& draft, const RoomId& room) {
    const auto* target = draft.content.find("replacement_room");
    if (draft.type == "m.room.tombstone" && target && target->string() && *target->string() == room.view())
        return m::invalid_param("A room cannot be replaced by itself");
    return {};
}

// Spec: Redactions: with the redact level, or one's own event.
Result<void> check_redaction(const RoomServices& services, const users::Caller& caller, const RoomId& id,
                             const EventId& target) {
    PEYK_TRY(auto access, open_joined_room(services, caller, id));
    PEYK_TRY(auto event, services.store.event(*access.room, target));
    if (!event) return m::invalid_param("There is no such event in this room");
    if (event->event->sender == caller.user) return {};
    PEYK_CHECK(users::check_active(caller));
    PEYK_TRY(auto power, services.store.state(*access.room, access.roots, "m.room.power_levels"));
    PEYK_TRY(auto create, services.store.state(*access.room, access.roots, "m.room.create"));
    rooms::PowerLevels levels(power ? power->event : nullptr, create ? create->event : nullptr, *access.room->rules);
    if (levels.user_level(caller.user.view()) >= levels.redact_level()) return {};
    return m::forbidden("You may not redact this event");
}

// The event that this request made before: whoever asks again is told of it, whatever became of them since.
Task<Result<std::optional<EventId>>> already_sent(RoomServices services, RoomId room, rooms::Transaction transaction) {
    auto write = co_await services.rooms.enter(std::move(room));
    if (!write) co_return std::nullopt;  // the checks that follow say why
    co_return write->known(transaction);
}

class SendMessage {
public:
    // NOTSPEC: POST without a transaction id, for scripts that never send anything twice.
    static constexpr Route kRoutes[] = {{Method::put, "/_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}",
                                         Auth::user, Body::object, RateClass::message, kMaxEventBody},
                                        {Method::post, "/_matrix/client/v3/rooms/{roomId}/send/{eventType}", Auth::user,
                                         Body::object, RateClass::message, kMaxEventBody}};
    explicit SendMessage(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto draft, message_draft(call));
        PEYK_CO_CHECK(check_tombstone(draft, room));
        PEYK_CO_TRY(draft.origin_server_ts, massaged_time(call));
        std::optional<rooms::Transaction> transaction;
        if (call.request.method == Method::put) {
            PEYK_CO_TRY(transaction, transaction_of(call, "send " + room.str() + " " + draft.type));
        }
        if (draft.redacts) {
            if (transaction) {
                PEYK_CO_TRY(auto known, co_await already_sent(services_, room, *transaction));
                if (known) co_return Reply::of({{"event_id", known->str()}});
            }
            PEYK_CO_CHECK(check_redaction(services_, call.who(), room, *draft.redacts));
        } else {
            PEYK_CO_CHECK(users::check_active(call.who()));
            if (auto fits = check_clear(services_, call.who(), room, draft.type, draft.content); !fits) {
                // A retry of what was sent before the room was encrypted is answered as it was.
                if (!transaction) co_return std::unexpected(std::move(fits.error()));
                PEYK_CO_TRY(auto known, co_await already_sent(services_, room, *transaction));
                if (known) co_return Reply::of({{"event_id", known->str()}});
                co_return std::unexpected(std::move(fits.error()));
            }
        }
        PEYK_CO_TRY(auto delay, older_delay(call));
        if (delay) {
            rooms::DelayedDraft later{std::move(room), std::move(draft.type), std::nullopt, std::move(draft.content),
                                      *delay,          std::move(transaction)};
            co_return co_await schedule_older(services_, call.who(), std::move(later));
        }
        auto sent =
            co_await services_.rooms.send(call.who().user, std::move(room), std::move(draft), std::move(transaction));
        if (!sent) co_return std::unexpected(std::move(sent.error()));
        if (services_.presence) services_.presence->active(call.who().user, call.who().device);
        co_return Reply::of({{"event_id", sent->str()}});
    }

private:
    RoomServices services_;
};

class Redact {
public:
    static constexpr Route kRoute{Method::put,        "/_matrix/client/v3/rooms/{roomId}/redact/{eventId}/{txnId}",
                                  Auth::user,         Body::optional,
                                  RateClass::message, kMaxEventBody};
    explicit Redact(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto target, call.id<EventId>("eventId"));
        PEYK_CO_TRY(auto reason, call.optional_string("reason"));
        PEYK_CO_TRY(auto transaction, transaction_of(call, "redact " + room.str() + " " + target.str()));
        PEYK_CO_TRY(auto known, co_await already_sent(services_, room, transaction));
        if (known) co_return Reply::of({{"event_id", known->str()}});
        PEYK_CO_CHECK(check_redaction(services_, call.who(), room, target));
        rooms::Draft draft;
        draft.type = "m.room.redaction";
        if (reason) draft.content.set("reason", *reason);
        draft.redacts = std::move(target);
        PEYK_CO_TRY(auto sent, co_await services_.rooms.send(call.who().user, std::move(room), std::move(draft),
                                                             std::move(transaction)));
        co_return Reply::of({{"event_id", sent.str()}});
    }

private:
    RoomServices services_;
};

class SendState {
public:
    static constexpr Route kRoutes[] = {{Method::put, "/_matrix/client/v3/rooms/{roomId}/state/{eventType}", Auth::user,
                                         Body::object, RateClass::message, kMaxEventBody},
                                        {Method::put, "/_matrix/client/v3/rooms/{roomId}/state/{eventType}/",
                                         Auth::user, Body::object, RateClass::message, kMaxEventBody},
                                        {Method::put, "/_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}",
                                         Auth::user, Body::object, RateClass::message, kMaxEventBody}};
    explicit SendState(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_CHECK(users::check_active(call.who()));
        rooms::Draft draft{call.text("eventType"), call.text("stateKey"), std::move(call.body)};
        PEYK_CO_TRY(draft.origin_server_ts, massaged_time(call));
        PEYK_CO_CHECK(check(draft, room));
        PEYK_CO_TRY(auto delay, older_delay(call));
        if (delay) {
            rooms::DelayedDraft later{std::move(room), std::move(draft.type), std::move(draft.state_key),
                                      std::move(draft.content), *delay};
            co_return co_await schedule_older(services_, call.who(), std::move(later));
        }
        PEYK_CO_TRY(auto write, co_await services_.rooms.enter(std::move(room)));
        // The same content by the same sender changes nothing: the event that says so already stands.
        PEYK_CO_TRY(auto current, write.state(draft.type, *draft.state_key));
        if (current && current->content == draft.content && current->sender == call.who().user &&
            draft.type != "m.room.member")
            co_return Reply::of({{"event_id", current->id.str()}});
        PEYK_CO_TRY(auto event, write.add(call.who().user, std::move(draft)));
        PEYK_CO_CHECK(co_await std::move(write).commit());
        co_return Reply::of({{"event_id", event->id.str()}});
    }

private:
    // Spec: PUT state: aliases that are named must exist and point here (M_BAD_ALIAS).
    Result<void> check(const rooms::Draft& draft, const RoomId& room) const {
        PEYK_CHECK(check_tombstone(draft, room));
        if (draft.type != "m.room.canonical_alias" || !draft.state_key->empty()) return {};
        PEYK_TRY(auto named, aliases_in(draft.content));
        PEYK_TRY(auto info, services_.store.find(room));
        if (!info) return m::not_found("This server does not know the room");
        PEYK_TRY(auto last, services_.store.last(*info));
        rooms::StoredEventPtr current;
        if (last) {
            PEYK_TRY(current, services_.store.state(*info, last->after, "m.room.canonical_alias"));
        }
        std::string known = current ? json::write(current->event->content) : "";
        for (const auto& text : named) {
            auto alias = RoomAlias::parse(text);
            if (!alias) return m::invalid_param("Not an alias: " + text.substr(0, 100));
            if (known.find('"' + text + '"') != std::string::npos) continue;  // only new ones are checked
            PEYK_TRY(auto row, services_.directory.resolve(*alias));
            if (!row || row->room != room) return m::bad_alias("The alias does not point at this room");
        }
        return {};
    }

    // Null stands for none, as some clients write it.
    static Result<std::vector<std::string>> aliases_in(const json::Object& content) {
        std::vector<std::string> out;
        const auto* main = content.find("alias");
        if (main && !main->is_null()) {
            if (!main->string()) return m::invalid_param("'alias' must be an alias");
            if (!main->string()->empty()) out.push_back(*main->string());
        }
        const auto* more = content.find("alt_aliases");
        if (!more || more->is_null()) return out;
        if (!more->array()) return m::invalid_param("'alt_aliases' must be a list of aliases");
        for (const auto& alias : *more->array()) {
            if (!alias.string()) return m::invalid_param("'alt_aliases' must be a list of aliases");
            out.push_back(*alias.string());
        }
        return out;
    }

    RoomServices services_;
};

}  // namespace

void add_sending_endpoints(Api& api, const RoomServices& services) {
    api.add<SendMessage>(services);
    api.add<Redact>(services);
    api.add<SendState>(services);
}

}  // namespace peyk::client_api
