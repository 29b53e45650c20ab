#include "unit/storage/fault_fs.h"

#include <fcntl.h>

#include <cerrno>
#include <fstream>
#include <sstream>

namespace peyk::storage {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

constexpr std::uint64_t kSector = 512;

IOStatus no_power() { return IOStatus::IOError("the power is off"); }

std::string read_all(const std::string& name) {
    std::ostringstream out;
    out << std::ifstream(name, std::ios::binary).rdbuf();
    return std::move(out).str();
}

void write_all(const std::string& name, const std::string& bytes) {
    std::ofstream(name, std::ios::binary | std::ios::trunc) << bytes;
}

std::string parent(const std::string& name) { return std::filesystem::path(name).parent_path().string(); }

bool is_log(const std::string& name) { return name.ends_with(".log"); }

class FaultFile final : public rocksdb::FSWritableFileOwnerWrapper {
public:
    FaultFile(FaultFs& fs, std::string name, std::unique_ptr<rocksdb::FSWritableFile> file)
        : FSWritableFileOwnerWrapper(std::move(file)), fs_(fs), name_(std::move(name)) {}

    IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, IODebugContext* debug) override {
        FaultFs::Effect effect = FaultFs::Effect::none;
        bool on = fs_.step(is_log(name_) ? FaultFs::Stage::append_log : FaultFs::Stage::append_other, &effect);
        if (!on && effect == FaultFs::Effect::none) return no_power();
        auto status = target()->Append(data, options, debug);
        if (status.ok()) status = target()->Flush(options, debug);
        if (status.ok()) fs_.appended(name_, data.size());
        return on ? status : no_power();
    }
    IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                    IODebugContext* debug) override {
        return Append(data, options, debug);
    }
    IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* debug) override {
        return fs_.off() ? no_power() : target()->Truncate(size, options, debug);
    }
    // The bytes stand in the kernel's cache, which is as good as the disk for a test: settle() decides what was synced.
    IOStatus Sync(const IOOptions&, IODebugContext*) override { return sync(); }
    IOStatus Fsync(const IOOptions&, IODebugContext*) override { return sync(); }
    IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
        return fs_.off() ? no_power() : IOStatus::OK();
    }

private:
    IOStatus sync() {
        FaultFs::Effect effect = FaultFs::Effect::none;
        bool on = fs_.step(is_log(name_) ? FaultFs::Stage::sync_log : FaultFs::Stage::sync_other, &effect);
        if (on || effect == FaultFs::Effect::done) fs_.synced(name_);
        return on ? IOStatus::OK() : no_power();
    }

    FaultFs& fs_;
    std::string name_;
};

class FaultDirectory final : public rocksdb::FSDirectoryWrapper {
public:
    FaultDirectory(FaultFs& fs, std::string name, std::unique_ptr<rocksdb::FSDirectory> dir)
        : FSDirectoryWrapper(std::move(dir)), fs_(fs), name_(std::move(name)) {}
    IOStatus Fsync(const IOOptions&, IODebugContext*) override { return sync(); }
    IOStatus FsyncWithDirOptions(const IOOptions&, IODebugContext*, const rocksdb::DirFsyncOptions&) override {
        return sync();
    }

private:
    IOStatus sync() {
        FaultFs::Effect effect = FaultFs::Effect::none;
        bool on = fs_.step(FaultFs::Stage::directory, &effect);
        if (on || effect == FaultFs::Effect::done) fs_.directory_synced(name_);
        return on ? IOStatus::OK() : no_power();
    }

    FaultFs& fs_;
    std::string name_;
};

}  // namespace

std::string_view FaultFs::stage_name(Stage stage) {
    constexpr std::array<std::string_view, kStages> kNames{
        "create", "append_log", "append_other", "sync_log", "sync_other", "rename", "remove", "sync_directory"};
    return kNames[static_cast<std::size_t>(stage)];
}

FaultFs::FaultFs(std::uint64_t seed) : FileSystemWrapper(rocksdb::FileSystem::Default()), random_(seed) {}

void FaultFs::cut_after(std::uint64_t operations, std::optional<Stage> of) {
    std::lock_guard lock(mutex_);
    cut_of_ = of;
    cut_at_ = of ? operations : count_ + operations;
}

void FaultFs::cut_now() {
    std::lock_guard lock(mutex_);
    off_ = true;
}

bool FaultFs::off() const {
    std::lock_guard lock(mutex_);
    return off_;
}

std::uint64_t FaultFs::operations() const {
    std::lock_guard lock(mutex_);
    return count_;
}

std::optional<FaultFs::Stage> FaultFs::cut_stage() const {
    std::lock_guard lock(mutex_);
    return stage_;
}

