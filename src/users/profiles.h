#pragma once
// Profiles of local users: any field, 64 KiB in all. Spec: Client-Server API › Profiles (version 1.16).

#include <optional>
#include <string>

#include "core/json.h"
#include "users/accounts.h"
#include "users/caller.h"
#include "users/names.h"
#include "users/ports.h"

namespace peyk::users {

// Purpose:  reads and changes profiles; tells the observer about display names and avatars.
// Owner:    Users.  Runs on: any worker; reads block.
class Profiles {
public:
    Profiles(const Context& context, const Accounts& accounts, NameIndex& names, ProfileObserver* observer)
        : context_(context), accounts_(accounts), names_(names), observer_(observer) {}

    // {} for an account without any field. Errors: M_NOT_FOUND: no such account here, or it has ended.
    Result<json::Object> get(const UserId& user) const;
    Result<std::optional<std::string>> displayname(const UserId& user) const;
    Result<std::optional<std::string>> avatar_url(const UserId& user) const;

    // Errors: M_BAD_JSON, M_INVALID_PARAM (grammar of the key or the value), M_KEY_TOO_LARGE, M_PROFILE_TOO_LARGE,
    // M_USER_SUSPENDED.
    Task<Result<void>> set(Caller caller, std::string key, json::Value value);
    Task<Result<void>> erase(Caller caller, std::string key);
    // Inside the lane of the user.
    void delete_in(storage::Change& change, std::uint64_t user) const;

private:
    Task<Result<void>> change(Caller caller, std::string key, std::optional<json::Value> value);

    const Context& context_;
    const Accounts& accounts_;
    NameIndex& names_;
    ProfileObserver* observer_;
};

}  // namespace peyk::users
