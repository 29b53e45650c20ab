#pragma once
// Pieces of a room that /v3/sync and sliding sync write alike.

#include "rooms/ephemeral/room_stream.h"
#include "rooms/events/client_event.h"

namespace peyk::sync {

// The member events of those a room without a name is called after: at most five others, in the order of their arrival;
// those who left only when nobody is there. Spec: Syncing › RoomSummary.
Result<std::vector<rooms::StoredEventPtr>> read_heroes(const rooms::RoomStore& store, const rooms::RoomInfo& room,
                                                       const rooms::StateRoots& roots, rooms::UserNumber me);

// The m.receipt event of a room for one reader, without the private receipts of others; empty when none is left.
std::string receipts_event(const std::vector<rooms::Receipt>& receipts, const UserId& reader);

// The m.typing event.
std::string typing_event(const std::vector<UserId>& users);

}  // namespace peyk::sync
