#pragma once
// Shapes of row keys that several files of keys/ share, and the removal of many rows.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "storage/db.h"

namespace peyk::keys {

// Rows of a device are found by this number. A collision needs two devices of one user under a keyed 64-bit hash.
inline std::uint64_t device_number(const storage::Db& db, const DeviceId& device) { return db.number(device.view()); }

std::string key_of(std::uint64_t number);
std::string key_of(std::uint64_t first, std::uint64_t second);
std::string key_of(std::uint64_t number, std::string_view tail);

// Puts of one Change stay below this, so that keys and seals fit into kMaxBatch as well.
inline constexpr std::size_t kChangeBytes = 900 * 1024;

// Deletes every row of `table` of the user whose key begins with `prefix`, in as many changes as it takes. The caller
// holds the user's lane.
Task<Result<void>> remove_rows(storage::Db& db, const storage::Table& table, std::uint64_t user_number,
                               std::string prefix);
// The same for few rows, as part of a change.
Result<void> remove_rows(storage::Db& db, storage::Change& change, const storage::Table& table,
                         std::uint64_t user_number, std::string_view prefix);

}  // namespace peyk::keys
