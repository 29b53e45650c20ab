#include "storage/rocks_store.h"

#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/file_system.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>
#include <sys/statvfs.h>

#include "base/bytes.h"
#include "base/logging.h"
#include "storage/batch.h"
#include "storage/encrypted_fs.h"
#include "storage/files.h"
#include "storage/log_scan.h"
#include "storage/rocks_options.h"

namespace peyk::storage {
namespace {

// Behind all shards: the store's own rows.
constexpr std::string_view kMeta = "\xff\xff";
constexpr std::string_view kFormatKey =
    "\xff\xff"
    "format";
constexpr std::string_view kPositionKey =
    "\xff\xff"
    "position";
constexpr std::string_view kEpochPrefix =
    "\xff\xff"
    "epoch";
constexpr std::uint32_t kFormat = 1;
constexpr std::size_t kMaxGroupBytes = std::size_t{8} << 20;
constexpr auto kRelaxedSync = std::chrono::seconds(1);
constexpr auto kAskForSpace = std::chrono::milliseconds(250);

std::string full_key(Shard shard, std::string_view key) {
    std::string out;
    out.reserve(sizeof shard.number + key.size());
    put_u16be(out, shard.number);
    return out.append(key);
}

std::string u64_bytes(std::uint64_t value) {
    std::string out;
    put_u64be(out, value);
    return out;
}

std::string epoch_key(Shard shard) {
    std::string out(kEpochPrefix);
    put_u16be(out, shard.number);
    return out;
}

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

Error error_of(const rocksdb::Status& status, const std::filesystem::path& dir) {
    auto text = status.ToString();
    // Some of the engine's errors carry the corruption that they come from in their text only.
    if (status.IsCorruption() || text.find("Corruption: ") != std::string::npos) {
        return {Errc::corrupt,
                fmt::format("the store in {} is damaged, restore it from a backup: {}", dir.string(), text)};
    }
    if (status.IsNoSpace()) return {Errc::full, fmt::format("no space left for {}", dir.string())};
    if (status.IsIOError() && text.find("lock") != std::string::npos) {
        return {Errc::conflict, fmt::format("{} is in use by another process; stop that one first", dir.string())};
    }
    return {Errc::io, fmt::format("the store in {} cannot be read: {}", dir.string(), text)};
}

// A name of the engine's own that nothing depends on; damaged, it would stop the process in the middle of opening.
void drop_damaged_identity(rocksdb::FileSystem& files, const std::filesystem::path& dir) {
    auto path = dir / "IDENTITY";
    std::string bytes;
    if (!rocksdb::ReadFileToString(&files, path.string(), &bytes).IsCorruption()) return;
    log::warning("storage", "{} was damaged; it is made anew", path.string());
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
}

}  // namespace

RocksStore::RocksStore(RocksOptions options) : options_(std::move(options)), epochs_(Shard::kCount) {
    for (auto& epoch : epochs_) epoch = 1;
}

Result<std::unique_ptr<RocksStore>> RocksStore::open(RocksOptions options) {
    std::unique_ptr<RocksStore> store(new RocksStore(std::move(options)));
    PEYK_CHECK(store->load());
    store->writer_ = std::thread([self = store.get()] { self->run(); });
    return store;
}

Result<> RocksStore::load() {
    auto base = options_.base ? options_.base : rocksdb::FileSystem::Default();
    files_ = encrypted_file_system(std::move(base), options_.file_key);
    env_ = rocksdb::NewCompositeEnv(files_);
    // Groups that were not synced one by one may reach the disk in any order: such logs are no proof of damage.
    auto relaxed = options_.dir / "relaxed";
    std::error_code ignored;
    bool was_relaxed = std::filesystem::exists(relaxed, ignored);
    if (!was_relaxed) PEYK_CHECK(scan_logs(*files_, options_.dir));
    if (options_.durability == Durability::relaxed && !was_relaxed) {
        PEYK_CHECK(make_directory(options_.dir));
        PEYK_CHECK(replace_file(relaxed, {}));
    }
    drop_damaged_identity(*files_, options_.dir);
    auto on_error = [this](const rocksdb::Status& status) { fatal("background work of the store", status); };
    rocksdb::DB* db = nullptr;
    auto options = rocks_options(env_.get(), options_.cache, options_.write_buffer, on_error);
    if (options_.hollow) filter_ = hollow_filter(options_.hollow);
    options.compaction_filter = filter_.get();
    auto status = rocksdb::DB::Open(options, options_.dir.string(), &db);
    if (!status.ok()) return fail(error_of(status, options_.dir));
    db_.reset(db);
    // The old logs are in tables now.
    if (was_relaxed && options_.durability == Durability::sync) std::filesystem::remove(relaxed, ignored);

    std::string value;
    status = db_->Get({}, slice(kFormatKey), &value);
    if (status.IsNotFound()) {
        rocksdb::WriteOptions sync;
        sync.sync = true;
        status = db_->Put(sync, slice(kFormatKey), u64_bytes(kFormat));
        if (!status.ok()) return fail(error_of(status, options_.dir));
        return {};
    }
    if (!status.ok()) return fail(error_of(status, options_.dir));
    if (value.size() != sizeof(std::uint64_t)) return fail(Errc::corrupt, "the store has no format row");
    if (auto format = get_u64be(value.data()); format > kFormat) {
        return fail(Errc::unsupported, fmt::format("the store has format {}, this program knows up to {}: use a newer "
                                                   "version of peyk",
                                                   format, kFormat));
    }
    status = db_->Get({}, slice(kPositionKey), &value);
    if (status.ok() && value.size() == sizeof(Position)) {
        visible_ = get_u64be(value.data());
    } else if (!status.IsNotFound()) {
        return fail(error_of(status, options_.dir));
    }
    std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}));
    for (rows->Seek(slice(kEpochPrefix)); rows->Valid() && rows->key().starts_with(slice(kEpochPrefix)); rows->Next()) {
        auto number = get_u16be(rows->key().data() + kEpochPrefix.size());
        if (number < Shard::kCount) epochs_[number] = get_u64be(rows->value().data());
    }
    if (!rows->status().ok()) return fail(error_of(rows->status(), options_.dir));
    return {};
}

