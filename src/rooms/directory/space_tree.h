#pragma once
// The rooms of a space and of the spaces in it. Spec: Client-Server API › Spaces; GET /hierarchy.

#include "rooms/directory/room_summary.h"

namespace peyk::rooms {

// What one walk may cost. Where it ends, the rest is left out.
struct SpaceLimits {
    std::size_t rooms = 2'000;   // looked at
    std::size_t steps = 10'000;  // children gone to, those of other servers too
    std::size_t state = 50'000;  // events of state read in search of children
};

struct SpaceQuery {
    UserNumber user = 0;
    bool suggested_only = false;
    std::size_t max_depth = 0;
    std::size_t skip = 0;  // rooms of earlier pages
    std::size_t limit = 0;
    SpaceLimits limits = {};
};

struct SpacePage {
    std::vector<json::Object> rooms;  // summaries with `children_state`, depth first
    bool more = false;
};

// Walks from `root`; rooms that the user may not know of, or that this server does not know, are passed over with what
// is below them. Errors: M_FORBIDDEN for the root.
Result<SpacePage> walk_space(const RoomStore& store, const Memberships& memberships, const RoomId& root,
                             const SpaceQuery& query);

}  // namespace peyk::rooms
