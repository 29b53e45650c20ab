#pragma once
// The endpoints of end-to-end encryption: keys, cross-signing, key backup, to-device messages.

#include <memory>
#include <string>
#include <vector>

#include "client_api/endpoint.h"
#include "keys/keys.h"
#include "sync/tokens.h"
#include "users/uia.h"

namespace peyk::client_api {

// Asks the caller to prove who they are. An interface, so that the tests need no accounts.
class InteractiveAuth {
public:
    virtual ~InteractiveAuth() = default;
    // The body of the request without `auth`. Errors: 401 with the flows, as users::Uia::require().
    virtual Task<Result<json::Object>> require(users::UiaRequest request) = 0;
};
// By the account's password.
std::unique_ptr<InteractiveAuth> interactive_auth(users::Uia& uia);

// Who changed or left between two sync tokens. Implemented by sync/.
struct DeviceListDelta {
    std::vector<UserId> changed;
    std::vector<UserId> left;
};
class DeviceListHistory {
public:
    virtual ~DeviceListHistory() = default;
    // Errors: M_INVALID_PARAM for what is no sync token of this caller.
    virtual Task<Result<DeviceListDelta>> between(users::Caller caller, std::string from, std::string to) = 0;
};

// All of them live as long as `api`.
void add_keys_endpoints(Api& api, keys::Keys& keys, InteractiveAuth& auth, DeviceListHistory& history);

// Dehydrated devices (MSC3814). `tokens` outlives `api`.
void add_dehydrated_endpoints(Api& api, keys::Keys& keys, const sync::Tokens& tokens);

}  // namespace peyk::client_api
