#pragma once
// That a user's device list changed: when last, and telling the shared rooms before the request is answered.

#include <atomic>
#include <cstdint>

#include "async/feed.h"
#include "core/ids.h"
#include "keys/ports.h"
#include "keys/user_lanes.h"
#include "storage/db.h"

namespace peyk::keys {

// Purpose:  a change of keys puts a mark into its own batch (note), then tells the observer and removes the mark
//           (announce). A mark that a crash left behind is announced by announce_pending().
// Owner:    Keys.  Runs on: worker threads.
class DeviceChanges {
public:
    DeviceChanges(storage::Db& db, UserLanes& lanes, Feed& feed, DeviceListObserver& observer)
        : db_(db), lanes_(lanes), feed_(feed), observer_(observer) {}

    // Part of the change that alters what /keys/query says of `user`.
    void note(storage::Change& change, const UserId& user, std::uint64_t user_number) const;
    // After that change is durable, with the user's lane left. A failure of the observer leaves the mark for later.
    Task<void> announce(UserId user, std::uint64_t user_number, storage::Position position);
    // For a change that only the user sees.
    void note_own(storage::Change& change, std::uint64_t user_number) const;
    void announce_own(std::uint64_t user_number, storage::Position position) const;
    // Both, for a change that touched nothing of keys/ itself.
    Task<void> note_and_announce(UserId user, std::uint64_t user_number);
    // Announces what earlier runs left behind; at start.
    Task<Result<void>> announce_pending();
    // From time to time: what could not be announced during this run. Cheap when nothing failed.
    Task<Result<void>> catch_up();

    // The position of the newest change, 0 if there was none. Blocking read.
    Result<storage::Position> last(std::uint64_t user_number) const;

private:
    storage::Db& db_;
    UserLanes& lanes_;
    Feed& feed_;
    DeviceListObserver& observer_;
    std::atomic<bool> behind_ = false;  // marks wait for catch_up()
};

}  // namespace peyk::keys
