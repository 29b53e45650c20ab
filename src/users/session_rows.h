#pragma once
// Rows of devices and tokens, as JSON.

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "core/ids.h"
#include "storage/db.h"

namespace peyk::users {

struct DeviceRow {
    DeviceId id;
    std::string name = {};
    std::uint64_t session = 0;  // 53 bits, as JSON has them
    std::string client = {};    // id of the OAuth client that signed it in; empty: the legacy API

    std::string encode() const;
    static Result<DeviceRow> decode(std::string_view body);
};

struct TokenRow {
    DeviceId device;
    std::uint64_t session = 0;
    bool refresh = false;
    Millis expires{0};                         // 0: never
    std::vector<std::string> supersedes = {};  // digests of the pair that ends at the first use of this token
    std::vector<std::string> successors = {};  // refresh tokens: the pair that was made from it and is not used yet
    std::string companion = {};                // refresh tokens: digest of the access token of the pair
    std::string client = {};                   // id of the OAuth client; empty: a session of the legacy API
    bool spent = false;  // a refresh token of OAuth that was replaced: kept only to notice that somebody uses it again
    std::vector<std::string> ancestors = {};  // refresh tokens of OAuth: the spent ones before it, oldest first

    std::string encode() const;
    static Result<TokenRow> decode(std::string_view body);
};

std::string device_key(const storage::Db& db, const DeviceId& device);

struct StoredToken {
    std::string digest;
    TokenRow row;
};
// All token rows of a user.
Result<std::vector<StoredToken>> tokens_of(const storage::Db& db, std::uint64_t user);
Result<std::vector<DeviceRow>> devices_of(const storage::Db& db, std::uint64_t user);

}  // namespace peyk::users
