// Delayed events: scheduling, acting on them, looking them up. MSC4140, as it was accepted and as clients before that
// use it: the paths under /unstable/ serve both.

#include <algorithm>
#include <charconv>

#include "client_api/rooms/delayed.h"

namespace peyk::client_api {
namespace {

using rooms::DelayedAction;
using rooms::DelayedEvent;
using rooms::DelayedState;

constexpr std::size_t kMaxEventBody = 128 * 1024;
constexpr std::size_t kMaxIdText = 100;

Result<std::string> schedule_transaction(const Call& call) {
    auto id = call.text("txnId");
    if (id.size() > kMaxIdBytes) return m::invalid_param("The transaction id is longer than 255 bytes");
    return id;
}

class ScheduleEvent {
public:
    static constexpr Route kRoutes[] = {
        {Method::put, "/_matrix/client/v3/rooms/{roomId}/delayed_event/{eventType}/{txnId}", Auth::user, Body::object,
         RateClass::message, kMaxEventBody},
        {Method::put, "/_matrix/client/unstable/org.matrix.msc4140/rooms/{roomId}/delayed_event/{eventType}/{txnId}",
         Auth::user, Body::object, RateClass::message, kMaxEventBody}};
    explicit ScheduleEvent(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_CHECK(users::check_active(call.who()));
        PEYK_CO_TRY(auto delay, call.optional_integer("delay"));
        if (!delay) co_return m::missing_param("'delay' is missing");
        PEYK_CO_TRY(const auto* content, call.optional_object("content"));
        if (!content) co_return m::missing_param("'content' is missing");
        rooms::DelayedDraft draft{std::move(room), call.text("eventType")};
        PEYK_CO_TRY(draft.state_key, call.optional_string("state_key"));
        draft.content = *content;
        draft.delay = Millis{*delay};
        PEYK_CO_TRY(auto id, schedule_transaction(call));
        draft.transaction = rooms::Transaction{call.who().user, call.who().device,
                                               "delay " + draft.room.str() + " " + draft.type, std::move(id)};
        PEYK_CO_TRY(auto made, co_await services_.delayed.schedule(call.who().user, std::move(draft)));
        co_return Reply::of({{"delay_id", made}});
    }

private:
    RoomServices services_;
};

Result<DelayedAction> action_of(std::string_view text) {
    if (text == "send") return DelayedAction::send;
    if (text == "cancel") return DelayedAction::cancel;
    if (text == "restart") return DelayedAction::restart;
    return m::invalid_param("The action must be send, cancel or restart");
}

// Without a token: who knows the id may act, so that a call's media server can end what its client cannot.
class ActOnEvent {
public:
    static constexpr Route kRoutes[] = {
        {Method::post, "/_matrix/client/v1/delayed_events/{delayId}/{action}", Auth::none, Body::optional,
         RateClass::general},
        {Method::post, "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delayId}/{action}", Auth::none,
         Body::optional, RateClass::general},
        {Method::post, "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delayId}", Auth::none, Body::object,
         RateClass::general}};
    explicit ActOnEvent(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        auto text = call.text("action");
        if (text.empty()) {
            PEYK_CO_TRY(text, call.need_string("action"));
        }
        PEYK_CO_TRY(auto action, action_of(text));
        auto id = call.text("delayId");
        if (id.size() > kMaxIdText) co_return m::not_found("There is no such delayed event");
        PEYK_CO_CHECK(co_await services_.delayed.act(std::move(id), action));
        co_return Reply::empty();
    }

private:
    RoomServices services_;
};

// Of what was sent, as it is in the room now: it may be redacted.
Result<json::Object> content_of(const RoomServices& services, const DelayedEvent& event) {
    if (!event.event) return json::parse_object(event.content);
    PEYK_TRY(auto room, services.store.find(event.room));
    if (!room) return json::Object{};
    PEYK_TRY(auto sent, services.store.event(*room, *event.event));
    return sent ? sent->event->content : json::Object{};
}

Result<json::Object> rendered(const RoomServices& services, const DelayedEvent& event) {
    json::Object out{{"delay_id", event.id},
                     {"room_id", event.room.str()},
                     {"type", event.type},
                     {"delay", event.delay.count()},
                     {"running_since", event.running_since.count()}};
    if (event.state_key) out.set("state_key", *event.state_key);
    PEYK_TRY(auto content, content_of(services, event));
    out.set("content", std::move(content));
    if (event.state == DelayedState::scheduled) return out;
    out.set("origin_server_ts", event.finalised.count());
    if (event.event) out.set("event_id", event.event->str());
    if (event.state == DelayedState::failed) {
        PEYK_TRY(auto error, json::parse_object(event.error));
        out.set("error", std::move(error));
    }
    return out;
}

class GetDelayedEvent {
public:
    static constexpr Route kRoutes[] = {
        {Method::get, "/_matrix/client/v1/delayed_events/{delayId}", Auth::user, Body::none, RateClass::general},
        {Method::get, "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delayId}", Auth::user, Body::none,
         RateClass::general}};
    explicit GetDelayedEvent(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        auto id = call.text("delayId");
        if (id.size() > kMaxIdText) co_return m::not_found("There is no such delayed event");
        PEYK_CO_TRY(auto event, services_.delayed.find(call.who().user_number, id));
        if (!event) co_return m::not_found("There is no such delayed event");
        PEYK_CO_TRY(auto out, rendered(services_, *event));
        co_return Reply::of(out);
    }

private:
    RoomServices services_;
};

class ListDelayedEvents {
public:
    static constexpr Route kRoutes[] = {
        {Method::get, "/_matrix/client/v1/delayed_events", Auth::user, Body::none, RateClass::general},
        {Method::get, "/_matrix/client/unstable/org.matrix.msc4140/delayed_events", Auth::user, Body::none,
         RateClass::general}};
    explicit ListDelayedEvents(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto query, parse(call));
        PEYK_CO_TRY(auto all, services_.delayed.list(call.who().user_number));
        std::erase_if(all, [&](const auto& event) { return !wanted(query, event); });
        std::ranges::sort(all, {}, [&](const auto& event) { return std::tuple(time_of(query, event), event.id); });
        if (query.backward) std::ranges::reverse(all);
        json::Array list;
        for (auto at = query.skip; at < all.size() && list.size() < kPage; ++at) {
            PEYK_CO_TRY(auto entry, rendered(services_, all[at]));
            list.push_back(std::move(entry));
        }
        json::Object out;
        auto next = query.skip + list.size();
        if (next < all.size()) out.set(query.backward ? "prev_batch" : "next_batch", std::to_string(next));
        out.set("delayed_events", std::move(list));
        co_return Reply::of(out);
    }

private:
    static constexpr std::size_t kPage = 100;
    enum class OrderBy : std::uint8_t { send, finalised, running };
    struct Query {
        OrderBy order = OrderBy::send;
        bool backward = false;
        std::size_t skip = 0;
        std::optional<Millis> since;
        std::string status, room, type, outcome, reason;
    };

