#pragma once
// Which slot of keys an owner has. Rows name their slot themselves, so only writers ask.

#include <array>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "storage/store.h"
#include "storage/table.h"
#include "storage/vault.h"

namespace peyk::storage {

// Purpose:  owner -> slot, kept in a row of the owner's shard that is written along with the owner's first sealed row.
// Runs on:  any thread; may read the store.
class OwnerSlots {
public:
    OwnerSlots(Store& store, Vault& vault) : store_(store), vault_(vault) {}

    struct Slot {
        std::uint64_t number;
        bool noted;  // the row is durable; otherwise the caller's batch must put it
    };
    // A new slot when the owner has none, or one whose keys were dropped.
    Result<Slot> for_write(Owner owner, std::uint64_t number, Shard shard);
    // nullopt: the owner has no sealed rows.
    Result<std::optional<std::uint64_t>> find(Owner owner, std::uint64_t number, Shard shard);
    // The batch that put the slot's row is durable.
    void noted(Owner owner, std::uint64_t number);
    void forget(Owner owner, std::uint64_t number);

    static std::string row_key(Owner owner, std::uint64_t number);

private:
    static constexpr std::size_t kParts = 64, kMostPerPart = 16'384;
    struct Key {
        std::uint64_t number;
        Owner owner;
        bool operator==(const Key&) const = default;
    };
    struct HashKey {
        std::size_t operator()(const Key& key) const { return key.number ^ static_cast<std::size_t>(key.owner); }
    };
    struct Part {
        std::mutex mutex;
        std::unordered_map<Key, Slot, HashKey> slots;
    };
    Part& part(std::uint64_t number) { return parts_[(number * 0x9e3779b97f4a7c15ULL) >> 58]; }
    Result<std::optional<Slot>> look_up(Part& part, Owner owner, std::uint64_t number, Shard shard);
    static void make_room(Part& part);

    Store& store_;
    Vault& vault_;
    std::array<Part, kParts> parts_;
};

}  // namespace peyk::storage
