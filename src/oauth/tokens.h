#pragma once
// The token endpoint: what becomes of codes and refresh tokens. Spec: Client-Server API › Grant types.

#include "core/json.h"
#include "oauth/browser_sessions.h"
#include "oauth/clients.h"
#include "oauth/codes.h"
#include "oauth/form.h"
#include "users/users.h"

namespace peyk::oauth {

// Purpose:  turns grants into sessions of users/.  Owner: OAuth.  Runs on: any worker.
class Tokens {
public:
    Tokens(users::Users& users, Clients& clients, AuthorizationCodes& codes, DeviceCodes& device_codes,
           const BrowserSessions& browsers)
        : users_(users), clients_(clients), codes_(codes), device_codes_(device_codes), browsers_(browsers) {}

    // POST to the token endpoint. Errors: RFC 6749 section 5.2, RFC 8628 section 3.5.
    Task<Expected<json::Object>> exchange(Form form);
    // POST to the device authorisation endpoint. `base`: the address of the pages.
    Task<Expected<json::Object>> begin_device(Form form, std::string base);

private:
    Task<Expected<json::Object>> exchange_code(Form form);
    Task<Expected<json::Object>> exchange_device_code(Form form);
    Task<Expected<json::Object>> refresh(Form form);
    Task<Expected<users::SignedIn>> sign_in(Grant grant);

    users::Users& users_;
    Clients& clients_;
    AuthorizationCodes& codes_;
    DeviceCodes& device_codes_;
    const BrowserSessions& browsers_;
};

}  // namespace peyk::oauth
