#pragma once
// The engine for one machine: RocksDB behind one writer thread. docs/decisions/0103-rocksdb.md

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "storage/hollow.h"
#include "storage/secret.h"
#include "storage/store.h"

namespace rocksdb {
class CompactionFilter;
class DB;
class Env;
class FileSystem;
class Status;
}  // namespace rocksdb

namespace peyk::storage {

// sync: `done` runs after the disk has the batch. relaxed: after the kernel has it; synced once a second. A power cut
// loses the last second then, the end of the process loses nothing.
enum class Durability : std::uint8_t { sync, relaxed };

struct RocksOptions {
    std::filesystem::path dir;
    Secret file_key;
    Durability durability = Durability::sync;
    std::uint64_t cache = 32 << 20;
    std::uint64_t reserve = 256 << 20;      // below this much free space only what reclaims space is accepted
    std::uint64_t write_buffer = 16 << 20;  // of rows in memory before they become a table
    Hollow hollow;  // asked for every row when tables are rewritten; empty: all stay as they are
    // For tests: another file system below the encryption, another idea of free space, and what to do instead of
    // aborting when the disk fails under the engine.
    std::shared_ptr<rocksdb::FileSystem> base;
    std::function<std::uint64_t()> free_bytes;
    std::function<void(std::string_view)> on_fatal;
};

// When the disk fails under a batch, whether it was written is known at the next open only: the process ends before
// anybody is answered (docs/decisions/0107-no-unknown-commits.md). Where a test keeps it with on_fatal, such a batch
// gets `io`, which says nothing about the disk, and later ones `unavailable`.
//
// Purpose:  Store on RocksDB. The writer thread merges all batches that arrived while the last sync was under way into
//           one write, assigns positions, and answers.
// Owner:    storage::open().  Runs on: any thread; one writer thread of its own.
// Stops by: close(), or the destructor: what is queued is written, what comes later gets `unavailable`.
class RocksStore final : public Store {
public:
    // conflict: another process has it open; corrupt: RocksDB refuses the files; unsupported: a newer format.
    static Result<std::unique_ptr<RocksStore>> open(RocksOptions options);
    ~RocksStore() override;
    void close();

    void commit(Batch batch, CommitDone done) override;
    Epoch epoch(Shard shard) const override;
    // Blocks until the new epoch is durable; not from a CommitDone.
    Result<Epoch> acquire(Shard shard, Epoch expected) override;
    Position visible(Shard shard) const override;
    Position visible() const override;
    Result<std::optional<std::string>> get(Shard shard, std::string_view key) const override;
    Result<std::vector<Row>> scan(Shard shard, std::string_view from, std::string_view to, std::size_t limit,
                                  Order order = Order::forward) const override;
    std::optional<Shard> next_shard(Shard from) const override;

    // A consistent, encrypted copy of the files as of now in a directory that does not exist yet.
    Result<> checkpoint(const std::filesystem::path& dir);
    // Rewrites all tables, so that what was deleted or overwritten gives its space back. Takes minutes for a large
    // store, and space for a second copy of a level; reads and commits go on. cancelled: stop_compacting() was called.
    Result<> compact();
    // Makes compact() return soon, one that runs and all later ones.
    void stop_compacting() { compact_no_more_ = true; }
    // Reads every file and compares checksums.
    Result<> verify() const;
    // The same in pieces: the files as of now, and one of them. A file that compaction removed meanwhile is good.
    struct TableFile {
        std::string path;
        std::uint64_t bytes;
    };
    std::vector<TableFile> table_files() const;
    Result<> verify_file(const TableFile& file) const;
    // The same for files that no one has open, without writing to them.
    static Result<> verify_files(const std::filesystem::path& dir, const Secret& file_key);

    struct Counters {
        std::uint64_t batches = 0, groups = 0, syncs = 0, rows = 0, bytes = 0, failed = 0;
        std::uint64_t disk_bytes = 0;    // of tables, by RocksDB's count
        std::uint64_t memory_bytes = 0;  // write buffers and block cache
    };
    Counters counters() const;

private:
    struct Item {
        Batch batch;
        CommitDone done;
        std::promise<Result<Epoch>>* acquired = nullptr;  // acquire(): batch has only shard and epoch
    };
    struct Verdict {
        CommitResult commit;
        Result<Epoch> epoch = Epoch{0};
    };

    explicit RocksStore(RocksOptions options);
    Result<> load();
    void run();
    void write(std::vector<Item>& group);
    Result<Position> admit(Item& item, Position& next);
    void sync_relaxed();
    bool space_for(const Batch& batch);
    void fatal(std::string_view what, const rocksdb::Status& status);

    RocksOptions options_;
    std::shared_ptr<rocksdb::FileSystem> files_;
    std::unique_ptr<rocksdb::Env> env_;
    std::unique_ptr<rocksdb::CompactionFilter> filter_;
    std::unique_ptr<rocksdb::DB> db_;

    std::vector<std::atomic<Epoch>> epochs_;
    std::atomic<Position> visible_ = 0;
    std::vector<Shard> raised_;  // writer: epochs raised since the last write
    std::uint64_t free_ = 0;     // writer: free bytes when last asked, less what was written since
    std::chrono::steady_clock::time_point asked_{};
    bool unsynced_ = false;  // writer
    std::atomic<bool> broken_ = false;
    std::atomic<bool> compact_no_more_ = false;
    std::atomic<std::uint64_t> batches_ = 0, groups_ = 0, syncs_ = 0, rows_ = 0, bytes_ = 0, failed_ = 0;

    std::mutex mutex_;  // queue_, stopping_
    std::condition_variable ready_;
    std::vector<Item> queue_;
    bool stopping_ = false;
    std::thread writer_;
};

}  // namespace peyk::storage
