// Reading state and members. Spec: Client-Server API › Getting events for a room.

#include "client_api/rooms/access.h"

namespace peyk::client_api {
namespace {

using rooms::Membership;

class GetStateEvent {
public:
    static constexpr Route kRoutes[] = {
        {Method::get, "/_matrix/client/v3/rooms/{roomId}/state/{eventType}"},
        {Method::get, "/_matrix/client/v3/rooms/{roomId}/state/{eventType}/"},
        {Method::get, "/_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}"}};
    explicit GetStateEvent(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        auto format = call.request.parameter("format").value_or("content");
        if (format != "content" && format != "event") co_return m::invalid_param("'format' must be content or event");
        PEYK_CO_TRY(auto access, open_room(services_, call.who(), room));
        PEYK_CO_TRY(auto event,
                    services_.store.state(*access.room, access.roots, call.text("eventType"), call.text("stateKey")));
        if (!event) co_return m::not_found("There is no such state event");
        if (format == "content") co_return Reply::of(event->event->content);
        PEYK_CO_TRY(auto text, event_json(services_, access, *event));
        co_return Reply{200, std::move(text)};
    }

private:
    RoomServices services_;
};

class GetState {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/rooms/{roomId}/state"};
    explicit GetState(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto access, open_room(services_, call.who(), room));
        PEYK_CO_TRY(auto events, services_.store.all_state(*access.room, access.roots));
        PEYK_CO_TRY(auto text, events_json(services_, access, events));
        co_return Reply{200, std::move(text)};
    }

private:
    RoomServices services_;
};

class GetMembers {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/rooms/{roomId}/members"};
    explicit GetMembers(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        auto wanted = call.request.parameter("membership"), unwanted = call.request.parameter("not_membership");
        for (const auto& value : {wanted, unwanted}) {
            if (value && rooms::membership_of(*value) == Membership::none)
                co_return m::invalid_param("Not a membership: " + value->substr(0, 40));
        }
        PEYK_CO_TRY(auto access, open_room(services_, call.who(), room));
        auto roots = access.roots;
        if (auto at = call.request.parameter("at")) {
            PEYK_CO_TRY(auto boundary, boundary_of(services_, call, *access.room, *at));
            PEYK_CO_TRY(auto event, services_.store.last_before(*access.room, std::min(boundary, access.end)));
            // A token may be older than the reader's stay.
            if (event && event->number + 1 < access.end) {
                PEYK_CO_TRY(bool may, access.visibility.may_see_state(event->after, event->number));
                if (!may) co_return m::forbidden("You may not see who was in the room at that time");
                roots = event->after;
            }
        }
        PEYK_CO_TRY(auto entries, services_.store.members(*access.room, roots));
        // Spec: GET /members: given together, either of the two is enough.
        auto wants = [&](Membership membership) {
            if (!wanted && !unwanted) return true;
            return (wanted && membership == rooms::membership_of(*wanted)) ||
                   (unwanted && membership != rooms::membership_of(*unwanted));
        };
        std::erase_if(entries, [&](const auto& entry) { return !wants(static_cast<Membership>(entry.note)); });
        PEYK_CO_TRY(auto events, services_.store.load(*access.room, entries));
        PEYK_CO_TRY(auto text, events_json(services_, access, events));
        co_return Reply{200, "{\"chunk\":" + text + "}"};
    }

private:
    RoomServices services_;
};

// NOTSPEC: what somebody has not set is null, as every other server says it; the schema knows only texts. Programs that
// were written against those servers read both members without asking whether they are there.
json::Value text_or_null(const rooms::StoredEvent& event, std::string_view key) {
    const auto* value = event.event->content.find(key);
    return value && value->string() ? *value : json::Value();
}

class JoinedMembers {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/rooms/{roomId}/joined_members"};
    explicit JoinedMembers(const RoomServices& services) : services_(services) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto access, open_joined_room(services_, call.who(), room));
        PEYK_CO_TRY(auto entries, services_.store.members(*access.room, access.roots));
        std::erase_if(entries,
                      [](const auto& entry) { return static_cast<Membership>(entry.note) != Membership::join; });
        PEYK_CO_TRY(auto events, services_.store.load(*access.room, entries));
        json::Object joined;
        for (const auto& event : events) {
            joined.set(*event->event->state_key, json::Object{{"display_name", text_or_null(*event, "displayname")},
                                                              {"avatar_url", text_or_null(*event, "avatar_url")}});
        }
        co_return Reply::of({{"joined", std::move(joined)}});
    }

private:
    RoomServices services_;
};

}  // namespace

void add_state_endpoints(Api& api, const RoomServices& services) {
    api.add<GetStateEvent>(services);
    api.add<GetState>(services);
    api.add<GetMembers>(services);
    api.add<JoinedMembers>(services);
}

}  // namespace peyk::client_api
