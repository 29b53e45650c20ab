#pragma once
// Keyed hashes. RFC 2104.

#include <string>
#include <string_view>

namespace peyk {

// Raw bytes: 20 and 32 of them. Any thread. SHA-1 is for formats of others that know nothing else.
std::string hmac_sha1(std::string_view key, std::string_view text);
std::string hmac_sha256(std::string_view key, std::string_view text);

}  // namespace peyk
