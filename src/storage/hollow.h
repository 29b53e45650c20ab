#pragma once
// Bodies whose key was destroyed are noise that takes space. When tables are rewritten they go, and the row stays: its
// position and its clear header may still be needed. docs/decisions/1604-hollow-rows.md

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "storage/table.h"

namespace peyk::storage {

class Vault;

// Shown a row as the engine has it, key behind the shard: what its value becomes; nullopt: it stays as it is.
using Hollow = std::function<std::optional<std::string>(std::string_view key, std::string_view value)>;

// For rows of tables with Seal::row. What cannot be understood stays as it is. Any thread; `vault` outlives it.
Hollow hollow_destroyed(const Vault& vault, Catalog catalog);

}  // namespace peyk::storage
