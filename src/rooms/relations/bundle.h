#pragma once
// The summary of an event's children that goes out with the event.
// Spec: Client-Server API › Aggregations of child events; Event replacements; Reference relations; Threading.

#include "rooms/events/client_event.h"

namespace peyk::rooms {

// Appends `,"m.relations":{…}`, or nothing when there is nothing to sum up. Counts only what the reader may see, and
// nothing of users whom the reader ignores. An event without relations costs a look into the cache.
Result<void> write_relations(std::string& out, const RoomStore& store, const RoomInfo& room, const StoredEvent& event,
                             const Reader& reader, Visibility& visibility, RoomIdMember room_id, Bundle bundle);

// The most recent valid replacement of the event that the reader may see; null when there is none.
Result<StoredEventPtr> replacement_of(const RoomStore& store, const RoomInfo& room, const StoredEvent& event,
                                      const Children& children, Visibility& visibility);

struct ThreadSummary {
    std::size_t count = 0;
    StoredEventPtr latest;  // null: there is no thread as far as the reader can see
    bool participated = false;
};
Result<ThreadSummary> summarise_thread(const RoomStore& store, const RoomInfo& room, const StoredEvent& root,
                                       const Children& children, const Reader& reader, Visibility& visibility);

// The thread that an event lies in: its root's id, or nothing for the main timeline. Follows at most three relations.
// Spec: Threaded read receipts.
Result<std::optional<EventId>> thread_of(const RoomStore& store, const RoomInfo& room, const Event& event);

// Whether a receipt for the event may name this thread: "main" for what lies in none; else the thread's root, for its
// events, and for the root and what relates to it, which clients show beside the thread. False for events that this
// server does not have, and for roots of no thread. Spec: POST /rooms/{roomId}/receipt, thread_id.
Result<bool> receipt_fits(const RoomStore& store, const RoomInfo& room, const EventId& event, std::string_view thread);

}  // namespace peyk::rooms
