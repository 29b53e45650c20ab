#include "base/locked_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <mutex>
#include <new>
#include <vector>

namespace peyk {
namespace {

constexpr std::size_t kUnit = 64;
constexpr std::size_t kRegion = 16 * 1024;  // fits the smallest limit that systems have (64 KiB) several times

std::size_t units_of(std::size_t bytes) { return (bytes + kUnit - 1) / kUnit; }

struct Region {
    unsigned char* start = nullptr;
    std::size_t size = 0;
    std::vector<bool> used;

    bool holds(const void* at) const { return at >= start && at < start + size; }
    // The first free run; null when there is none.
    void* take(std::size_t units) {
        std::size_t run = 0;
        for (std::size_t i = 0; i < used.size(); ++i) {
            run = used[i] ? 0 : run + 1;
            if (run < units) continue;
            auto first = i + 1 - units;
            for (auto unit = first; unit <= i; ++unit) used[unit] = true;
            return start + first * kUnit;
        }
        return nullptr;
    }
};

struct Arena {
    std::mutex mutex;
    std::vector<Region> regions;
    bool locked = true;

    void* allocate(std::size_t units) {
        std::lock_guard lock(mutex);
        for (auto& region : regions) {
            if (void* at = region.take(units)) return at;
        }
        return regions.emplace_back(map(units * kUnit)).take(units);
    }
    Region map(std::size_t bytes) {
        auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        auto size = (std::max(bytes, kRegion) + page - 1) / page * page;
        void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED) throw std::bad_alloc();
        if (mlock(at, size) != 0) locked = false;
        madvise(at, size, MADV_DONTDUMP);
        madvise(at, size, MADV_WIPEONFORK);
        return {static_cast<unsigned char*>(at), size, std::vector<bool>(size / kUnit)};
    }
};

// Never destroyed: keys of static life may go after it.
Arena& arena() {
    static auto& only = *new Arena;
    return only;
}

}  // namespace

void* locked_allocate(std::size_t bytes) { return arena().allocate(units_of(bytes)); }

void locked_free(void* at, std::size_t bytes) noexcept {
    explicit_bzero(at, bytes);
    auto& all = arena();
    std::lock_guard lock(all.mutex);
    for (auto& region : all.regions) {
        if (!region.holds(at)) continue;
        auto first = static_cast<std::size_t>(static_cast<unsigned char*>(at) - region.start) / kUnit;
        for (std::size_t i = 0; i < units_of(bytes); ++i) region.used[first + i] = false;
        return;
    }
}

bool memory_is_locked() {
    auto& all = arena();
    std::lock_guard lock(all.mutex);
    return all.locked;
}

}  // namespace peyk
