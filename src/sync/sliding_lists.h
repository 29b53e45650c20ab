#pragma once
// From the lists and subscriptions of a request to the rooms that its answer looks at. Spec: MSC4186 › Lists and
// subscriptions.

#include <map>
#include <set>

#include "sync/connection_state.h"
#include "sync/room_facts.h"
#include "sync/sliding_request.h"

namespace peyk::sync {

// One of the user's rooms that may be in a list.
struct ListedRoom {
    const rooms::RoomMembership* row = nullptr;
    RoomFactsPtr facts;              // joined rooms; null for others
    storage::Position activity = 0;  // what lists are sorted by
};

// What several rules ask for together; shared by the rooms that the same rules match.
struct Wish {
    RequiredStates required;
    std::string encoded;
};

// A room that the answer looks at, with everything that was asked about it.
struct ScopedRoom {
    ListedRoom room;
    std::vector<const RoomConfig*> configs;  // of the request, each once
    std::shared_ptr<const Wish> wish;
    std::size_t timeline_limit = 0;
    bool heroes = false;
    std::vector<std::string_view> lists;  // names of the request's lists that show it
    bool subscribed = false;
};

struct Scope {
    std::map<rooms::RoomNumber, ScopedRoom> rooms;
    std::vector<std::pair<std::string_view, std::size_t>> counts;  // by list, in the order of the request
};

// The user's rooms, sorted by activity, the newest first. `known` decides on rooms that were left: they are shown to
// those who knew them, once. `position`: the token's.
Result<std::vector<ListedRoom>> list_rooms(const FactsReader& reader, std::uint64_t user,
                                           const rooms::RoomMemberships& rows, const ConnectionState& known,
                                           storage::Position position);

// Applies filters, ranges and subscriptions.
Result<Scope> apply_rules(const FactsReader& reader, const rooms::RoomStore& store, const SlidingRequest& request,
                          const rooms::RoomMemberships& rows, const UserFacts& user,
                          const std::vector<ListedRoom>& sorted);

}  // namespace peyk::sync
