#pragma once
// The request that a client sends a browser with. Spec: Client-Server API › Authorisation code flow.

#include <string>
#include <variant>

#include "oauth/clients.h"
#include "oauth/form.h"
#include "oauth/scope.h"

namespace peyk::oauth {

struct AuthorizationRequest {
    ClientPtr client;
    Scope scope;
    std::string redirect_uri, state, challenge;
    bool fragment = false;   // response_mode
    bool create = false;     // prompt=create
    std::string login_hint;  // a user name that the client believes to be meant; may be empty
};

// What is wrong with it. Before client and redirect URI are known to be good nobody is sent anywhere: `redirect` is
// empty, and a page says so.
struct BadRequest {
    OauthError error;
    std::string redirect;
};

Result<std::variant<AuthorizationRequest, BadRequest>> read_request(const Clients& clients, const Form& query,
                                                                    const std::string& issuer);

// The redirect URI with the answer in its query or fragment, and with `iss` (RFC 9207) against mix-ups.
std::string answer_code(const AuthorizationRequest& request, const std::string& code, const std::string& issuer);
std::string answer_error(const AuthorizationRequest& request, const OauthError& error, const std::string& issuer);

}  // namespace peyk::oauth
