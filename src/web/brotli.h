#pragma once
// Brotli for files that are compressed once and sent many times. (Answers: http/compress.h.)

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace peyk::web {

// `quality` from 0 to 11. Empty when it fails.
std::string brotli(std::string_view bytes, int quality);

// The bytes that `packed` decompresses to, piece by piece, so that a large file never stands in memory. `packed`
// outlives the source. Error: corrupt.
std::unique_ptr<http::BodySource> unpacking(std::string_view packed);

}  // namespace peyk::web
