#include "keys/device_changes.h"

#include "base/logging.h"
#include "keys/tables.h"

namespace peyk::keys {

void DeviceChanges::note(storage::Change& change, const UserId& user, std::uint64_t user_number) const {
    change.put(kDeviceListNews, user_number, {}, {});
    change.put(kUnannounced, user_number, {}, user.view());
}

void DeviceChanges::note_own(storage::Change& change, std::uint64_t user_number) const {
    change.put(kDeviceListNews, user_number, {}, {});
}

void DeviceChanges::announce_own(std::uint64_t user_number, storage::Position position) const {
    feed_.publish({FeedEntry::Kind::user, user_number, position});
}

Task<void> DeviceChanges::announce(UserId user, std::uint64_t user_number, storage::Position position) {
    auto told = co_await observer_.device_list_changed(user, position);
    feed_.publish({FeedEntry::Kind::user, user_number, position});
    if (!told) {
        behind_ = true;
        log::warning("keys", "a device list change waits to be announced: {}", errc_name(told.error().code));
        co_return;
    }
    auto lane = co_await lanes_.enter(user_number);
    auto epoch = db_.epoch(Owner::user, user_number);
    auto mark = db_.get(kUnannounced, user_number, {});
    // A newer mark belongs to a newer change, whose own announcement is under way.
    if (!mark || !*mark || (*mark)->position > position) co_return;
    storage::Change change(db_, Owner::user, user_number, epoch);
    change.del(kUnannounced, user_number, {});
    // Failing leaves the mark: the change is announced once more, which does no harm.
    if (!co_await db_.commit(std::move(change))) behind_ = true;
}

Task<void> DeviceChanges::note_and_announce(UserId user, std::uint64_t user_number) {
    auto lane = co_await lanes_.enter(user_number);
    storage::Change change(db_, Owner::user, user_number, db_.epoch(Owner::user, user_number));
    note(change, user, user_number);
    auto position = co_await db_.commit(std::move(change));
    lane.leave();
    if (!position) {
        log::warning("keys", "a device list change was not noted: {}", errc_name(position.error().code));
        co_return;
    }
    co_await announce(std::move(user), user_number, *position);
}

Task<Result<void>> DeviceChanges::announce_pending() {
    std::string next;
    do {
        PEYK_CO_TRY(auto page, db_.walk(kUnannounced, next, 100));
        for (const auto& row : page) {
            if (row.entry.gone) continue;
            co_await announce(UserId::trusted(row.entry.body), row.owner, row.entry.position);
        }
    } while (!next.empty());
    co_return Result<void>{};
}

Task<Result<void>> DeviceChanges::catch_up() {
    if (!behind_.exchange(false)) co_return Result<void>{};
    auto done = co_await announce_pending();
    if (!done) behind_ = true;
    co_return done;
}

Result<storage::Position> DeviceChanges::last(std::uint64_t user_number) const {
    PEYK_TRY(auto row, db_.get(kDeviceListNews, user_number, {}));
    return row ? row->position : 0;
}

}  // namespace peyk::keys