RocksStore::~RocksStore() { close(); }

void RocksStore::close() {
    stop_compacting();
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    ready_.notify_all();
    if (writer_.joinable()) writer_.join();
    if (db_) {
        auto status = db_->Close();
        if (!status.ok() && !broken_) log::warning("storage", "closing the store: {}", status.ToString());
    }
    db_.reset();
}

void RocksStore::commit(Batch batch, CommitDone done) {
    {
        std::unique_lock lock(mutex_);
        if (!stopping_) {
            queue_.push_back({std::move(batch), std::move(done)});
            if (queue_.size() == 1) ready_.notify_one();
            return;
        }
    }
    done(fail(Errc::unavailable, "the store is stopping"));
}

Result<Epoch> RocksStore::acquire(Shard shard, Epoch expected) {
    if (shard.number >= Shard::kCount) return fail(Errc::bad_request, "no such shard");
    std::promise<Result<Epoch>> acquired;
    auto answer = acquired.get_future();
    {
        std::lock_guard lock(mutex_);
        if (stopping_) return fail(Errc::unavailable, "the store is stopping");
        Item item{.acquired = &acquired};
        item.batch.shard = shard;
        item.batch.epoch = expected;
        queue_.push_back(std::move(item));
        if (queue_.size() == 1) ready_.notify_one();
    }
    return answer.get();
}

