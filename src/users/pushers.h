#pragma once
// Where a user wants notifications sent. Stored and listed here; sending is another module's.
// Spec: Client-Server API › POST /pushers/set.

#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "users/caller.h"
#include "users/context.h"
#include "users/ports.h"

namespace peyk::users {

class ThirdParty;

// MSC3881, under its unstable names: whether a pusher tells anything, and whose device it is of.
inline constexpr std::string_view kPusherEnabled = "org.matrix.msc3881.enabled";
inline constexpr std::string_view kPusherDevice = "org.matrix.msc3881.device_id";

class Pushers {
public:
    Pushers(const Context& context, const ThirdParty& third_party, PusherObserver* observer = nullptr)
        : context_(context), third_party_(third_party), observer_(observer) {}

    // `body` as in POST /pushers/set; a null kind deletes. Errors: M_MISSING_PARAM, M_BAD_JSON, M_INVALID_PARAM;
    // M_THREEPID_NOT_FOUND: notices by e-mail go to the account's own addresses only.
    Task<Result<void>> set(Caller caller, json::Object body);
    // As GET /pushers lists them.
    Result<std::vector<json::Object>> list(std::uint64_t user) const;

    // For who sends. `key`: 16 bytes, the same for the same app id and push key.
    struct Stored {
        UserId user;
        std::string key;
        json::Object pusher;      // as list() gives it
        std::int64_t set_at = 0;  // seconds since 1970, to the day
    };
    Result<std::vector<Stored>> stored(std::uint64_t user) const;
    // Users who may have pushers.
    Result<std::vector<std::uint64_t>> owners() const;
    Task<Result<void>> remove(std::uint64_t user, std::string key);

private:
    Task<Result<void>> remove_of_others(std::uint64_t user, std::string key);
    Task<Result<void>> index(std::uint64_t user, std::string key);

    Result<json::Object> parse(const Caller& caller, const json::Object& body) const;
    Result<void> check_email(const Caller& caller, json::Object& pusher) const;

    const Context& context_;
    const ThirdParty& third_party_;
    PusherObserver* observer_;
};

}  // namespace peyk::users
