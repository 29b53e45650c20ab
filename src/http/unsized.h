#pragma once
// An answer that streams and does not know its length beforehand.

#include <cstdint>

namespace peyk::http {

// As Response::length: the stream says by its end how long it is. Sent in chunks, or to the end of the connection.
inline constexpr std::uint64_t kUnsized = ~std::uint64_t{0};

}  // namespace peyk::http
