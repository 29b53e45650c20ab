#pragma once
// zstd for single values, with a dictionary of the field names that every event has.

#include <string>
#include <string_view>

#include "base/error.h"

namespace peyk::storage {

// Appends the compressed form, or returns false and leaves `out` as it is when that would not be smaller.
bool compress(std::string_view body, std::string& out);
// corrupt when it is not what compress() made or larger than any value may be.
Result<std::string> decompress(std::string_view bytes);

}  // namespace peyk::storage
