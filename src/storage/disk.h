#pragma once
// The calls with which the vault's small files reach the disk. All of them pass here, so that tests can lose power
// between any two; RocksDB has its FileSystem for that.

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace peyk::storage {

// Each as the system call of that name: -1 with errno for a failure. Descriptors are the system's own.
class Disk {
public:
    virtual ~Disk() = default;
    virtual int open(const std::filesystem::path& path, int flags);  // with O_CLOEXEC, mode 0600
    virtual ssize_t write(int file, const std::filesystem::path& path, std::string_view bytes, std::uint64_t offset);
    virtual int truncate(int file, const std::filesystem::path& path);  // to nothing
    virtual int sync(int file, const std::filesystem::path& path);
    virtual int rename(const std::filesystem::path& from, const std::filesystem::path& to);
    virtual int sync_directory(int file, const std::filesystem::path& path);
};

Disk& disk();

// Tests: takes the place of the disk while it lives. One at a time, while nothing is open.
class DiskInstead {
public:
    explicit DiskInstead(Disk& other);
    ~DiskInstead();
    DiskInstead(const DiskInstead&) = delete;
};

}  // namespace peyk::storage
