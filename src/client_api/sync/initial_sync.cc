// GET /initialSync: everything at once, as clients asked for it before there was /sync. A view of a first sync.
// Spec: Client-Server API › GET /initialSync (deprecated).

#include "client_api/sync/endpoints.h"

namespace peyk::client_api {
namespace {

constexpr std::int64_t kDefaultMessages = 20, kMaxMessages = 100;  // of each room

using rooms::Membership;

const json::Object& sections_of(const json::Value* rooms, std::string_view kind) {
    static const json::Object none;
    const auto* found = rooms ? rooms->get_object(kind) : nullptr;
    return found ? *found : none;
}

// The items of `of.name.events`, with the room they are in.
json::Array events_of(const json::Value& of, std::string_view name, const std::string& room) {
    json::Array out;
    const auto* part = of.get(name);
    const auto* events = part ? part->get_array("events") : nullptr;
    if (!events) return out;
    for (const auto& item : *events) {
        if (!item.object()) continue;
        auto event = *item.object();
        if (!room.empty()) event.set("room_id", room);
        out.emplace_back(std::move(event));
    }
    return out;
}

class InitialSync {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/initialSync"};
    InitialSync(sync::SyncV3& sync, const rooms::Directory& directory) : sync_(sync), directory_(directory) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto limit, call.number("limit", kDefaultMessages, 0, kMaxMessages));
        PEYK_CO_TRY(bool archived, call.flag("archived", false));
        sync::SyncRequest request{call.who().user, call.who().device};
        request.to_device = false;
        request.state_form = sync::StateForm::after;
        request.filter =
            fmt::format(R"({{"room":{{"include_leave":{},"timeline":{{"limit":{}}}}}}})", archived, limit);
        auto hangup = call.request.hangup;
        PEYK_CO_TRY(auto text, co_await sync_.run(std::move(request), std::move(hangup)));
        PEYK_CO_TRY(json::Value answer, json::parse(text));
        text = {};
        std::string end(answer.get_string("next_batch").value_or(""));
        PEYK_CO_TRY(auto rooms, rooms_of(call.who(), answer, end));
        co_return Reply::of({{"end", end},
                             {"rooms", std::move(rooms)},
                             {"presence", events_of(answer, "presence", "")},
                             {"account_data", events_of(answer, "account_data", "")}});
    }

private:
    Result<json::Array> rooms_of(const users::Caller& caller, const json::Value& answer, const std::string& end) const {
        json::Array out;
        const auto* rooms = answer.get("rooms");
        for (auto kind : {"join", "leave"}) {
            for (const auto& [id, section] : sections_of(rooms, kind)) {
                PEYK_TRY(auto entry, entry_of(id, section, end));
                PEYK_TRY(auto membership, membership_of(caller, id, kind));
                entry.set("membership", std::move(membership));
                out.emplace_back(std::move(entry));
            }
        }
        for (const auto& [id, section] : sections_of(rooms, "invite")) {
            json::Object entry{{"room_id", id}, {"membership", "invite"}};
            PEYK_TRY(auto event, invitation(caller, id));
            if (event) entry.set("invite", *std::move(event));
            out.emplace_back(std::move(entry));
        }
        return out;
    }

    Result<json::Object> entry_of(const std::string& id, const json::Value& section, const std::string& end) const {
        json::Object messages{{"chunk", events_of(section, "timeline", id)}, {"end", end}};
        if (const auto* timeline = section.get("timeline")) {
            if (auto start = timeline->get_string("prev_batch")) messages.set("start", std::string(*start));
        }
        PEYK_TRY(bool published, directory_.published(RoomId::trusted(id)));
        return json::Object{{"room_id", id},
                            {"messages", std::move(messages)},
                            {"state", events_of(section, "state_after", id)},
                            {"account_data", events_of(section, "account_data", "")},
                            {"visibility", published ? "public" : "private"}};
    }

    Result<std::string> membership_of(const users::Caller& caller, const std::string& id, std::string kind) const {
        if (kind != "leave") return kind;
        const auto& parts = sync_.parts();
        PEYK_TRY(auto row, parts.memberships.of(caller.user_number, parts.store.number(RoomId::trusted(id))));
        return row && row->membership == Membership::ban ? "ban" : kind;
    }

    Result<std::optional<json::Value>> invitation(const users::Caller& caller, const std::string& id) const {
        const auto& parts = sync_.parts();
        PEYK_TRY(auto room, parts.store.find(RoomId::trusted(id)));
        if (!room) return std::nullopt;
        PEYK_TRY(auto row, parts.memberships.of(caller.user_number, room->number));
        if (!row) return std::nullopt;
        PEYK_TRY(auto event, parts.store.event(*room, row->event));
        if (!event) return std::nullopt;
        auto reader = rooms::reader_for(parts.store, caller.user, caller.device, parts.clock.now().count());
        std::string text;
        PEYK_CHECK(rooms::write_state_event(text, parts.store, *room, *event, reader));
        PEYK_TRY(auto value, json::parse_object(text));
        value.set("room_id", id);
        return json::Value(std::move(value));
    }

    sync::SyncV3& sync_;
    const rooms::Directory& directory_;
};

}  // namespace

void add_initial_sync(Api& api, sync::SyncV3& sync, const rooms::Directory& directory) {
    api.add<InitialSync>(sync, directory);
}

}  // namespace peyk::client_api
