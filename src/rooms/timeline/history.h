#pragma once
// Reading a room's past page by page. A boundary n lies before event number n.
// Spec: Client-Server API › Getting events for a room; event context.

#include "rooms/timeline/event_filter.h"
#include "rooms/visibility/visibility.h"

namespace peyk::rooms {

enum class Direction : std::uint8_t { backward, forward };

struct HistoryPage {
    std::vector<StoredEventPtr> events;  // in the direction asked for
    EventNumber start = 0, end = 0;      // boundaries
    bool more = false;                   // there may be events behind `end`
};

// At most filter.limit events that the user may see and the filter wants, between `from` and `to` (a boundary, 0:
// none). Reads at most a bounded number of rows: a page may be short, or empty, and still have more.
Result<HistoryPage> history_page(const RoomStore& store, const RoomInfo& room, Visibility& visibility,
                                 const EventFilter& filter, EventNumber from, EventNumber to, Direction direction);

// The event closest to `time` (ms) in the direction, that the user may see; null when there is none.
// Spec: Client-Server API › Jumping to an event by timestamp.
Result<StoredEventPtr> event_by_timestamp(const RoomStore& store, const RoomInfo& room, Visibility& visibility,
                                          std::int64_t time, Direction direction);

}  // namespace peyk::rooms
