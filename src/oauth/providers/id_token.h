#pragma once
// What a provider says about a person, and whether it is true. OpenID Connect Core › ID Token Validation (3.1.3.7),
// RFC 7515.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "core/json.h"
#include "oauth/providers/jwks.h"

namespace peyk::oauth {

// What a token must fit.
struct IdTokenRules {
    std::string_view issuer, client_id, nonce;
    std::string_view access_token;  // that came with it; empty: none
    Millis now;                     // since 1970
    // The person must have proven anew who they are since then; seconds since 1970.
    std::optional<std::int64_t> authenticated_since = {};
};

struct BadToken {
    std::string_view why;      // static
    bool key_unknown = false;  // a newer set of keys may have the key
};

inline constexpr std::size_t kMaxIdToken = 16 * 1024;
inline constexpr std::size_t kMaxSubject = 255;

// The claims of a token that holds; "sub" is a string of 1 to kMaxSubject bytes.
std::expected<json::Object, BadToken> read_id_token(std::string_view text, const KeySet& keys,
                                                    const IdTokenRules& rules);

}  // namespace peyk::oauth
