// What came before /sync: a copy of one room, or of all, to go on from with GET /events; and an event by its id alone.
// Spec: Client-Server API › Room previews (GET /rooms/{roomId}/initialSync); Syncing (deprecated: GET /initialSync,
// GET /events/{eventId}).

#include <algorithm>

#include "client_api/rooms/access.h"
#include "client_api/sync/endpoints.h"
#include "rooms/timeline/history.h"
#include "sync/room_parts.h"

namespace peyk::client_api {
namespace {

using rooms::Membership;

constexpr std::int64_t kDefaultLimit = 10, kMaxLimit = 100;

// Where GET /events and /messages go on: taken before anything is read, so that nothing falls between the two.
Task<Result<std::string>> token_now(sync::SyncV3& sync, const users::Caller& caller) {
    sync::SyncRequest request{caller.user, caller.device};
    request.to_device = false;
    request.filter = std::string(kNoEvents);
    auto running = sync.run(request, {});
    PEYK_CO_TRY(auto text, co_await std::move(running));
    PEYK_CO_TRY(json::Value answer, json::parse(text));
    co_return std::string(answer.get_string("next_batch").value_or(""));
}

// Rooms as these endpoints write them.
class Copies {
public:
    Copies(const RoomServices& services, const Call& call, std::string token, std::size_t limit,
           std::vector<sync::AccountDataItem> account_data)
        : services_(services),
          call_(call),
          token_(std::move(token)),
          limit_(limit),
          account_data_(std::move(account_data)) {}

    // {room_id, membership, messages, state, visibility, account_data}. Errors: as open_room().
    Result<std::string> room(const RoomId& id) const {
        PEYK_TRY(auto access, open_room(services_, call_.who(), id));
        PEYK_TRY(auto end, boundary_of(services_, call_, *access.room, token_));
        PEYK_TRY(auto filter, rooms::EventFilter::parse(nullptr, limit_, limit_));
        PEYK_TRY(auto page, rooms::history_page(services_.store, *access.room, access.visibility, filter,
                                                std::min(end, access.end), 0, rooms::Direction::backward));
        std::reverse(page.events.begin(), page.events.end());
        PEYK_TRY(auto chunk, events_json(services_, access, page.events));
        PEYK_TRY(auto events, services_.store.all_state(*access.room, access.roots));
        PEYK_TRY(auto state, events_json(services_, access, events));
        PEYK_TRY(bool published, services_.directory.published(id));
        json::Writer out;
        out.begin_object().key("room_id").string(id.view());
        if (access.row && access.row->membership != Membership::knock)
            out.key("membership").string(rooms::membership_text(access.row->membership));
        out.key("messages").begin_object().key("chunk").raw(chunk);
        out.key("start").string(services_.tokens.encode(access.room->number, page.end, access.reader.number));
        out.key("end").string(token_).end_object();
        out.key("state").raw(state).key("visibility").string(published ? "public" : "private");
        out.key("account_data").raw(account_data(&id)).end_object();
        return out.take();
    }

    // An invitation: nothing of the room but the event that it is.
    Result<std::string> invitation(const rooms::RoomMembership& row) const {
        PEYK_TRY(auto room, services_.store.find(row.number));
        if (!room) return std::string{};
        PEYK_TRY(auto event, services_.store.event(*room, row.event));
        if (!event) return std::string{};
        const auto& who = call_.who();
        auto reader = rooms::reader_for(services_.store, who.user, who.device, services_.clock.now().count());
        rooms::Visibility visibility(services_.store, *room, who.user_number, row);
        std::string invite;
        PEYK_CHECK(rooms::write_client_event(invite, services_.store, *room, *event, reader, visibility,
                                             rooms::RoomIdMember::include, rooms::Bundle::nothing));
        json::Writer out;
        out.begin_object().key("room_id").string(row.room.view()).key("membership").string("invite");
        return out.key("invite").raw(invite).end_object().take();
    }

