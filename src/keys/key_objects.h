#pragma once
// What clients may upload as keys: shapes and sizes, not cryptography. Pure functions.
// Spec: Client-Server API › End-to-End Encryption › Key algorithms, Device keys, Cross-signing.

#include <optional>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/json.h"
#include "keys/limits.h"

namespace peyk::keys {

// "<algorithm>:<key id>", both at least one character.
struct KeyName {
    std::string algorithm;
    std::string id;
};
std::optional<KeyName> parse_key_name(std::string_view text, const Limits& limits);

// Errors: M_BAD_JSON for a wrong shape, M_INVALID_PARAM when it names another user or device, M_TOO_LARGE.
Result<void> check_device_keys(const json::Object& keys, const UserId& user, const DeviceId& device,
                               const Limits& limits);
// A string, or an object with `key` and `signatures`. Errors: M_BAD_JSON, M_TOO_LARGE.
Result<void> check_one_time_key(const KeyName& name, const json::Value& key, const Limits& limits);

enum class Usage : std::uint8_t { master = 1, self_signing = 2, user_signing = 3 };
inline constexpr std::array kUsages{Usage::master, Usage::self_signing, Usage::user_signing};
std::string_view usage_name(Usage usage);  // "self_signing"

// A cross-signing key that has passed the checks. `object` holds signatures of the owner only.
struct CrossSigningKey {
    Usage usage;
    std::string public_key;  // unpadded base64, as in its key id "ed25519:<public key>"
    json::Object object;

    std::string key_id() const { return "ed25519:" + public_key; }
};
// Errors: M_BAD_JSON, M_INVALID_PARAM (other user, other usage, not an Ed25519 key), M_TOO_LARGE.
Result<CrossSigningKey> parse_cross_signing_key(Usage usage, json::Object key, const UserId& user,
                                                const Limits& limits);
// For an object that was checked before it was stored.
CrossSigningKey stored_cross_signing_key(Usage usage, json::Object key);

// The object without `signatures` and `unsigned`: what a signature covers.
json::Object signed_part(json::Object object);
// `signatures` of the object reduced to those of one user; no member when there are none.
void keep_signatures_of(json::Object& object, const UserId& user);

}  // namespace peyk::keys
