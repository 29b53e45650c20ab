// A room at once, also for those who look in from outside; and an event by its id alone. Spec: Client-Server API › Room
// previews (GET /rooms/{roomId}/initialSync); GET /events/{eventId} (deprecated).

#include "client_api/rooms/access.h"
#include "rooms/timeline/history.h"
#include "sync/room_parts.h"

namespace peyk::client_api {
namespace {

constexpr std::int64_t kDefaultMessages = 20, kMaxMessages = 100;

class RoomInitialSync {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/rooms/{roomId}/initialSync"};
    explicit RoomInitialSync(const RoomServices& services) : services_(services) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto id, call.id<RoomId>("roomId"));
        PEYK_CO_TRY(auto limit, call.number("limit", kDefaultMessages, 0, kMaxMessages));
        PEYK_CO_TRY(auto access, open_room(services_, call.who(), id));
        std::string out = "{\"room_id\":";
        json::write_string(out, id.view());
        if (access.row && access.row->membership != rooms::Membership::none) {
            out += ",\"membership\":\"";
            out += rooms::membership_text(access.row->membership);
            out += '"';
        }
        PEYK_CO_TRY(auto messages, messages_of(access, static_cast<std::size_t>(limit)));
        out += ",\"messages\":" + messages;
        PEYK_CO_TRY(auto events, services_.store.all_state(*access.room, access.roots));
        PEYK_CO_TRY(auto state, events_json(services_, access, events));
        out += ",\"state\":" + state;
        PEYK_CO_TRY(bool published, services_.directory.published(id));
        out += published ? ",\"visibility\":\"public\"" : ",\"visibility\":\"private\"";
        PEYK_CO_TRY(auto data, account_data(call.who(), id));
        out += ",\"account_data\":[" + data + "]}";
        co_return Reply{200, std::move(out)};
    }

private:
    // The newest, the oldest of them first.
    Result<std::string> messages_of(RoomAccess& access, std::size_t limit) const {
        PEYK_TRY(auto filter, rooms::EventFilter::parse(nullptr, limit, limit));
        PEYK_TRY(auto page, rooms::history_page(services_.store, *access.room, access.visibility, filter, access.end, 0,
                                                rooms::Direction::backward));
        std::ranges::reverse(page.events);
        PEYK_TRY(auto chunk, events_json(services_, access, page.events));
        std::string out = "{\"chunk\":" + chunk + ",\"start\":";
        json::write_string(out, services_.tokens.encode(access.room->number, page.end, access.reader.number));
        out += ",\"end\":";
        json::write_string(out, services_.tokens.encode(access.room->number, page.start, access.reader.number));
        return out + "}";
    }

    Result<std::string> account_data(const users::Caller& caller, const RoomId& room) const {
        PEYK_TRY(auto items, services_.account_data.snapshot(caller.user_number));
        std::string out;
        for (const auto& item : items) {
            if (item.room != room) continue;
            if (!out.empty()) out += ',';
            sync::append_item(out, item);
        }
        return out;
    }

    RoomServices services_;
};

// Event ids are looked up by room: in those that the caller is or was in.
class GetEventAnywhere {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/events/{eventId}"};
    explicit GetEventAnywhere(const RoomServices& services) : services_(services) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto id, call.id<EventId>("eventId"));
        PEYK_CO_TRY(auto rows, services_.memberships.of(call.who().user_number));
        for (const auto& row : *rows) {
            PEYK_CO_TRY(auto room, services_.store.find(row.number));
            if (!room) continue;
            PEYK_CO_TRY(auto event, services_.store.event(*room, id));
            if (!event) continue;
            auto access = open_room(services_, call.who(), room->id);
            if (!access) break;
            PEYK_CO_TRY(auto seen, visible_event(services_, *access, id));
            PEYK_CO_TRY(auto text, event_json(services_, *access, *seen));
            co_return Reply{200, std::move(text)};
        }
        co_return m::not_found("There is no such event, or you may not see it");
    }

private:
    RoomServices services_;
};

}  // namespace

void add_initial_sync_endpoints(Api& api, const RoomServices& services) {
    api.add<RoomInitialSync>(services);
    api.add<GetEventAnywhere>(services);
}

}  // namespace peyk::client_api