    // Of a room, or of the account.
    std::string account_data(const RoomId* room) const {
        json::Writer out;
        out.begin_array();
        for (const auto& item : account_data_) {
            if (room ? item.room != *room : item.room.has_value()) continue;
            out.begin_object().key("type").string(item.type).key("content").raw(item.content).end_object();
        }
        return out.end_array().take();
    }

private:
    const RoomServices& services_;
    const Call& call_;
    std::string token_;
    std::size_t limit_;
    std::vector<sync::AccountDataItem> account_data_;
};

class RoomInitialSync {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/rooms/{roomId}/initialSync"};
    RoomInitialSync(const RoomServices& services, sync::SyncV3& sync) : services_(services), sync_(sync) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto limit, call.number("limit", kDefaultLimit, 0, kMaxLimit));
        PEYK_CO_CHECK(open_room(services_, call.who(), room));
        auto asking = token_now(sync_, call.who());
        PEYK_CO_TRY(auto token, co_await std::move(asking));
        PEYK_CO_TRY(auto data, sync_.parts().account_data.snapshot(call.who().user_number));
        Copies copies(services_, call, std::move(token), static_cast<std::size_t>(limit), std::move(data));
        Reply reply;
        PEYK_CO_TRY(reply.json, copies.room(room));
        co_return reply;
    }

private:
    RoomServices services_;
    sync::SyncV3& sync_;
};

class InitialSync {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/initialSync"};
    InitialSync(const RoomServices& services, sync::SyncV3& sync) : services_(services), sync_(sync) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto limit, call.number("limit", kDefaultLimit, 0, kMaxLimit));
        PEYK_CO_TRY(bool archived, call.flag("archived", false));
        auto asking = token_now(sync_, call.who());
        PEYK_CO_TRY(auto token, co_await std::move(asking));
        auto number = call.who().user_number;
        const auto& source = sync_.parts().account_data;
        PEYK_CO_TRY(auto data, source.snapshot(number));
        PEYK_CO_TRY(auto ignored, source.ignored_by(number));
        PEYK_CO_TRY(auto rows, services_.memberships.of(number));
        sync::HiddenInvites invites(source, call.who().user, number, std::move(ignored), services_.store);
        PEYK_CO_TRY(rows, invites.shown(std::move(rows)));
        Copies copies(services_, call, token, static_cast<std::size_t>(limit), std::move(data));
        json::Writer out;
        out.begin_object().key("end").string(token).key("rooms").begin_array();
        for (const auto& row : *rows) {
            PEYK_CO_TRY(auto copy, copy_of(copies, row, archived));
            if (!copy.empty()) out.raw(copy);
        }
        auto& presence = sync_.parts().presence;
        PEYK_CO_TRY(auto known, presence.events(number, 0, presence.counter(), {}));
        out.end_array().key("presence").begin_array();
        for (const auto& event : known) out.raw(json::write(event));
        out.end_array().key("account_data").raw(copies.account_data(nullptr)).end_object();
        co_return Reply{200, out.take()};
    }

private:
    static Result<std::string> copy_of(const Copies& copies, const rooms::RoomMembership& row, bool archived) {
        if (row.membership == Membership::invite) return copies.invitation(row);
        bool past = sync::is_end(row.membership) && row.was_joined && archived;
        if (row.membership != Membership::join && !past) return std::string{};
        auto copy = copies.room(row.room);
        // Left, or forgotten on another device, since the rows were read.
        if (!copy && copy.error().code == Errc::forbidden) return std::string{};
        return copy;
    }

    RoomServices services_;
    sync::SyncV3& sync_;
};

// Looked for in the caller's rooms, as an id does not say of which room it is.
class OneEvent {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/events/{eventId}"};
    explicit OneEvent(const RoomServices& services) : services_(services) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto id, call.id<EventId>("eventId"));
        PEYK_CO_TRY(auto rows, services_.memberships.of(call.who().user_number));
        for (const auto& row : *rows) {
            PEYK_CO_TRY(auto room, services_.store.find(row.number));
            if (!room) continue;
            PEYK_CO_TRY(auto event, services_.store.event(*room, id));
            if (!event) continue;
            auto access = open_room(services_, call.who(), row.room);
            if (!access) break;
            PEYK_CO_TRY(auto seen, visible_event(services_, *access, id));
            Reply reply;
            PEYK_CO_TRY(reply.json, event_json(services_, *access, *seen));
            co_return reply;
        }
        co_return m::not_found("There is no such event, or you may not see it");
    }

private:
    RoomServices services_;
};

}  // namespace

void add_initial_syncs(Api& api, sync::SyncV3& sync, const RoomServices& services) {
    api.add<RoomInitialSync>(services, sync);
    api.add<InitialSync>(services, sync);
    api.add<OneEvent>(services);
}

}  // namespace peyk::client_api
