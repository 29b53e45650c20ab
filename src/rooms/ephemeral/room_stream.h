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
    EventNumber number = 0;  // of the event, for the read mark. Not read back.
};

// How far a user has read. It only moves forward.
struct ReadMark {
    std::string thread;  // as in Receipt
    EventNumber event = 0;
};

// Which receipts a reader is told of where there are more than anybody looks at: all of `own`, and so many of the
// newest.
struct ReceiptLimit {
    UserNumber own = 0;
    std::size_t newest = 0;
};

// Purpose:  writes and reads the rows.  Runs on: workers; reads block.
class RoomStream {
public:
    static constexpr std::size_t kMaxThreads = 1'000;  // of one user and room, with receipts; the newest

    RoomStream(storage::Db& db, Feed& feed, Activity& activity, const Memberships& memberships)
        : db_(db), feed_(feed), activity_(activity), memberships_(memberships) {}

    // A receipt that does not lead on from where the user's last of this kind and thread is changes nothing.
    Task<Result<void>> set_receipt(RoomNumber room, Receipt receipt);
    // Writes one row into each room that the user has joined.
    Task<Result<void>> device_list_changed(UserId user);

    struct Changes {
        std::vector<Receipt> receipts;     // newest per user, type and thread
        std::vector<UserId> device_lists;  // users whose devices changed
    };
    // Rows with from < position <= to. Without a limit: all receipts.
    Result<Changes> changes(RoomNumber room, storage::Position from, storage::Position to,
                            std::optional<ReceiptLimit> limit = {}) const;
    // The receipts of a room, for a first sync.
    Result<std::vector<Receipt>> receipts(RoomNumber room, ReceiptLimit limit) const;
    // Of all threads, public and private together.
    Result<std::vector<ReadMark>> read_marks(RoomNumber room, UserNumber user) const;
    // The position of the newest row, 0 for none.
    Result<storage::Position> newest(RoomNumber room) const;

private:
    using Digests = std::vector<std::string>;  // keys of receipts
    Result<void> drop_old_threads(storage::Change& change, RoomNumber room, UserNumber user) const;
    Result<Digests> own_receipts(RoomNumber room, UserNumber user) const;
    Result<std::vector<Receipt>> load(RoomNumber room, const Digests& digests) const;

    storage::Db& db_;
    Feed& feed_;
    Activity& activity_;
    const Memberships& memberships_;
    Lanes lanes_;  // by user
};

}  // namespace peyk::rooms
