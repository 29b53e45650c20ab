// Delayed events: scheduling, acting on them, looking them up. MSC4140, as it was merged, and the two forms that
// clients use which were written before: a draft's other names on the same paths, and a parameter of sending. Answers
// carry the names of all.

#include <algorithm>
#include <charconv>

#include "client_api/rooms/clear_messages.h"
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
        PEYK_CO_TRY(auto delay, call.optional_integer("delay_ms"));
        bool merged_form = delay.has_value();
        if (!delay) {
            PEYK_CO_TRY(delay, call.optional_integer("delay"));  // of a draft
        }
        if (!delay) co_return m::missing_param("'delay_ms' is missing");
        PEYK_CO_TRY(const auto* content, call.optional_object("content"));
        if (!content) co_return m::missing_param("'content' is missing");
        rooms::DelayedDraft draft{std::move(room), call.text("eventType")};
        PEYK_CO_TRY(draft.state_key, call.optional_string("state_key"));
        draft.content = *content;
        draft.delay = Millis{*delay};
        if (!draft.state_key) PEYK_CO_CHECK(check_clear(services_, call.who(), draft.room, draft.type, draft.content));
        PEYK_CO_TRY(auto id, schedule_transaction(call));
        draft.transaction = rooms::Transaction{call.who().user, call.who().device,
                                               "delay " + draft.room.str() + " " + draft.type, std::move(id)};
        auto made = co_await services_.delayed.schedule(call.who().user, std::move(draft));
        if (!made && merged_form && made.error().m_code == "M_MAX_DELAY_EXCEEDED")
            co_return m::forbidden(std::move(made.error().detail));
        if (!made) co_return std::unexpected(std::move(made.error()));
        co_return Reply::of({{"delay_id", *made}});
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

// Without a token as well: who knows the id may act, so that a call's media server can end what its client cannot. A
// client that sends its token is limited as a user, not as one of all behind its address.
class ActOnEvent {
public:
    static constexpr Route kRoutes[] = {
        {Method::post, "/_matrix/client/v1/delayed_events/{delayId}/{action}", Auth::optional, Body::optional,
         RateClass::general},
        {Method::post, "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delayId}/{action}", Auth::optional,
         Body::optional, RateClass::general},
        {Method::post, "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delayId}", Auth::optional,
         Body::object, RateClass::general}};
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

// The event as the merged form has it, with the names of the drafts beside: delay, running_since, and what became of it
// one level higher.
Result<json::Object> rendered(const RoomServices& services, const DelayedEvent& event) {
    json::Object out{{"delay_id", event.id}, {"room_id", event.room.str()}, {"type", event.type}};
    for (const char* name : {"delay_ms", "delay"}) out.set(name, event.delay.count());
    for (const char* name : {"delayed_since_ts", "running_since"}) out.set(name, event.running_since.count());
    if (event.state_key) out.set("state_key", *event.state_key);
    PEYK_TRY(auto content, content_of(services, event));
    out.set("content", std::move(content));
    if (event.state == DelayedState::scheduled) return out;
    json::Object outcome{{"finalised_ts", event.finalised.count()}};
    if (event.event) outcome.set("event_id", event.event->str());
    if (event.state == DelayedState::failed) {
        PEYK_TRY(auto error, json::parse_object(event.error));
        outcome.set("error", std::move(error));
    }
    for (const auto& [name, value] : outcome) out.set(name, value);
    out.set("origin_server_ts", event.finalised.count());
    out.set("finalised", std::move(outcome));
    return out;
}

std::string_view outcome_of(const DelayedEvent& event) {
    return event.state == DelayedState::sent ? "send" : event.state == DelayedState::cancelled ? "cancel" : "error";
}

// An item of the list `finalised` that clients of another draft read.
json::Object outer_outcome(const DelayedEvent& event, const json::Object& entry) {
    json::Object out{{"delayed_event", entry},
                     {"outcome", event.state == DelayedState::sent ? "send" : "cancel"},
                     {"reason", event.state == DelayedState::failed ? "error"
                                : event.by_action                   ? "action"
                                                                    : "delay"}};
    for (const char* name : {"error", "event_id", "origin_server_ts"}) {
        if (const auto* value = entry.find(name)) out.set(name, *value);
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

// NOTSPEC: the merged form lists nothing (MSC4486, still open, does); clients of the drafts ask for it.
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
        json::Array list, scheduled, finalised;
        for (auto at = query.skip; at < all.size() && list.size() < kPage; ++at) {
            PEYK_CO_TRY(auto entry, rendered(services_, all[at]));
            if (all[at].state == DelayedState::scheduled) {
                scheduled.emplace_back(entry);
            } else {
                finalised.emplace_back(outer_outcome(all[at], entry));
            }
            list.push_back(std::move(entry));
        }
        json::Object out;
        auto next = query.skip + list.size();
        if (next < all.size()) out.set(query.backward ? "prev_batch" : "next_batch", std::to_string(next));
        out.set("delayed_events", std::move(list));
        if (query.status != "finalised") out.set("scheduled", std::move(scheduled));
        if (query.status != "scheduled") out.set("finalised", std::move(finalised));
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
        std::string status, id, room, type, outcome, reason;
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
        // Clients of the first form know neither of these.
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
        out.id = call.request.parameter("delay_id").value_or("");
        out.room = call.request.parameter("room_id").value_or("");
        if (!out.room.empty()) PEYK_CHECK(RoomId::parse(out.room));
        out.type = call.request.parameter("type").value_or("");
        PEYK_TRY(auto skip, call.number("from", 0, 0, 1'000'000));
        out.skip = static_cast<std::size_t>(skip);
        if (older) {
            // Those ask for what is scheduled by asking for nothing.
            if (out.status.empty() && out.id.empty()) out.status = "scheduled";
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
        if (!query.id.empty() && event.id != query.id) return false;
        if (!query.room.empty() && event.room.view() != query.room) return false;
        if (!query.type.empty() && event.type != query.type) return false;
        if (!query.outcome.empty() && (scheduled || query.outcome != outcome_of(event))) return false;
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

std::vector<std::pair<std::string, std::string>> delayed_capabilities() {
    auto limits = fmt::format("{{\"max_delay_ms\":{},\"max_scheduled\":{}}}", rooms::DelayedEvents::kMaxDelay.count(),
                              rooms::DelayedEvents::kMaxScheduled);
    return {{"m.delayed_events", limits}, {"org.matrix.msc4140.delayed_events", limits}};
}

void add_delayed_endpoints(Api& api, const RoomServices& services) {
    api.add<ScheduleEvent>(services);
    api.add<ActOnEvent>(services);
    api.add<GetDelayedEvent>(services);
    api.add<ListDelayedEvents>(services);
}

}  // namespace peyk::client_api
