#pragma once
// How RocksDB is set up. rocks_store.cc only.

#include <rocksdb/compaction_filter.h>
#include <rocksdb/options.h>

#include <functional>
#include <memory>

#include "storage/hollow.h"

namespace peyk::storage {

// `on_error` is called for every error of background work but a lack of space, which passes when space is freed. Tables
// and levels grow with `write_buffer`.
rocksdb::Options rocks_options(rocksdb::Env* env, std::uint64_t cache, std::uint64_t write_buffer,
                               std::function<void(const rocksdb::Status&)> on_error);

// Applies `hollow` when tables are rewritten. Outlives the DB that is opened with it.
std::unique_ptr<rocksdb::CompactionFilter> hollow_filter(Hollow hollow);

}  // namespace peyk::storage
