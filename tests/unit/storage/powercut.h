#pragma once
// Commits, pulls the plug, looks what is left. Used by the unit test (few cuts) and by storage_powercut (many).

#include <array>
#include <filesystem>

#include "storage/rocks_store.h"
#include "unit/storage/fault_fs.h"

namespace peyk::storage {

struct PowerCutResult {
    std::uint64_t cuts = 0;
    std::uint64_t cuts_while_opening = 0;
    std::uint64_t acknowledged = 0;    // batches whose `done` said committed
    std::uint64_t lost = 0;            // of these, not there after the cut
    std::uint64_t half = 0;            // batches of which one row is there and the other is not
    std::uint64_t positions_back = 0;  // restarts whose counter stood below an acknowledged position
    std::uint64_t refused = 0;         // restarts that the store refused
    std::string refusal;               // why, the first time
    std::uint64_t destroyed = 0;       // rows whose deletion was acknowledged (sealed runs only)
    std::uint64_t back = 0;            // of these, readable again after a cut
    std::uint64_t between = 0;         // cuts that came between two operations
    std::array<std::uint64_t, FaultFs::kStages> by_stage{};

    void count(const FaultFs& disk);
};

// Each cut: open over a FaultFs, check everything that was acknowledged since the directory was new, commit from
// several batches in flight, cut at a random operation. The directory starts anew every `kFresh` cuts.
PowerCutResult run_power_cuts(const std::filesystem::path& dir, std::uint64_t cuts, std::uint64_t seed,
                              Durability durability);

// The same over all of storage::open(): typed tables with sealed rows, deletions that destroy keys, the key table and
// its files on the same disk, and buffers so small that tables are written and merged under way. Every other cut is
// aimed at a stage, so that the rare ones are met too.
PowerCutResult run_sealed_power_cuts(const std::filesystem::path& dir, std::uint64_t cuts, std::uint64_t seed,
                                     Durability durability);

}  // namespace peyk::storage
