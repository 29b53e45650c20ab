#pragma once
// The one table of sync/. Layout of the value: sliding_connections.cc.

#include <array>

#include "storage/table.h"

namespace peyk::sync {

inline constexpr storage::Table kConnections{
    .id = 150,
    .name = "sync_connections",
    .about = "which rooms a sliding-sync connection of a device was told of, as numbers, and what it asked for",
    .rest = "device number u64be, connection number u64be, generation u64be, page u16be",
    .owner = storage::Owner::user,
    .seal = storage::Seal::owner,
    .category = storage::Category::usage_data,
    .kept = "two generations, until the device is removed, 30 days unused or 16 newer connections",
    .stamped = true};

inline constexpr std::array<const storage::Table*, 1> kTables{&kConnections};

}  // namespace peyk::sync
