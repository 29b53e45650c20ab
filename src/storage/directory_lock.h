#pragma once
// One process at a time. open.cc and backup.cc only.

#include <filesystem>
#include <memory>

#include "base/error.h"

namespace peyk::storage {

// Held until destroyed; the kernel lets go of it when the process dies.
class DirectoryLock {
public:
    // conflict: another process holds it.
    static Result<std::unique_ptr<DirectoryLock>> take(const std::filesystem::path& dir);
    ~DirectoryLock();
    DirectoryLock(const DirectoryLock&) = delete;
    DirectoryLock& operator=(const DirectoryLock&) = delete;

private:
    explicit DirectoryLock(int fd) : fd_(fd) {}
    int fd_;
};

}  // namespace peyk::storage
