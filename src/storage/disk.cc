#include "storage/disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>

namespace peyk::storage {
namespace {

Disk real_disk;
std::atomic<Disk*> current = &real_disk;

}  // namespace

int Disk::open(const std::filesystem::path& path, int flags) { return ::open(path.c_str(), flags | O_CLOEXEC, 0600); }

ssize_t Disk::write(int file, const std::filesystem::path&, std::string_view bytes, std::uint64_t offset) {
    return ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
}

int Disk::truncate(int file, const std::filesystem::path&) { return ::ftruncate(file, 0); }

int Disk::sync(int file, const std::filesystem::path&) { return ::fsync(file); }

int Disk::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
    return ::rename(from.c_str(), to.c_str());
}

int Disk::sync_directory(int file, const std::filesystem::path&) { return ::fsync(file); }

Disk& disk() { return *current.load(std::memory_order_relaxed); }

DiskInstead::DiskInstead(Disk& other) { current = &other; }
DiskInstead::~DiskInstead() { current = &real_disk; }

}  // namespace peyk::storage
