#pragma once
// For the tests of other modules: a whole Db without a disk.

#include "storage/db.h"
#include "storage/memory_store.h"
#include "storage/vault.h"

namespace peyk::storage {

// storage::TestDb test{.catalog = ...}: or TestDb test(my_tables). `store` injects faults; vault.puncture etc. work.
struct TestDb {
    explicit TestDb(std::span<const Table* const> tables, ContentFormat made_with = kAnyFormat)
        : vault(Vault::in_memory(Secret("0123456789abcdef0123456789abcdef"))), db(store, *vault, Catalog{tables}) {
        db.set_made_with(made_with);
    }

    MemoryStore store;
    std::unique_ptr<Vault> vault;
    Db db;
};

}  // namespace peyk::storage