bool FaultFs::step(Stage stage, Effect* effect) {
    std::lock_guard lock(mutex_);
    if (off_) return false;
    ++count_;
    if (cut_of_) {
        if (*cut_of_ != stage || cut_at_-- > 0) return true;
    } else if (count_ - 1 < cut_at_) {
        return true;
    }
    off_ = true;
    stage_ = stage;
    if (effect) *effect = random_() % 2 == 0 ? Effect::done : Effect::none;
    return false;
}

void FaultFs::appended(const std::string& name, std::size_t bytes) {
    std::lock_guard lock(mutex_);
    files_[name].size += bytes;
}

void FaultFs::synced(const std::string& name) {
    std::lock_guard lock(mutex_);
    auto& file = files_[name];
    file.durable = file.size;
    file.formers.clear();
}

void FaultFs::created(const std::string& name) {
    std::lock_guard lock(mutex_);
    files_[name] = {};
    journal_.push_back({.dir = parent(name), .stage = Stage::create, .from = name});
}

void FaultFs::emptied(const std::string& name) {
    auto content = read_all(name);
    std::lock_guard lock(mutex_);
    auto size = content.size();
    files_[name].formers.push_back({.offset = 0, .length = size, .bytes = std::move(content), .size = size});
}

void FaultFs::overwriting(const std::string& name, std::uint64_t offset, std::uint64_t bytes) {
    auto content = read_all(name);
    Former former{.offset = offset, .length = bytes, .size = content.size()};
    if (offset < content.size()) former.bytes = content.substr(offset, bytes);
    std::lock_guard lock(mutex_);
    files_[name].formers.push_back(std::move(former));
}

void FaultFs::removing(const std::string& name, std::string content) {
    std::lock_guard lock(mutex_);
    Undo undo{.dir = parent(name), .stage = Stage::remove, .from = name, .content = std::move(content)};
    undo.file = files_.contains(name) ? files_[name] : File{undo.content->size(), undo.content->size()};
    files_.erase(name);
    journal_.push_back(std::move(undo));
}

int FaultFs::renamed(const std::string& from, const std::string& to, const std::function<int()>& rename) {
    Undo undo{.dir = parent(to), .stage = Stage::rename, .from = from, .to = to};
    if (std::filesystem::exists(to)) undo.content = read_all(to);
    if (int failed = rename(); failed != 0) return failed;
    std::lock_guard lock(mutex_);
    if (undo.content) undo.file = files_.contains(to) ? files_[to] : File{undo.content->size(), undo.content->size()};
    if (files_.contains(from)) {
        files_[to] = files_[from];
        files_.erase(from);
    } else {
        files_.erase(to);
    }
    journal_.push_back(std::move(undo));
    return 0;
}

void FaultFs::directory_synced(const std::string& dir) {
    std::lock_guard lock(mutex_);
    auto same = [&](const Undo& step) { return std::filesystem::path(step.dir) == std::filesystem::path(dir); };
    std::erase_if(journal_, same);
}

IOStatus FaultFs::NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                  std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* debug) {
    if (!step(Stage::create)) return no_power();
    std::unique_ptr<rocksdb::FSWritableFile> file;
    auto status = target()->NewWritableFile(name, options, &file, debug);
    if (!status.ok()) return status;
    created(name);
    *result = std::make_unique<FaultFile>(*this, name, std::move(file));
    return status;
}

IOStatus FaultFs::NewDirectory(const std::string& name, const IOOptions& options,
                               std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext* debug) {
    std::unique_ptr<rocksdb::FSDirectory> dir;
    auto status = target()->NewDirectory(name, options, &dir, debug);
    if (status.ok()) *result = std::make_unique<FaultDirectory>(*this, name, std::move(dir));
    return status;
}

IOStatus FaultFs::DeleteFile(const std::string& name, const IOOptions& options, IODebugContext* debug) {
    if (!step(Stage::remove)) return no_power();
    auto content = read_all(name);
    auto status = target()->DeleteFile(name, options, debug);
    if (status.ok()) removing(name, std::move(content));
    return status;
}

IOStatus FaultFs::RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                             IODebugContext* debug) {
    if (!step(Stage::rename)) return no_power();
    IOStatus status;
    renamed(from, to, [&] {
        status = target()->RenameFile(from, to, options, debug);
        return status.ok() ? 0 : -1;
    });
    return status;
}

void FaultFs::undo(const Undo& step) {
    switch (step.stage) {
        case Stage::create:
            std::filesystem::remove(step.from);
            files_.erase(step.from);
            return;
        case Stage::remove:
            write_all(step.from, *step.content);
            files_[step.from] = step.file;
            return;
        default: break;
    }
    std::filesystem::rename(step.to, step.from);
    if (files_.contains(step.to)) files_[step.from] = files_[step.to];
    files_.erase(step.to);
    if (step.content) {
        write_all(step.to, *step.content);
        files_[step.to] = step.file;
    }
}

