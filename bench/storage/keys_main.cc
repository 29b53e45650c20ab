// What destroyed keys cost: memory, a flush of the key table, a lookup. Prints one JSON object.
//   storage_keys PUNCTURES [ROOMS]     lone rows, at random among 100,000 of each room

#include <malloc.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>

#include "storage/vault.h"

namespace peyk::storage {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begun) { return std::chrono::duration<double>(Clock::now() - begun).count(); }

double resident() {
    std::ifstream statm("/proc/self/statm");
    double total = 0, pages = 0;
    statm >> total >> pages;
    return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

int run(std::uint64_t punctures, std::uint64_t rooms) {
    char folder[] = "/tmp/peyk-keys-XXXXXX";
    std::filesystem::path dir = ::mkdtemp(folder);
    auto vault = Vault::open(dir / "store", {.file = dir / "key"});
    if (!vault) return 1;
    std::mt19937_64 random(1);
    auto any = [&] { return KeyName{1 + random() % rooms, 7, 1 + random() % 100'000}; };
    if (!(*vault)->flush()) return 1;
    auto at_start = resident();
    auto begun = Clock::now();
    for (std::uint64_t i = 0; i < punctures; ++i) (*vault)->puncture(any());
    auto destroying = seconds_since(begun);
    auto memory = resident() - at_start;
    begun = Clock::now();
    auto frontier = (*vault)->frontier();
    if (!(*vault)->flush()) return 1;
    auto first_flush = seconds_since(begun);
    malloc_trim(0);
    auto later = resident() - at_start;
    (*vault)->puncture(any());
    begun = Clock::now();
    if (!(*vault)->flush()) return 1;
    auto flushing = seconds_since(begun);
    std::uint64_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(dir / "store")) bytes += file.file_size();
    constexpr int kLookups = 200'000;
    begun = Clock::now();
    int gone = 0;
    for (int i = 0; i < kLookups; ++i) gone += (*vault)->key(any()) ? 0 : 1;
    auto looking = seconds_since(begun);
    vault->reset();
    begun = Clock::now();
    if (!Vault::open(dir / "store", {.file = dir / "key"})) return 1;
    std::printf(
        "{\"punctures\":%llu,\"rooms\":%llu,\"frontier\":%zu,\"memory_mb\":%.1f,\"memory_after_flush_mb\":%.1f,\"disk_"
        "mb\":%.1f,"
        "\"puncture_us\":%.2f,\"first_flush_ms\":%.1f,\"flush_of_one_ms\":%.1f,\"lookup_us\":%.2f,"
        "\"open_ms\":%.1f,\"gone\":%d}\n",
        static_cast<unsigned long long>(punctures), static_cast<unsigned long long>(rooms), frontier, memory / 1e6,
        later / 1e6, static_cast<double>(bytes) / 1e6, destroying * 1e6 / static_cast<double>(punctures),
        first_flush * 1e3, flushing * 1e3, looking * 1e6 / kLookups, seconds_since(begun) * 1e3, gone);
    std::filesystem::remove_all(dir);
    return 0;
}

}  // namespace
}  // namespace peyk::storage

int main(int argc, char** argv) {
    auto number = [&](int i, std::uint64_t otherwise) {
        return argc > i ? std::strtoull(argv[i], nullptr, 10) : otherwise;
    };
    return peyk::storage::run(number(1, 100'000), number(2, 1000));
}
