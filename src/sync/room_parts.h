#pragma once
// Pieces of a room that /v3/sync and sliding sync write alike.

#include <functional>

#include "async/executor.h"
#include "rooms/ephemeral/room_stream.h"
#include "rooms/events/client_event.h"
#include "sync/ports.h"

namespace peyk::sync {

// job(0) … job(count - 1), for rooms that are all new to a client: many rooms are worth the other cores. `pool` null:
// none. Blocks; jobs as of run_in_parallel().
void each_room(Executor* pool, std::size_t count, const std::function<void(std::size_t)>& job);

// A membership that is over.
inline bool is_end(rooms::Membership membership) {
    return membership == rooms::Membership::leave || membership == rooms::Membership::ban;
}

// A room's batch is visible before the user's row follows it: the user is in this room by the row, and not any more by
// the room's state. The row as it will be; nothing when row and state agree.
Result<std::optional<rooms::RoomMembership>> ended_row(const rooms::RoomStore& store, const rooms::RoomInfo& room,
                                                       const rooms::RoomMembership& row, rooms::UserNumber user,
                                                       const rooms::StateRoots& state);

// How many receipts of others a client is told of at once, of a room that it does not know or has not asked about for
// long: the newest. Rooms can hold more than anybody looks at.
inline constexpr std::size_t kReceiptsTold = 500;

// Whether the reader's own receipts moved within (from, to]: the counts did then, whatever else is new.
Result<bool> own_receipts_moved(const rooms::RoomStream& stream, rooms::RoomNumber room, const rooms::Reader& reader,
                                storage::Position from, storage::Position to);

// The member events of those a room without a name is called after: at most five others, in the order of their arrival;
// those who left only when nobody is there. Spec: Syncing › RoomSummary.
Result<std::vector<rooms::StoredEventPtr>> read_heroes(const rooms::RoomStore& store, const rooms::RoomInfo& room,
                                                       const rooms::StateRoots& roots, rooms::UserNumber me);

// The m.receipt event of a room for one reader, without the private receipts of others; empty when none is left.
std::string receipts_event(const std::vector<rooms::Receipt>& receipts, const UserId& reader);

// The m.typing event.
std::string typing_event(const std::vector<UserId>& users);

// {"content": …, "type": …}
void append_item(std::string& out, const AccountDataItem& item);

}  // namespace peyk::sync
