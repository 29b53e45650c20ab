#include "storage/rocks_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>

namespace peyk::storage {
namespace {

class ErrorListener final : public rocksdb::EventListener {
public:
    explicit ErrorListener(std::function<void(const rocksdb::Status&)> on_error) : on_error_(std::move(on_error)) {}
    void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
        if (!status->IsNoSpace() && !status->IsShutdownInProgress()) on_error_(*status);
    }

private:
    std::function<void(const rocksdb::Status&)> on_error_;
};

class HollowFilter final : public rocksdb::CompactionFilter {
public:
    explicit HollowFilter(Hollow hollow) : hollow_(std::move(hollow)) {}
    const char* Name() const override { return "PeykHollow"; }
    Decision FilterV2(int, const rocksdb::Slice& key, ValueType type, const rocksdb::Slice& value, std::string* changed,
                      std::string*) const override {
        constexpr std::size_t kShard = 2;
        if (type != ValueType::kValue || key.size() < kShard) return Decision::kKeep;
        auto hollow = hollow_({key.data() + kShard, key.size() - kShard}, {value.data(), value.size()});
        if (!hollow) return Decision::kKeep;
        *changed = *std::move(hollow);
        return Decision::kChangeValue;
    }

private:
    Hollow hollow_;
};

}  // namespace

std::unique_ptr<rocksdb::CompactionFilter> hollow_filter(Hollow hollow) {
    return std::make_unique<HollowFilter>(std::move(hollow));
}

rocksdb::Options rocks_options(rocksdb::Env* env, std::uint64_t cache, std::uint64_t write_buffer,
                               std::function<void(const rocksdb::Status&)> on_error) {
    rocksdb::Options options;
    options.env = env;
    options.create_if_missing = true;
    options.listeners.push_back(std::make_shared<ErrorListener>(std::move(on_error)));

    // Nothing that was acknowledged may go missing without a word.
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    options.track_and_verify_wals_in_manifest = true;
    options.paranoid_checks = true;
    options.avoid_flush_during_shutdown = true;  // the log has it all; closing stays quick

    // Small when empty: of the buffers only the used part is touched.
    options.write_buffer_size = write_buffer;
    options.max_write_buffer_number = 3;
    options.max_total_wal_size = 4 * write_buffer;
    options.target_file_size_base = write_buffer;
    options.max_bytes_for_level_base = 4 * write_buffer;
    options.level_compaction_dynamic_level_bytes = true;
    options.max_open_files = 512;
    options.max_background_jobs = 2;
    options.bytes_per_sync = 1 << 20;
    options.max_manifest_file_size = 4 << 20;  // keys of files that are gone stand in it until it is rolled
    // Rewriting everything within a week is the server's own job (RocksStore::compact); this one is for stores whose
    // server does not, and moves a deletion down by one level a week only.
    options.periodic_compaction_seconds = 7 * 24 * 3600;

    // One writer thread of ours: none of the machinery for many.
    options.allow_concurrent_memtable_write = false;
    options.enable_write_thread_adaptive_yield = false;
    options.memtable_prefix_bloom_size_ratio = 0.02;
    options.memtable_whole_key_filtering = true;

    // No statistics on disk or in the log.
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    options.keep_log_file_num = 1;

    // Values are sealed and do not compress; keys are stored as differences to the one before.
    options.compression = rocksdb::kNoCompression;
    rocksdb::BlockBasedTableOptions table;
    table.block_size = 16 << 10;
    table.block_cache = rocksdb::NewLRUCache(cache, 2);
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.cache_index_and_filter_blocks = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    // No hash index in the blocks: it costs more than a byte a row.
    table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinarySearch;
    table.format_version = 5;
    table.checksum = rocksdb::kXXH3;  // Debian's build has no CRC instructions
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return options;
}

}  // namespace peyk::storage
