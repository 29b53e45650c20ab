#pragma once
// What Db and Change share. storage/ only.

#include <array>
#include <atomic>
#include <mutex>
#include <vector>

#include "storage/db.h"
#include "storage/owner_slots.h"
#include "storage/sealer.h"
#include "storage/vault.h"

namespace peyk::storage {

// A key that is destroyed once its change is durable, and the note that repeats it after a crash.
struct PendingPuncture {
    Shard shard;
    std::string note;  // key of the note
    KeyName name;
    bool below = false;
};

struct DbState {
    DbState(Store& store, Vault& vault, Catalog catalog);

    static Shard shard(Owner owner, std::uint64_t number);
    static std::string key(const Table& table, std::uint64_t owner, std::string_view rest);
    // Aborts when the table is not in the catalog: what is not declared is not stored.
    void must_know(const Table& table) const;
    Result<Entry> decode(const Table& table, std::uint64_t owner, std::string_view rest, std::string_view value) const;
    void destroy(const PendingPuncture& puncture);

    Store& store;
    Vault& vault;
    Catalog catalog;
    std::array<const Table*, 256> by_id{};
    OwnerSlots slots;
    Sealer sealer;
    std::array<std::uint8_t, 16> number_key;
    Secret digest_key;
    std::atomic<ContentFormat> made_with{kFirstFormat};

    std::mutex mutex;                        // punctures
    std::vector<PendingPuncture> punctures;  // destroyed in memory, not yet in the key table
    std::mutex flushing;
};

}  // namespace peyk::storage
