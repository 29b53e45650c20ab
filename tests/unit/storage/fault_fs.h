#pragma once
// A disk that loses power: below the encryption, above the real file system.

#include <rocksdb/file_system.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace peyk::storage {

// Purpose:  passes everything on, remembers what has not been synced, and at the n-th operation switches off: that
//           operation and all later ones fail. settle() then does to the files what a power cut may do:
//           - bytes that were not synced are kept, dropped, torn at 512-byte sectors, or kept in any order of sectors
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

    // Counts from now: 0 is the next operation.
    void cut_after(std::uint64_t operations);
    void cut_now();
    bool off() const;
    std::uint64_t operations() const;
    Stage cut_stage() const;
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

private:
    struct File {
        std::uint64_t size = 0;
        std::uint64_t durable = 0;
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

    mutable std::mutex mutex_;
    std::mt19937_64 random_;
    std::map<std::string, File> files_;
    std::vector<Undo> journal_;
    std::uint64_t count_ = 0;
    std::uint64_t cut_at_ = ~0ULL;
    bool off_ = false;
    Stage stage_ = Stage::create;
};

}  // namespace peyk::storage
