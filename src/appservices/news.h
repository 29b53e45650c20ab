#pragma once
// What happened since, in order: many rooms read as one stream.

#include <mutex>
#include <set>
#include <unordered_set>

#include "appservices/queue_row.h"
#include "rooms/timeline/activity.h"
#include "rooms/timeline/room_store.h"

namespace peyk::appservices {

// Purpose:  merges the rooms that changed into one stream of events by position.
// Owner:    a Queue.  Runs on: mark() on any thread; everything else on the queue's coroutine, with blocking reads.
//
// No event is passed over: whoever writes to a room marks it before the batch is queued (Activity::watch). A round
// first takes the position up to which everything is readable, then the marks; an event at or below that position was
// marked before. A room is given up only when nobody writes to it and its newest position lies below the round's.
class News {
public:
    News(const rooms::RoomStore& store, const rooms::Activity& activity) : store_(store), activity_(activity) {}

    // Something happens, or has happened, in the room.
    void mark(rooms::RoomNumber room);

    // Begins a round that reads up to `to`; rooms that were marked are looked at from `after` on.
    Result<void> begin(storage::Position to, Cursor after);
    struct Item {
        rooms::RoomInfoPtr room;
        rooms::StoredEventPtr event;
    };
    // The next event in order, up to the round's position. Nothing: all were seen. Call take() to go past it.
    Result<std::optional<Item>> peek();
    Result<void> take();
    // Rooms that were marked since the last call, in which receipts may be new.
    std::unordered_set<rooms::RoomNumber> touched() { return std::exchange(touched_, {}); }
    storage::Position round() const { return to_; }
    // peek() has something for this round.
    bool is_ready() const { return !heads_.empty() && heads_.begin()->position <= to_; }

private:
    struct Head {
        storage::Position position;
        rooms::RoomNumber room;
        rooms::EventNumber number;
        auto operator<=>(const Head&) const = default;
    };
    Result<void> look(rooms::RoomNumber room, Cursor after);
    // The first event of the room that still exists, from `number` on.
    Result<rooms::StoredEventPtr> next_event(const rooms::RoomInfo& room, rooms::EventNumber number) const;
    void give_up(rooms::RoomNumber room);

    const rooms::RoomStore& store_;
    const rooms::Activity& activity_;
    storage::Position to_ = 0;
    std::set<Head> heads_;
    std::unordered_set<rooms::RoomNumber> in_heads_;
    std::unordered_set<rooms::RoomNumber> touched_;
    std::mutex mutex_;
    std::unordered_set<rooms::RoomNumber> marks_;
};

}  // namespace peyk::appservices
