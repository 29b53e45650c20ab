#pragma once
// The forms of single values: zstd with a dictionary of the field names that every event has, and apart from it what
// does not compress.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace peyk::storage {

// Numbers of the format: they are written.
enum class BodyForm : std::uint8_t {
    stored = 0,  // as it is
    zstd = 1,    // zstd with dictionary 1
    // Since version 2 of store.header:
    //   varint n, n bytes of noise
    //   varint 2 * runs + (1 if the text is zstd with dictionary 1)
    //   the runs of base64: their places, then their bytes (base64_runs.h)
    //   the text
    parted = 2,
};

// Appends the smallest form of `body` and says which; `stored` appends nothing. The first `noise` bytes are known not
// to compress: hashes, signatures, numbers.
BodyForm compress(std::string_view body, std::size_t noise, std::string& out);
// corrupt when it is not what compress() made or larger than any value may be. Not for `stored`.
Result<std::string> decompress(BodyForm form, std::string_view bytes);

}  // namespace peyk::storage
