#pragma once
// The endpoints of accounts: registration, sign-in, devices, profiles, account data, filters, push rules, the
// administrator's side of accounts, and what a server says about itself.

#include <optional>
#include <string>
#include <vector>

#include "client_api/endpoint.h"
#include "users/users.h"

namespace peyk::client_api {

// Profiles of other servers, by federation. Null: there are none.
class RemoteProfiles {
public:
    virtual ~RemoteProfiles() = default;
    // `key`: one field, or the whole profile. Errors: M_NOT_FOUND, and those of the way there.
    virtual Task<Result<json::Object>> profile(UserId user, std::optional<std::string> key) = 0;
};

struct AccountApiOptions {
    // Further names for unstable_features of GET /versions, beside those that this module answers for.
    std::vector<std::string> unstable_features = {};
    // Capabilities of other modules: name and JSON object, e.g. {"m.forget_forced_upon_leave", R"({"enabled":true})"}.
    std::vector<std::pair<std::string, std::string>> capabilities = {};
    RemoteProfiles* remote_profiles = nullptr;
    std::string server_version = {};  // GET /versions names the program and this; empty: neither
    bool cas_sign_in = false;         // older apps find single sign-on under its old name too, m.login.cas
};

// Call before traffic starts; `users` and what the options point to outlive `api`.
void add_account_endpoints(Api& api, users::Users& users, AccountApiOptions options = {});

}  // namespace peyk::client_api
