#pragma once
// Content codings for answers. Cheap levels: docs/decisions/0303 has the figures.

#include <string>
#include <string_view>

#include "http/message.h"

namespace peyk::http {

enum class Encoding : unsigned char { identity, gzip, brotli };
std::string_view encoding_name(Encoding encoding);

inline constexpr std::size_t kCompressFrom = 1024;

// The best coding that an Accept-Encoding field allows. q=0 forbids; other weights count only as "allowed".
Encoding accepted_encoding(std::string_view accept_encoding);
// Empty when it fails or does not save anything.
std::string compress(Encoding encoding, std::string_view body);

}  // namespace peyk::http
