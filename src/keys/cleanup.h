#pragma once
// Removal of what hangs on a device or an account once it is gone.

#include <cstdint>
#include <mutex>
#include <unordered_set>
#include <vector>

#include "core/ids.h"
#include "keys/device_changes.h"
#include "keys/one_time_keys.h"
#include "keys/user_lanes.h"
#include "storage/db.h"

namespace peyk::keys {

// Purpose:  a mark in the batch that deletes a device (removing) makes sure that its keys and messages go, whatever
//           happens; the rows themselves go afterwards (removed), or before anything new is written for a device of
//           that name (settle), or at the next start (finish_pending).
// Owner:    Keys.  Runs on: worker threads.
class Cleanup {
public:
    Cleanup(storage::Db& db, UserLanes& lanes, DeviceChanges& changes, OneTimeKeys& one_time)
        : db_(db), lanes_(lanes), changes_(changes), one_time_(one_time) {}

    // The two halves of users::DeviceObserver.
    void removing(storage::Change& change, std::uint64_t user_number, const std::vector<DeviceId>& devices);
    Task<void> removed(UserId user, std::uint64_t user_number);

    // Inside the user's lane: no rows of deleted devices are left after it.
    Task<Result<void>> settle(std::uint64_t user_number);
    // At start, before traffic.
    Task<Result<void>> finish_pending();

    // The account ended: removes everything that keys/ holds of it, and tells those who share rooms.
    Task<Result<void>> forget_user(UserId user, std::uint64_t user_number);

private:
    Task<Result<void>> forget_device(std::uint64_t user_number, DeviceId device);

    storage::Db& db_;
    UserLanes& lanes_;
    DeviceChanges& changes_;
    OneTimeKeys& one_time_;
    std::mutex mutex_;
    std::unordered_set<std::uint64_t> marked_;  // users who may have marks
};

}  // namespace peyk::keys
