#pragma once
// A disk that loses power: below the encryption, above the real file system. FaultDisk puts the vault's files on it
// too.

#include <rocksdb/file_system.h>

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "storage/disk.h"

namespace peyk::storage {

// Purpose:  passes everything on, remembers what has not been synced, and at the n-th operation switches off: that
//           operation and all later ones fail. settle() then does to the files what a power cut may do:
//           - bytes that were not synced are kept, dropped, torn at 512-byte sectors, or kept in any order of sectors;
//             of what was written over, each sector is the old or the new one
//           - files created, renamed or deleted since the last sync of their directory: the last few of these steps are
//             undone, in reverse order
// Runs on:  any thread.
class FaultFs final : public rocksdb::FileSystemWrapper {
public:
    // What the machine was doing when the power went.
    enum class Stage : unsigned char {
        create,
        append_log,
        append_other,
        sync_log,
        sync_other,
        rename,
        remove,
        directory
    };
    static constexpr std::size_t kStages = 8;
    static std::string_view stage_name(Stage stage);

    explicit FaultFs(std::uint64_t seed);
    const char* Name() const override { return "Fault"; }

    // Counts from now: 0 is the next operation; with a stage, the next one of that kind.
    void cut_after(std::uint64_t operations, std::optional<Stage> of = std::nullopt);
    void cut_now();
    bool off() const;
    std::uint64_t operations() const;
    // What the cut hit; nothing when it came between two operations.
    std::optional<Stage> cut_stage() const;
    // After everything that used this is closed.
    void settle();

    rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* result,
                                      rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                   std::unique_ptr<rocksdb::FSDirectory>* result,
                                   rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override;

    // For its files.
    enum class Effect : unsigned char { none, done };
    // False when the power is off. A sync that the cut hits may have reached the disk: `*effect` says so.
    bool step(Stage stage, Effect* effect = nullptr);
    void appended(const std::string& name, std::size_t bytes);
    void synced(const std::string& name);
    void directory_synced(const std::string& dir);
    void created(const std::string& name);
    void emptied(const std::string& name);                                                 // before it is
    void overwriting(const std::string& name, std::uint64_t offset, std::uint64_t bytes);  // before they are written
    void removing(const std::string& name, std::string content);
    int renamed(const std::string& from, const std::string& to, const std::function<int()>& rename);

private:
    // Bytes of a file as they were before a write that was not synced.
    struct Former {
        std::uint64_t offset = 0, length = 0;  // of the write
        std::string bytes;                     // fewer where the file was shorter
        std::uint64_t size = 0;                // of the file
    };
    struct File {
        std::uint64_t size = 0;
        std::uint64_t durable = 0;
        std::vector<Former> formers = {};
    };
    struct Undo {
        std::string dir;
        Stage stage;
        std::string from, to;
        std::optional<std::string> content;  // of the file that was replaced or removed
        File file;                           // its state
    };
    void undo(const Undo& step);
    void lose_bytes(const std::string& name, const File& file);
    void lose_overwrites(const std::string& name, const File& file);

    mutable std::mutex mutex_;
    std::mt19937_64 random_;
    std::map<std::string, File> files_;
    std::vector<Undo> journal_;
    std::uint64_t count_ = 0;
    std::uint64_t cut_at_ = ~0ULL;
    std::optional<Stage> cut_of_;  // cut_at_ counts operations of this stage only
    bool off_ = false;
    std::optional<Stage> stage_;
};

// Purpose:  the same disk for the vault's files (storage/disk.h).
class FaultDisk final : public Disk {
public:
    explicit FaultDisk(FaultFs& fs) : fs_(fs) {}
    int open(const std::filesystem::path& path, int flags) override;
    ssize_t write(int file, const std::filesystem::path& path, std::string_view bytes, std::uint64_t offset) override;
    int truncate(int file, const std::filesystem::path& path) override;
    int sync(int file, const std::filesystem::path& path) override;
    int rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
    int sync_directory(int file, const std::filesystem::path& path) override;

private:
    FaultFs& fs_;
};

}  // namespace peyk::storage
