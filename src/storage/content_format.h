#pragma once
// The number that stands for the form of all rows of a store. docs/decisions/0106-migrations.md

#include <cstdint>

namespace peyk::storage {

// 1 is that of stores that do not say.
using ContentFormat = std::uint32_t;
inline constexpr ContentFormat kFirstFormat = 1;
inline constexpr ContentFormat kAnyFormat = ~ContentFormat{0};  // newer than any

}  // namespace peyk::storage
