#pragma once
// What a room looks like from outside, and who may know. Spec: Client-Server API › Room previews (summary), Spaces,
// Listing rooms.

#include "rooms/membership/memberships.h"
#include "rooms/timeline/room_store.h"

namespace peyk::rooms {

struct RoomSummary {
    RoomId room;
    bool world_readable = false;
    std::string join_rule;
    std::vector<RoomId> allowed_rooms;  // of restricted rooms: whose members may join
    std::string type;                   // of m.room.create; empty for an ordinary room
    json::Object json;                  // definitions/room_summary.yaml

    bool is_space() const { return type == "m.space"; }
};

// The room as its state is now.
Result<RoomSummary> summarise_room(const RoomStore& store, const RoomInfo& room, const StateRoots& roots);

// Whether the room may be shown: to its members and those invited; to whom its join rules let in, knocking included;
// to everybody where history is world-readable. `user`: 0 for somebody who is not signed in.
// Spec: GET /hierarchy, 200; GET /room_summary.
Result<bool> may_know_of(const RoomStore& store, const Memberships& memberships, const RoomInfo& room,
                         const RoomSummary& summary, UserNumber user);

}  // namespace peyk::rooms