void RocksStore::run() {
    std::vector<Item> group;
    while (true) {
        group.clear();
        {
            std::unique_lock lock(mutex_);
            auto something = [this] { return stopping_ || !queue_.empty(); };
            if (unsynced_ && !broken_) {
                if (!ready_.wait_for(lock, kRelaxedSync, something)) {
                    lock.unlock();
                    sync_relaxed();
                    continue;
                }
            } else {
                ready_.wait(lock, something);
            }
            if (queue_.empty()) break;
            std::size_t bytes = 0;
            std::size_t count = 0;
            while (count < queue_.size() && bytes < kMaxGroupBytes) bytes += queue_[count++].batch.bytes();
            if (count == queue_.size()) {
                group.swap(queue_);
            } else {
                auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
                group.assign(std::move_iterator(queue_.begin()), std::move_iterator(end));
                queue_.erase(queue_.begin(), end);
            }
        }
        write(group);
    }
    if (unsynced_ && !broken_) sync_relaxed();
}

void RocksStore::sync_relaxed() {
    auto status = db_->FlushWAL(true);
    unsynced_ = false;
    ++syncs_;
    if (!status.ok()) fatal("syncing the log", status);
}

bool RocksStore::space_for(const Batch& batch) {
    auto now = std::chrono::steady_clock::now();
    if (now - asked_ > kAskForSpace) {
        asked_ = now;
        if (options_.free_bytes) {
            free_ = options_.free_bytes();
        } else {
            struct statvfs info{};
            free_ = ::statvfs(options_.dir.c_str(), &info) == 0 ? std::uint64_t{info.f_bavail} * info.f_frsize : ~0ULL;
        }
    }
    // Deletions may go down to a quarter of the reserve: compaction needs room before it can give any back.
    auto least = batch.reclaims ? options_.reserve / 4 : options_.reserve;
    return free_ >= least;
}

// Checks an item against the contract. A failure raises the shard's epoch, unless it is that very fence.
Result<Position> RocksStore::admit(Item& item, Position& next) {
    auto& batch = item.batch;
    if (batch.shard.number >= Shard::kCount) return fail(Errc::bad_request, "no such shard");
    auto& epoch = epochs_[batch.shard.number];
    if (batch.epoch != epoch) return fail(Errc::fenced, "the shard has a newer epoch");
    auto raise = [&] {
        ++epoch;
        raised_.push_back(batch.shard);
    };
    if (item.acquired) {
        raise();
        return Position{0};
    }
    if (auto checked = check_limits(batch); !checked) {
        raise();
        return fail(std::move(checked).error());
    }
    if (!space_for(batch)) {
        raise();
        return fail(Errc::full, "less space is left on the disk than the configured reserve");
    }
    auto first = next;
    next += batch.positions;
    fill_holes(batch, first);
    return first;
}