    static Result<std::string> choice(const Call& call, std::string_view name,
                                      std::initializer_list<std::string_view> allowed) {
        auto text = call.request.parameter(name).value_or("");
        if (!text.empty() && std::ranges::find(allowed, text) == allowed.end())
            return m::invalid_param(fmt::format("'{}' has a value that is not known", name));
        return text;
    }

    Result<Query> parse(const Call& call) const {
        Query out;
        // Clients of the older form ask for what is scheduled, with no parameters at all.
        bool older = call.request.path.find("/unstable/") != std::string::npos && !call.request.parameter("dir") &&
                     !call.request.parameter("since_ts");
        PEYK_TRY(auto order, choice(call, "order_by", {"send_ts", "origin_server_ts", "running_since"}));
        if (order == "origin_server_ts") out.order = OrderBy::finalised;
        if (order == "running_since") out.order = OrderBy::running;
        PEYK_TRY(auto direction, choice(call, "dir", {"f", "b"}));
        out.backward = direction == "b";
        PEYK_TRY(out.status, choice(call, "status", {"scheduled", "finalised"}));
        PEYK_TRY(out.outcome, choice(call, "outcome", {"send", "cancel", "error"}));
        PEYK_TRY(out.reason, choice(call, "reason", {"action", "delay"}));
        out.room = call.request.parameter("room_id").value_or("");
        out.type = call.request.parameter("type").value_or("");
        PEYK_TRY(auto skip, call.number("from", 0, 0, 1'000'000));
        out.skip = static_cast<std::size_t>(skip);
        if (older) {
            if (out.status.empty()) out.status = "scheduled";
            return out;
        }
        out.since = services_.clock.now();
        if (call.request.parameter("since_ts") == "end") {
            out.since.reset();
        } else {
            PEYK_TRY(auto since, call.number("since_ts", out.since->count(), 0, json::kMaxInteger));
            out.since = Millis{since};
        }
        return out;
    }

    static Millis time_of(const Query& query, const DelayedEvent& event) {
        bool finalised = event.state != DelayedState::scheduled;
        if (query.order == OrderBy::running) return event.running_since;
        return query.order == OrderBy::finalised && finalised ? event.finalised : event.due();
    }

    static bool wanted(const Query& query, const DelayedEvent& event) {
        bool scheduled = event.state == DelayedState::scheduled;
        if (!query.status.empty() && (query.status == "scheduled") != scheduled) return false;
        if (!query.room.empty() && event.room.view() != query.room) return false;
        if (!query.type.empty() && event.type != query.type) return false;
        if (!query.outcome.empty()) {
            auto outcome = event.state == DelayedState::sent        ? "send"
                           : event.state == DelayedState::cancelled ? "cancel"
                                                                    : "error";
            if (scheduled || query.outcome != outcome) return false;
        }
        if (!query.reason.empty() && (scheduled || (query.reason == "action") != event.by_action)) return false;
        if (!query.since) return true;
        auto time = time_of(query, event);
        return query.backward ? time <= *query.since : time >= *query.since;
    }

    RoomServices services_;
};

}  // namespace

Result<std::optional<Millis>> older_delay(const Call& call) {
    if (!call.request.parameter("org.matrix.msc4140.delay")) return std::nullopt;
    PEYK_TRY(auto delay, call.number("org.matrix.msc4140.delay", 0, 0, json::kMaxInteger));
    return Millis{delay};
}

Task<Result<Reply>> schedule_older(RoomServices services, users::Caller caller, rooms::DelayedDraft draft) {
    auto made = co_await services.delayed.schedule(std::move(caller.user), std::move(draft));
    if (!made && made.error().m_code == "M_MAX_DELAY_EXCEEDED") {
        auto error = std::move(made.error());
        error.m_code = "M_UNKNOWN";
        error.extra =
            fmt::format("\"org.matrix.msc4140.errcode\":\"M_MAX_DELAY_EXCEEDED\",\"org.matrix.msc4140.max_delay\":{}",
                        rooms::DelayedEvents::kMaxDelay.count());
        co_return fail(std::move(error));
    }
    if (!made) co_return std::unexpected(std::move(made.error()));
    co_return Reply::of({{"delay_id", *made}});
}

void add_delayed_endpoints(Api& api, const RoomServices& services) {
    api.add<ScheduleEvent>(services);
    api.add<ActOnEvent>(services);
    api.add<GetDelayedEvent>(services);
    api.add<ListDelayedEvents>(services);
}

}  // namespace peyk::client_api
