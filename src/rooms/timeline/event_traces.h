#pragma once
// What else is kept of a room's events, outside of its own rows.

#include <span>

#include "rooms/events/room_info.h"
#include "rooms/state/state_tree.h"
#include "storage/db.h"

namespace peyk::rooms {

// Port. Implemented by push/ (counts of what is unread), in app/.
class EventTraces {
public:
    virtual ~EventTraces() = default;
    // Adds to the batch that ends the events. May block; called inside of the room's lane.
    virtual Result<void> erase(storage::Change& change, RoomNumber room, std::span<const EventNumber> events) = 0;
    // The batch is durable.
    virtual void erased(RoomNumber room, std::span<const EventNumber> events) = 0;
    // The same for one event that is redacted.
    virtual Result<void> redact(storage::Change&, RoomNumber, EventNumber) { return {}; }
    virtual void redacted(RoomNumber, EventNumber) {}
};

}  // namespace peyk::rooms