void RocksStore::write(std::vector<Item>& group) {
    std::vector<Verdict> verdicts;
    verdicts.reserve(group.size());
    rocksdb::WriteBatch all;
    auto next = visible_.load() + 1;
    for (auto& item : group) {
        auto& verdict = verdicts.emplace_back();
        if (broken_) {
            verdict.commit = fail(Errc::unavailable, "the store has failed");
            verdict.epoch = fail(Errc::unavailable, "the store has failed");
            continue;
        }
        verdict.commit = admit(item, next);
        if (!verdict.commit) {
            verdict.epoch = fail(verdict.commit.error());
            continue;
        }
        verdict.epoch = epochs_[item.batch.shard.number].load();
        std::array<char, 2> prefix{static_cast<char>(item.batch.shard.number >> 8),
                                   static_cast<char>(item.batch.shard.number)};
        rocksdb::Slice head(prefix.data(), prefix.size());
        for (const auto& put : item.batch.puts) {
            std::array<rocksdb::Slice, 2> key{head, slice(put.key)};
            auto value = slice(put.value);
            all.Put(rocksdb::SliceParts(key.data(), key.size()), rocksdb::SliceParts(&value, 1));
        }
        for (const auto& del : item.batch.dels) {
            std::array<rocksdb::Slice, 2> key{head, slice(del)};
            all.Delete(rocksdb::SliceParts(key.data(), key.size()));
        }
    }
    auto rows = static_cast<std::uint64_t>(all.Count());
    auto last = next - 1;
    for (auto shard : raised_) all.Put(epoch_key(shard), u64_bytes(epochs_[shard.number]));
    if (last != visible_) all.Put(slice(kPositionKey), u64_bytes(last));
    bool sync = options_.durability == Durability::sync;
    if (all.Count() > 0) {
        rocksdb::WriteOptions how;
        how.sync = sync;
        auto size = all.GetDataSize();
        auto status = db_->Write(how, &all);
        if (status.ok()) {
            visible_ = last;
            raised_.clear();
            unsynced_ = !sync;
            ++groups_;
            syncs_ += sync ? 1 : 0;
            rows_ += rows;
            bytes_ += size;
            free_ -= std::min<std::uint64_t>(free_, 2 * size);  // once in the log, once in a table
        } else {
            // Whether the group will be there after a restart nobody knows, so nobody may go on: the process ends.
            // What follows is for tests. docs/decisions/0107-no-unknown-commits.md
            fatal("writing to the store", status);
            constexpr std::string_view kUnknown = "the disk failed; the next open finds out what was written";
            for (auto& verdict : verdicts) {
                if (verdict.commit) verdict.commit = fail(Errc::io, std::string(kUnknown));
                if (verdict.epoch) verdict.epoch = fail(Errc::io, std::string(kUnknown));
            }
        }
    }
    for (std::size_t i = 0; i < group.size(); ++i) {
        if (group[i].acquired) {
            group[i].acquired->set_value(std::move(verdicts[i].epoch));
            continue;
        }
        ++(verdicts[i].commit ? batches_ : failed_);
        group[i].done(std::move(verdicts[i].commit));
    }
}

void RocksStore::fatal(std::string_view what, const rocksdb::Status& status) {
    broken_ = true;
    auto text = fmt::format(
        "storage: {} failed ({}); the process stops so that nothing is answered that the disk does "
        "not have. Free or repair the disk and start again.",
        what, status.ToString());
    if (!options_.on_fatal) panic(text);
    options_.on_fatal(text);
}

Epoch RocksStore::epoch(Shard shard) const { return epochs_.at(shard.number); }
Position RocksStore::visible(Shard) const { return visible_; }
Position RocksStore::visible() const { return visible_; }

Result<std::optional<std::string>> RocksStore::get(Shard shard, std::string_view key) const {
    if (!db_) return fail(Errc::unavailable, "the store is closed");
    std::string value;
    auto status = db_->Get({}, full_key(shard, key), &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) return fail(error_of(status, options_.dir));
    return value;
}

Result<std::vector<Row>> RocksStore::scan(Shard shard, std::string_view from, std::string_view to, std::size_t limit,
                                          Order order) const {
    if (!db_) return fail(Errc::unavailable, "the store is closed");
    std::vector<Row> out;
    if (limit == 0 || (!to.empty() && from >= to)) return out;
    auto first = full_key(shard, from);
    auto last = to.empty() ? full_key({static_cast<std::uint16_t>(shard.number + 1)}, {}) : full_key(shard, to);
    rocksdb::Slice lower = first;
    rocksdb::Slice upper = last;
    rocksdb::ReadOptions options;
    options.iterate_lower_bound = &lower;
    options.iterate_upper_bound = &upper;
    std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(options));
    if (order == Order::forward) {
        rows->Seek(lower);
    } else {
        rows->SeekForPrev(upper);
        // The bound itself does not belong to the range.
        if (rows->Valid() && rows->key() == upper) rows->Prev();
    }
    while (rows->Valid() && out.size() < limit) {
        auto key = rows->key();
        key.remove_prefix(sizeof shard.number);
        out.push_back({key.ToString(), rows->value().ToString()});
        if (order == Order::forward) {
            rows->Next();
        } else {
            rows->Prev();
        }
    }
    if (!rows->status().ok()) return fail(error_of(rows->status(), options_.dir));
    return out;
}

