#pragma once
// What happens in a room besides events: read receipts and changed device lists of members, as rows in order of
// position. Spec: Client-Server API › Receipts; Tracking the device list for a user.

#include "async/feed.h"
#include "async/lane.h"
#include "rooms/membership/memberships.h"
#include "rooms/timeline/activity.h"

namespace peyk::rooms {

struct Receipt {
    UserId user;
    std::string type;  // m.read, m.read.private
    EventId event;
    std::string thread;  // empty: unthreaded; "main" or a thread root
    std::int64_t ts = 0;
    storage::Position position = 0;
    EventNumber number = 0;  // of the event, for the read mark; 0 when it is not known here. Not read back.
};

// How far a user has read. It only moves forward.
struct ReadMark {
    std::string thread;  // as in Receipt
    EventNumber event = 0;
};

class RoomStream {
public:
    RoomStream(storage::Db& db, Feed& feed, Activity& activity, const Memberships& memberships)
        : db_(db), feed_(feed), activity_(activity), memberships_(memberships) {}

    Task<Result<void>> set_receipt(RoomNumber room, Receipt receipt);
    // Writes one row into each room that the user has joined.
    Task<Result<void>> device_list_changed(UserId user);

    struct Changes {
        std::vector<Receipt> receipts;     // newest per user, type and thread
        std::vector<UserId> device_lists;  // users whose devices changed
    };
    // Rows with from < position <= to.
    Result<Changes> changes(RoomNumber room, storage::Position from, storage::Position to) const;
    // All receipts of a room, for a first sync.
    Result<std::vector<Receipt>> receipts(RoomNumber room) const;
    // Of all threads, public and private together.
    Result<std::vector<ReadMark>> read_marks(RoomNumber room, UserNumber user) const;
    // The position of the newest row, 0 for none.
    Result<storage::Position> newest(RoomNumber room) const;

private:
    Result<void> move_mark(storage::Change& change, RoomNumber room, const Receipt& receipt,
                           std::string_view digest) const;

    storage::Db& db_;
    Feed& feed_;
    Activity& activity_;
    const Memberships& memberships_;
    Lanes lanes_;
};

}  // namespace peyk::rooms
