#pragma once
// Public keys of authenticators and their signatures: ES256, EdDSA (Ed25519), RS256. RFC 9053.

#include <string_view>

#include "oauth/cbor.h"

namespace peyk::oauth {

inline constexpr int kEs256 = -7, kEdDsa = -8, kRs256 = -257;

// A key of one of the three kinds, on its curve, of a size that is neither weak nor a burden.
bool is_cose_key(std::string_view key);
bool verify_cose(std::string_view key, std::string_view message, std::string_view signature);

}  // namespace peyk::oauth
