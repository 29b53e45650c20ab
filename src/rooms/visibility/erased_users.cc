#include "rooms/visibility/erased_users.h"

#include "base/bytes.h"
#include "rooms/tables.h"

namespace peyk::rooms {
namespace {
constexpr std::uint64_t kServer = 0;
constexpr std::size_t kPage = 1000;

std::string key_of(std::uint64_t user) {
    std::string key;
    put_u64be(key, user);
    return key;
}
}  // namespace

// Once per process: a scan of a table that is nearly always empty.
Result<void> ErasedUsers::load() const {
    if (loaded_) return {};
    std::lock_guard lock(mutex_);
    for (std::string from; !loaded_;) {
        PEYK_TRY(auto rows, db_.scan(kErasedUsers, kServer, from, "", kPage));
        for (const auto& row : rows) users_.insert(get_u64be(row.rest.data()));
        any_ = !users_.empty();
        if (rows.size() < kPage) loaded_ = true;
        if (!loaded_) from = key_of(get_u64be(rows.back().rest.data()) + 1);
    }
    return {};
}

Result<bool> ErasedUsers::any() const {
    PEYK_CHECK(load());
    return any_.load();
}

Result<bool> ErasedUsers::contains(std::uint64_t user) const {
    PEYK_CHECK(load());
    std::lock_guard lock(mutex_);
    return users_.contains(user);
}

Task<Result<void>> ErasedUsers::add(std::uint64_t user) {
    storage::Change change(db_, storage::Owner::server, kServer, db_.epoch(storage::Owner::server, kServer));
    change.put(kErasedUsers, kServer, key_of(user), "");
    PEYK_CO_CHECK(co_await db_.commit(std::move(change)));
    std::lock_guard lock(mutex_);
    users_.insert(user);
    any_ = true;
    co_return Result<void>{};
}

}  // namespace peyk::rooms
