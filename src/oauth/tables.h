#pragma once
// What oauth/ keeps on disk. Ids 220 to 229.

#include <array>
#include <span>

#include "storage/table.h"

namespace peyk::oauth {

using storage::Category;
using storage::Owner;
using storage::Seal;
using storage::Table;

inline constexpr Table kClients{220,
                                "oauth_clients",
                                "an app as it described itself: name, pages, where it is sent back to",
                                "digest of the description, 16 bytes",
                                Owner::server,
                                Seal::owner,
                                Category::none,
                                "as long as a device is signed in by it; else until room is needed"};

inline constexpr std::array<const Table*, 1> kTables{&kClients};
inline std::span<const Table* const> tables() { return kTables; }

}  // namespace peyk::oauth