std::optional<Shard> RocksStore::next_shard(Shard from) const {
    if (!db_) return std::nullopt;
    auto first = full_key(from, {});
    rocksdb::Slice upper = slice(kMeta);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &upper;
    std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(options));
    rows->Seek(first);
    if (!rows->Valid()) return std::nullopt;
    return Shard{get_u16be(rows->key().data())};
}

Result<> RocksStore::checkpoint(const std::filesystem::path& dir) {
    rocksdb::Checkpoint* made = nullptr;
    auto status = rocksdb::Checkpoint::Create(db_.get(), &made);
    if (!status.ok()) return fail(error_of(status, options_.dir));
    std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
    status = checkpoint->CreateCheckpoint(dir.string());
    if (!status.ok()) return fail(error_of(status, dir));
    return {};
}

// What was deleted is in no table and no log any more when this returns. The list of files (MANIFEST) may name first
// and last keys of files that are gone until it is rolled: at 4 MB, and at every start.
Result<> RocksStore::compact() {
    if (!db_) return fail(Errc::unavailable, "the store is closed");
    auto status = db_->Flush({});
    if (status.ok()) {
        rocksdb::CompactRangeOptions options;
        options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
        options.exclusive_manual_compaction = false;
        options.canceled = &compact_no_more_;
        status = db_->CompactRange(options, nullptr, nullptr);
    }
    if (compact_no_more_ && !status.ok()) return fail(Errc::cancelled, "the store is closing");
    if (!status.ok()) return fail(error_of(status, options_.dir));
    return {};
}

Result<> RocksStore::verify() const {
    auto status = db_->VerifyChecksum();
    if (!status.ok()) return fail(error_of(status, options_.dir));
    return {};
}

std::vector<RocksStore::TableFile> RocksStore::table_files() const {
    std::vector<rocksdb::LiveFileMetaData> live;
    db_->GetLiveFilesMetaData(&live);
    std::vector<TableFile> out;
    out.reserve(live.size());
    for (const auto& file : live) out.push_back({file.directory + "/" + file.relative_filename, file.size});
    return out;
}

Result<> RocksStore::verify_file(const TableFile& file) const {
    auto status = rocksdb::VerifySstFileChecksum(db_->GetOptions(), rocksdb::EnvOptions(), file.path);
    if (status.ok()) return {};
    auto now = table_files();
    if (std::ranges::find(now, file.path, &TableFile::path) == now.end()) return {};
    return fail(error_of(status, file.path));
}

Result<> RocksStore::verify_files(const std::filesystem::path& dir, const Secret& file_key) {
    auto env = rocksdb::NewCompositeEnv(encrypted_file_system(rocksdb::FileSystem::Default(), file_key));
    constexpr std::uint64_t kCache = 1 << 20, kBuffer = 1 << 20;
    rocksdb::DB* opened = nullptr;
    auto status = rocksdb::DB::OpenForReadOnly(rocks_options(env.get(), kCache, kBuffer, [](const auto&) {}),
                                               dir.string(), &opened);
    if (!status.ok()) return fail(error_of(status, dir));
    std::unique_ptr<rocksdb::DB> db(opened);
    status = db->VerifyChecksum();
    if (!status.ok()) return fail(error_of(status, dir));
    return {};
}

RocksStore::Counters RocksStore::counters() const {
    Counters out{
        .batches = batches_, .groups = groups_, .syncs = syncs_, .rows = rows_, .bytes = bytes_, .failed = failed_};
    if (!db_) return out;
    std::uint64_t value = 0;
    if (db_->GetIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &value)) out.disk_bytes = value;
    if (db_->GetIntProperty(rocksdb::DB::Properties::kSizeAllMemTables, &value)) out.memory_bytes += value;
    if (db_->GetIntProperty(rocksdb::DB::Properties::kBlockCacheUsage, &value)) out.memory_bytes += value;
    return out;
}

}  // namespace peyk::storage