void FaultFs::lose_bytes(const std::string& name, const File& file) {
    if (file.durable >= file.size || !std::filesystem::exists(name)) return;
    auto bytes = read_all(name);
    bytes.resize(std::min<std::uint64_t>(bytes.size(), file.size));
    if (bytes.size() <= file.durable) return;
    auto unsynced = bytes.size() - file.durable;
    switch (random_() % 4) {
        case 0: break;  // the kernel had written it all
        case 1: bytes.resize(file.durable); break;
        case 2: {  // cut off at a sector, or within the last one
            auto kept = file.durable + random_() % (unsynced + 1);
            if (random_() % 2 == 0) kept = std::max(file.durable, kept / kSector * kSector);
            bytes.resize(kept);
            break;
        }
        default:  // sectors reached the disk in any order; the length with the last of them
            for (auto at = file.durable; at < bytes.size();) {
                auto end = std::min<std::uint64_t>(bytes.size(), (at / kSector + 1) * kSector);
                if (random_() % 2 == 0)
                    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                              bytes.begin() + static_cast<std::ptrdiff_t>(end), '\0');
                at = end;
            }
    }
    write_all(name, bytes);
}

// The latest write is undone first, sector by sector.
void FaultFs::lose_overwrites(const std::string& name, const File& file) {
    if (file.formers.empty() || !std::filesystem::exists(name)) return;
    auto bytes = read_all(name);
    auto choice = random_() % 4;  // all of it had been written, none, or any sectors
    if (choice == 0) return;
    for (auto former = file.formers.rbegin(); former != file.formers.rend(); ++former) {
        auto end = std::min<std::uint64_t>(former->offset + former->length, std::max(bytes.size(), former->size));
        bytes.resize(std::max<std::size_t>(bytes.size(), former->size));
        bool whole = true;
        for (auto at = former->offset; at < end;) {
            auto stop = std::min<std::uint64_t>(end, (at / kSector + 1) * kSector);
            bool back = choice == 1 || random_() % 2 == 0;
            whole = whole && back;
            for (; at < stop; ++at) {
                auto before = at - former->offset;
                if (back) bytes[at] = before < former->bytes.size() ? former->bytes[before] : '\0';
            }
        }
        if (whole) bytes.resize(former->size);
    }
    write_all(name, bytes);
}

void FaultFs::settle() {
    std::lock_guard lock(mutex_);
    off_ = true;
    // A directory's steps reach the disk in order: some of the last ones are missing.
    auto kept = journal_.empty() ? 0 : random_() % (journal_.size() + 1);
    while (journal_.size() > kept) {
        undo(journal_.back());
        journal_.pop_back();
    }
    for (const auto& [name, file] : files_) {
        lose_bytes(name, file);
        lose_overwrites(name, file);
    }
    files_.clear();
    journal_.clear();
}

// ---- The vault's files

namespace {
int powerless() {
    errno = EIO;
    return -1;
}
}  // namespace

int FaultDisk::open(const std::filesystem::path& path, int flags) {
    bool there = std::filesystem::exists(path);
    bool makes = (flags & O_CREAT) != 0 && !there;
    bool empties = (flags & O_TRUNC) != 0 && there;
    if (makes || empties ? !fs_.step(FaultFs::Stage::create) : fs_.off()) return powerless();
    if (empties) fs_.emptied(path.string());
    int file = Disk::open(path, flags);
    if (file >= 0 && makes) fs_.created(path.string());
    return file;
}

ssize_t FaultDisk::write(int file, const std::filesystem::path& path, std::string_view bytes, std::uint64_t offset) {
    auto effect = FaultFs::Effect::none;
    bool on = fs_.step(FaultFs::Stage::append_other, &effect);
    if (!on && effect == FaultFs::Effect::none) return powerless();
    fs_.overwriting(path.string(), offset, bytes.size());
    auto written = Disk::write(file, path, bytes, offset);
    return on ? written : powerless();
}

int FaultDisk::truncate(int file, const std::filesystem::path& path) {
    if (!fs_.step(FaultFs::Stage::append_other)) return powerless();
    fs_.emptied(path.string());
    return Disk::truncate(file, path);
}

int FaultDisk::sync(int, const std::filesystem::path& path) {
    auto effect = FaultFs::Effect::none;
    bool on = fs_.step(FaultFs::Stage::sync_other, &effect);
    if (on || effect == FaultFs::Effect::done) fs_.synced(path.string());
    return on ? 0 : powerless();
}

int FaultDisk::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
    if (!fs_.step(FaultFs::Stage::rename)) return powerless();
    return fs_.renamed(from.string(), to.string(), [&] { return Disk::rename(from, to); });
}

int FaultDisk::sync_directory(int, const std::filesystem::path& path) {
    auto effect = FaultFs::Effect::none;
    bool on = fs_.step(FaultFs::Stage::directory, &effect);
    if (on || effect == FaultFs::Effect::done) fs_.directory_synced(path.string());
    return on ? 0 : powerless();
}

}  // namespace peyk::storage
