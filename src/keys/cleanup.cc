#include "keys/cleanup.h"

#include "base/bytes.h"
#include "base/logging.h"
#include "keys/inbox_state.h"
#include "keys/rows.h"
#include "keys/signature_rows.h"
#include "keys/tables.h"

namespace peyk::keys {

void Cleanup::removing(storage::Change& change, std::uint64_t user_number, const std::vector<DeviceId>& devices) {
    for (const auto& device : devices)
        change.put(kForgotten, user_number, key_of(device_number(db_, device)), device.view());
    std::lock_guard lock(mutex_);
    marked_.insert(user_number);
}

Task<void> Cleanup::removed(UserId user, std::uint64_t user_number) {
    {
        auto lane = co_await lanes_.enter(user_number);
        if (auto settled = co_await settle(user_number); !settled)
            log::warning("keys", "the rows of a deleted device wait for removal: {}", errc_name(settled.error().code));
    }
    // Also of a device that never had keys: its name is gone from what others see.
    co_await changes_.note_and_announce(std::move(user), user_number);
}

Task<Result<void>> Cleanup::settle(std::uint64_t user_number) {
    {
        std::lock_guard lock(mutex_);
        if (!marked_.contains(user_number)) co_return Result<void>{};
    }
    PEYK_CO_TRY(auto marks, db_.scan_prefix(kForgotten, user_number, {}, 1000));
    for (const auto& mark : marks) PEYK_CO_CHECK(co_await forget_device(user_number, DeviceId::trusted(mark.body)));
    // The user stays in marked_: a batch of removing() may be under way. One scan of an empty range is the price.
    co_return Result<void>{};
}

Task<Result<void>> Cleanup::forget_device(std::uint64_t user_number, DeviceId device) {
    auto number = device_number(db_, device);
    auto key = key_of(number);
    {
        storage::Change change(db_, Owner::user, user_number, db_.epoch(Owner::user, user_number));
        PEYK_CO_TRY(auto keys, db_.get(kDeviceKeys, user_number, key));
        if (keys) {
            change.del(kDeviceKeys, user_number, key);
            if (auto object = json::parse_object(keys->body)) {
                const auto* owner = object->find("user_id");
                if (owner && owner->is_string()) changes_.note(change, UserId::trusted(*owner->string()), user_number);
            }
        }
        PEYK_CO_CHECK(one_time_.remove_all(change, user_number, device));
        PEYK_CO_CHECK(remove_rows(db_, change, kOwnSignatures, user_number, key_id_digest(db_, device.view())));
        if (!change.empty()) {
            auto committed = co_await db_.commit(std::move(change));
            one_time_.forget_cached(user_number, device);
            if (!committed) co_return fail(std::move(committed).error());
        }
    }
    PEYK_CO_TRY(auto inbox, load_inbox_state(db_, user_number, number));
    if (inbox) PEYK_CO_CHECK(co_await remove_rows(db_, kInbox, user_number, inbox->prefix()));
    PEYK_CO_CHECK(co_await remove_rows(db_, kSent, user_number, key));
    storage::Change change(db_, Owner::user, user_number, db_.epoch(Owner::user, user_number));
    change.del(kInboxStates, user_number, key);
    change.del(kForgotten, user_number, key);
    PEYK_CO_TRY([[maybe_unused]] auto position, co_await db_.commit(std::move(change)));
    co_return Result<void>{};
}

Task<Result<void>> Cleanup::finish_pending() {
    std::string next;
    do {
        PEYK_CO_TRY(auto page, db_.walk(kForgotten, next, 100));
        for (const auto& row : page) {
            {
                std::lock_guard lock(mutex_);
                marked_.insert(row.owner);
            }
            auto lane = co_await lanes_.enter(row.owner);
            PEYK_CO_CHECK(co_await settle(row.owner));
        }
    } while (!next.empty());
    co_return Result<void>{};
}

Task<Result<void>> Cleanup::forget_user(UserId user, std::uint64_t user_number) {
    storage::Position position = 0;
    {
        auto lane = co_await lanes_.enter(user_number);
        PEYK_CO_CHECK(co_await settle(user_number));
        storage::Change change(db_, Owner::user, user_number, db_.epoch(Owner::user, user_number));
        PEYK_CO_CHECK(remove_rows(db_, change, kDeviceKeys, user_number, {}));
        PEYK_CO_CHECK(remove_rows(db_, change, kCrossSigningKeys, user_number, {}));
        if (!change.empty()) {
            changes_.note(change, user, user_number);
            PEYK_CO_TRY(position, co_await db_.commit(std::move(change)));
        }
        // kDeviceListNews and kInboxSlots are numbers that must not start again; kUnannounced goes when announced.
        for (const auto* table : kTables) {
            if (table == &kDeviceListNews || table == &kInboxSlots || table == &kUnannounced) continue;
            PEYK_CO_CHECK(co_await remove_rows(db_, *table, user_number, {}));
        }
    }
    if (position) co_await changes_.announce(std::move(user), user_number, position);
    co_return Result<void>{};
}

}  // namespace peyk::keys
