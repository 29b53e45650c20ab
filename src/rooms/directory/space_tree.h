#pragma once
// The rooms of a space and of the spaces in it. Spec: Client-Server API › Spaces; GET /hierarchy.

#include "rooms/directory/room_summary.h"

namespace peyk::rooms {

struct SpaceQuery {
    UserNumber user = 0;
    bool suggested_only = false;
    std::size_t max_depth = 0;
    std::size_t skip = 0;  // rooms of earlier pages
    std::size_t limit = 0;
};

struct SpacePage {
    std::vector<json::Object> rooms;  // summaries with `children_state`, depth first
    bool more = false;
};

// An m.space.child event, in the order of its space.
struct SpaceChild {
    RoomId room;
    StoredEventPtr event;
};
// Children with a valid `via`, ordered as the specification says.
Result<std::vector<SpaceChild>> space_children(const RoomStore& store, const RoomInfo& room, const StateRoots& roots,
                                               bool suggested_only);

// Walks from `root`; rooms that the user may not know of, or that this server does not know, are passed over with what
// is below them. Errors: M_FORBIDDEN for the root.
Result<SpacePage> walk_space(const RoomStore& store, const Memberships& memberships, const RoomId& root,
                             const SpaceQuery& query);

}  // namespace peyk::rooms
