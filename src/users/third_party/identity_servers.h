#pragma once
// What identity servers are asked. Spec: Identity Service API.

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "core/ids.h"
#include "core/json.h"
#include "http/client/client.h"

namespace peyk::users {

// The value of the Authorization field of a request that this server signs. Spec: Server-Server API › Request
// Authentication.
using SignRequest = std::function<std::string(std::string_view method, std::string_view target,
                                              std::string_view destination, const json::Object& content)>;

// Purpose:  one call each, a bounded number at once (M_LIMIT_EXCEEDED beyond it); addresses are checked by Outbound
// like those of any stranger.  Runs on: workers.
class IdentityServers {
public:
    IdentityServers(http::Outbound& outbound, SignRequest sign) : outbound_(outbound), sign_(std::move(sign)) {}

    struct Bound {
        std::string medium, address;
    };
    // Errors: M_INVALID_PARAM (name of the server), and what came of the call.
    Task<Result<Bound>> bind(std::string id_server, std::string token, std::string sid, std::string client_secret,
                             UserId user);
    Task<Result<void>> unbind(std::string id_server, std::string medium, std::string address, UserId user);
    // Nothing: the address is bound to nobody.
    Task<Result<std::optional<UserId>>> look_up(std::string id_server, std::string token, std::string medium,
                                                std::string address);
    // Answers {token, display_name, public_keys, …} as the specification has it.
    Task<Result<json::Object>> store_invite(std::string id_server, std::string token, json::Object about);
    // False as well when the server says nothing of the kind. Errors: it cannot be asked.
    Task<Result<bool>> key_is_valid(std::string url, std::string public_key);

private:
    Task<Result<json::Object>> call(http::Method method, std::string id_server, std::string target, std::string bearer,
                                    std::optional<json::Object> content);
    Task<Result<json::Object>> send(http::ClientRequest request);

    http::Outbound& outbound_;
    SignRequest sign_;
    std::atomic<int> under_way_ = 0;
};

}  // namespace peyk::users
