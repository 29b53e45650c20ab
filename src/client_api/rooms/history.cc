// Reading the past: /messages, /context, /event, /timestamp_to_event. Spec: Client-Server API › Getting events for a
// room.

#include "rooms/timeline/history.h"
#include "client_api/rooms/access.h"

namespace peyk::client_api {
namespace {

using rooms::Direction;
using rooms::EventFilter;

constexpr std::size_t kMaxPage = 1000;

Result<EventFilter> filter_of(const Call& call, std::size_t default_limit) {
    PEYK_TRY(auto limit, call.number("limit", static_cast<std::int64_t>(default_limit), 0, kMaxPage));
    auto text = call.request.parameter("filter");
    if (!text) return EventFilter::parse(nullptr, static_cast<std::size_t>(limit), kMaxPage);
    PEYK_TRY(auto definition, json::parse_object(*text));
    json::Value value(std::move(definition));
    return EventFilter::parse(&value, static_cast<std::size_t>(limit), kMaxPage);
}

Result<Direction> direction_of(const Call& call) {
    auto text = call.request.parameter("dir");
    if (!text) return m::missing_param("'dir' is missing");
    if (*text == "b") return Direction::backward;
    if (*text == "f") return Direction::forward;
    return m::invalid_param("'dir' must be b or f");
}

// With lazy loading: the member events of the senders. Spec: Lazy-loading room members.
Result<std::vector<rooms::StoredEventPtr>> senders_of(const RoomServices& services, RoomAccess& access,
                                                      const std::vector<rooms::StoredEventPtr>& events) {
    std::vector<rooms::StoredEventPtr> out;
    std::set<std::string> seen;
    for (const auto& event : events) {
        if (!seen.insert(event->event->sender.str()).second) continue;
        PEYK_TRY(auto member,
                 services.store.state(*access.room, access.roots, "m.room.member", event->event->sender.view()));
        if (member) out.push_back(std::move(member));
    }
    return out;
}

class Messages {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/rooms/{roomId}/messages"};
    explicit Messages(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto direction, direction_of(call));
        PEYK_CO_TRY(auto filter, filter_of(call, 10));
        PEYK_CO_TRY(auto access, open_room(services_, call.who(), room));
        rooms::EventNumber from = direction == Direction::backward ? access.end : 1, to = 0;
        if (auto token = call.request.parameter("from"); token && !token->empty()) {
            PEYK_CO_TRY(from, boundary_of(services_, call, *access.room, *token));
        }
        if (auto token = call.request.parameter("to"); token && !token->empty()) {
            PEYK_CO_TRY(to, boundary_of(services_, call, *access.room, *token));
        }
        if (direction == Direction::backward) from = std::min(from, access.end);
        if (direction == Direction::forward) to = to ? std::min(to, access.end) : access.end;
        PEYK_CO_TRY(auto page,
                    rooms::history_page(services_.store, *access.room, access.visibility, filter, from, to, direction));
        PEYK_CO_TRY(auto chunk, events_json(services_, access, page.events));
        std::string out = "{\"chunk\":" + chunk + ",\"start\":";
        json::write_string(out, services_.tokens.encode(access.room->number, page.start, access.reader.number));
        // Forward there may always come more. Backward a page that holds something has an end, and only an empty one
        // tells that the beginning was reached: clients take a missing end beside events for a broken answer.
        if (page.more || !page.events.empty() || direction == Direction::forward) {
            out += ",\"end\":";
            json::write_string(out, services_.tokens.encode(access.room->number, page.end, access.reader.number));
        }
        if (filter.lazy_load_members) {
            PEYK_CO_TRY(auto members, senders_of(services_, access, page.events));
            PEYK_CO_TRY(auto state, events_json(services_, access, members));
            out += ",\"state\":" + state;
        }
        co_return Reply{200, out + "}"};
    }

private:
    RoomServices services_;
};

class GetEvent {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/rooms/{roomId}/event/{eventId}"};
    explicit GetEvent(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto id, call.id<EventId>("eventId"));
        auto access = open_room(services_, call.who(), room);
        // Spec: GET event: 404 for what may not be read as for what is not there.
        if (!access && access.error().code == Errc::forbidden)
            co_return m::not_found("There is no such event, or you may not see it");
        if (!access) co_return std::unexpected(std::move(access.error()));
        PEYK_CO_TRY(auto event, visible_event(services_, *access, id));
        PEYK_CO_TRY(auto text, event_json(services_, *access, *event));
        co_return Reply{200, std::move(text)};
    }

private:
    RoomServices services_;
};

