#pragma once
// Who asked at the end of their account that their messages be hidden from people who come later.
// Spec: Client-Server API › POST /account/deactivate, `erase`.

#include <atomic>
#include <mutex>
#include <unordered_set>

#include "async/task.h"
#include "storage/db.h"

namespace peyk::rooms {

// Purpose:  a small set, read once and kept in memory.  Owner: RoomStore.  Runs on: workers.
class ErasedUsers {
public:
    explicit ErasedUsers(storage::Db& db) : db_(db) {}

    // Both block the first time. any() costs nothing after that, and is false nearly everywhere.
    Result<bool> any() const;
    Result<bool> contains(std::uint64_t user) const;
    // Durable when it returns. Again: changes nothing.
    Task<Result<void>> add(std::uint64_t user);

private:
    Result<void> load() const;

    storage::Db& db_;
    mutable std::mutex mutex_;
    mutable std::atomic<bool> loaded_ = false, any_ = false;
    mutable std::unordered_set<std::uint64_t> users_;
};

}  // namespace peyk::rooms
