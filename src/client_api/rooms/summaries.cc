// Rooms as they look from outside: the hierarchy of a space, the summary of one room, the rooms shared with somebody.
// Spec: Client-Server API › Spaces; Room previews; Mutual Rooms.

#include <charconv>
#include <map>

#include "client_api/rooms/access.h"
#include "rooms/directory/space_tree.h"

namespace peyk::client_api {
namespace {

class Hierarchy {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v1/rooms/{roomId}/hierarchy", Auth::user, Body::none,
                                  RateClass::general};
    explicit Hierarchy(const RoomServices& services) : services_(services) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        rooms::SpaceQuery query;
        query.user = call.who().user_number;
        PEYK_CO_TRY(query.suggested_only, call.flag("suggested_only", false));
        PEYK_CO_TRY(auto limit, call.number("limit", kDefaultLimit, 1, kMaxLimit));
        PEYK_CO_TRY(auto depth, call.number("max_depth", kDefaultDepth, 0, kMaxDepth));
        query.limit = static_cast<std::size_t>(limit);
        query.max_depth = static_cast<std::size_t>(depth);
        auto number = services_.store.number(room);
        if (auto from = call.request.parameter("from"); from && !from->empty()) {
            PEYK_CO_TRY(auto token, services_.tokens.decode(*from, number, query.user));
            query.skip = token / kUnits;
            if (token % kUnits != units(query))
                co_return m::invalid_param("'max_depth' and 'suggested_only' cannot change from page to page");
        }
        PEYK_CO_TRY(auto page, rooms::walk_space(services_.store, services_.memberships, room, query));
        json::Object out;
        if (page.more) {
            auto next = (query.skip + page.rooms.size()) * kUnits + units(query);
            out.set("next_batch", services_.tokens.encode(number, next, query.user));
        }
        json::Array list;
        for (auto& entry : page.rooms) list.push_back(std::move(entry));
        out.set("rooms", std::move(list));
        co_return Reply::of(out);
    }

private:
    static constexpr std::int64_t kDefaultLimit = 50, kMaxLimit = 100, kDefaultDepth = 20, kMaxDepth = 100;
    // A token holds the number of rooms shown, and below that what may not change.
    static constexpr std::uint64_t kUnits = 256;
    static std::uint64_t units(const rooms::SpaceQuery& query) { return query.max_depth * 2 + query.suggested_only; }

    RoomServices services_;
};

class GetSummary {
public:
    static constexpr Route kRoutes[] = {
        {Method::get, "/_matrix/client/v1/room_summary/{roomIdOrAlias}", Auth::optional, Body::none,
         RateClass::general},
        {Method::get, "/_matrix/client/unstable/im.nheko.summary/summary/{roomIdOrAlias}", Auth::optional, Body::none,
         RateClass::general},
        {Method::get, "/_matrix/client/unstable/im.nheko.summary/rooms/{roomIdOrAlias}/summary", Auth::optional,
         Body::none, RateClass::general}};
    explicit GetSummary(const RoomServices& services) : services_(services) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto id, co_await room_of(services_, call.text("roomIdOrAlias")));
        PEYK_CO_TRY(auto room, services_.store.find(id));
        if (!room) co_return m::not_found("There is no such room, or you may not see it");
        PEYK_CO_TRY(auto last, services_.store.last(*room));
        if (!last) co_return m::not_found("There is no such room, or you may not see it");
        PEYK_CO_TRY(auto summary, rooms::summarise_room(services_.store, *room, last->after));
        auto user = call.caller ? call.caller->user_number : 0;
        PEYK_CO_TRY(bool known, rooms::may_know_of(services_.store, services_.memberships, *room, summary, user));
        if (!known) co_return m::not_found("There is no such room, or you may not see it");
        if (call.caller) {
            PEYK_CO_TRY(auto row, services_.memberships.of(user, room->number));
            auto membership = row ? row->membership : rooms::Membership::leave;
            summary.json.set("membership", std::string(rooms::membership_text(membership)));
        }
        if (call.request.path.find("/unstable/") != std::string::npos) add_older_names(summary.json);
        co_return Reply::of(summary.json);
    }

private:
    // MSC3266 before it was in the specification.
    static void add_older_names(json::Object& out) {
        for (auto [now, before] : {std::pair{"room_version", "im.nheko.summary.room_version"},
                                   {"room_version", "im.nheko.summary.version"},
                                   {"encryption", "im.nheko.summary.encryption"}}) {
            if (const auto* value = out.find(now)) out.set(before, json::Value(*value));
        }
    }

    RoomServices services_;
};

class MutualRooms {
public:
    static constexpr Route kRoutes[] = {
        {Method::get, "/_matrix/client/v1/mutual_rooms", Auth::user, Body::none, RateClass::general},
        {Method::get, "/_matrix/client/unstable/uk.half-shot.msc2666/user/mutual_rooms", Auth::user, Body::none,
         RateClass::general}};
    explicit MutualRooms(const RoomServices& services) : services_(services) {}

    Task<Result<Reply>> run(Call call) {
        auto text = call.request.parameter("user_id");
        if (!text) co_return m::missing_param("'user_id' is missing");
        PEYK_CO_TRY(auto user, UserId::parse(*text));
        if (user == call.who().user) co_return m::invalid_param("'user_id' is your own");
        PEYK_CO_TRY(auto after, token_of(call));
        PEYK_CO_TRY(auto shared, shared_with(call.who().user_number, user));
        json::Object out{{"count", shared.size()}};
        json::Array joined;
        rooms::RoomNumber last = 0;
        for (const auto& [number, id] : shared) {
            if (number <= after) continue;
            if (joined.size() == kPage) {
                // The second name is that of MSC2666, which clients go on by.
                for (const char* name : {"next_batch", "next_batch_token"}) out.set(name, std::to_string(last));
                break;
            }
            joined.push_back(id.str());
            last = number;
        }
        out.set("joined", std::move(joined));
        co_return Reply::of(out);
    }

private:
    static constexpr std::size_t kPage = 500;

    // Where a page ends: the number of its last room, which says nothing outside of this server.
    static Result<rooms::RoomNumber> token_of(const Call& call) {
        auto text = call.request.parameter("from");
        if (!text) text = call.request.parameter("batch_token");
        if (!text || text->empty()) return 0;
        rooms::RoomNumber number = 0;
        auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
        if (error != std::errc{} || end != text->data() + text->size())
            return m::invalid_param("'from' is not a token of this list");
        return number;
    }

    // Rooms that both have joined, by number. Of the other only the rooms that the caller is in are looked at.
    Result<std::map<rooms::RoomNumber, RoomId>> shared_with(rooms::UserNumber me, const UserId& other) const {
        std::map<rooms::RoomNumber, RoomId> out;
        PEYK_TRY(auto rows, services_.memberships.of(me));
        auto number = services_.store.number(other);
        for (const auto& row : *rows) {
            if (row.membership != rooms::Membership::join) continue;
            PEYK_TRY(auto room, services_.store.find(row.number));
            if (!room) continue;
            PEYK_TRY(auto last, services_.store.last(*room));
            if (!last) continue;
            PEYK_TRY(auto membership, services_.store.membership(*room, last->after, number));
            if (membership == rooms::Membership::join) out.emplace(row.number, row.room);
        }
        return out;
    }

    RoomServices services_;
};

}  // namespace

void add_summary_endpoints(Api& api, const RoomServices& services) {
    api.add<Hierarchy>(services);
    api.add<GetSummary>(services);
    api.add<MutualRooms>(services);
}

}  // namespace peyk::client_api