class Context {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/rooms/{roomId}/context/{eventId}"};
    explicit Context(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto id, call.id<EventId>("eventId"));
        PEYK_CO_TRY(auto filter, filter_of(call, 10));
        PEYK_CO_TRY(auto access, open_room(services_, call.who(), room));
        PEYK_CO_TRY(auto event, visible_event(services_, access, id));
        // Half of the events on each side; the odd one before.
        auto half = filter;
        half.limit = (filter.limit + 1) / 2;
        PEYK_CO_TRY(auto before, rooms::history_page(services_.store, *access.room, access.visibility, half,
                                                     event->number, 0, Direction::backward));
        half.limit = filter.limit / 2;
        PEYK_CO_TRY(auto after, rooms::history_page(services_.store, *access.room, access.visibility, half,
                                                    event->number + 1, access.end, Direction::forward));
        const auto& last = after.events.empty() ? event : after.events.back();
        PEYK_CO_TRY(auto state, state_at(access, filter, last, before.events, event, after.events));
        PEYK_CO_TRY(auto event_text, event_json(services_, access, *event));
        PEYK_CO_TRY(auto before_text, events_json(services_, access, before.events));
        PEYK_CO_TRY(auto after_text, events_json(services_, access, after.events));
        PEYK_CO_TRY(auto state_text, events_json(services_, access, state));
        std::string out = "{\"event\":" + event_text + ",\"events_before\":" + before_text +
                          ",\"events_after\":" + after_text + ",\"state\":" + state_text + ",\"start\":";
        json::write_string(out, services_.tokens.encode(access.room->number, before.end, access.reader.number));
        out += ",\"end\":";
        json::write_string(out, services_.tokens.encode(access.room->number, after.end, access.reader.number));
        co_return Reply{200, out + "}"};
    }

private:
    // The state at the last event returned; with lazy loading only the members who speak.
    Result<std::vector<rooms::StoredEventPtr>> state_at(RoomAccess& access, const EventFilter& filter,
                                                        const rooms::StoredEventPtr& last,
                                                        const std::vector<rooms::StoredEventPtr>& before,
                                                        const rooms::StoredEventPtr& event,
                                                        const std::vector<rooms::StoredEventPtr>& after) const {
        std::vector<rooms::StoredEventPtr> state;
        if (!filter.lazy_load_members) {
            PEYK_TRY(state, services_.store.all_state(*access.room, last->after));
        } else {
            PEYK_TRY(auto others, services_.store.others(*access.room, last->after));
            PEYK_TRY(state, services_.store.load(*access.room, others));
            auto speaking = before;
            speaking.push_back(event);
            speaking.insert(speaking.end(), after.begin(), after.end());
            PEYK_TRY(auto members, senders_of(services_, access, speaking));
            state.insert(state.end(), members.begin(), members.end());
        }
        std::erase_if(state, [&](const auto& item) { return !filter.wants(*item->event); });
        return state;
    }

    RoomServices services_;
};

class TimestampToEvent {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v1/rooms/{roomId}/timestamp_to_event"};
    explicit TimestampToEvent(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto direction, direction_of(call));
        if (!call.request.parameter("ts")) co_return m::missing_param("'ts' is missing");
        PEYK_CO_TRY(auto time, call.number("ts", 0, 0, json::kMaxInteger));
        PEYK_CO_TRY(auto access, open_room(services_, call.who(), room));
        PEYK_CO_TRY(auto event,
                    rooms::event_by_timestamp(services_.store, *access.room, access.visibility, time, direction));
        if (!event || event->number >= access.end) co_return m::not_found("There is no event on that side of the time");
        co_return Reply::of(
            {{"event_id", event->event->id.str()}, {"origin_server_ts", event->event->origin_server_ts}});
    }

private:
    RoomServices services_;
};

}  // namespace

void add_history_endpoints(Api& api, const RoomServices& services) {
    api.add<Messages>(services);
    api.add<GetEvent>(services);
    api.add<Context>(services);
    api.add<TimestampToEvent>(services);
}

}  // namespace peyk::client_api
