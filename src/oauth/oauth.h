#pragma once
// The services of this folder in order of dependency. app/ owns one; endpoints.h and pages/ are given it.

#include "oauth/authorization.h"
#include "oauth/browser_sessions.h"
#include "oauth/clients.h"
#include "oauth/codes.h"
#include "oauth/providers/providers.h"
#include "oauth/second_factors.h"
#include "oauth/tokens.h"

namespace peyk::oauth {

struct OauthOptions {
    bool enabled = true;   // the API for clients; the account pages are there either way
    std::string base_url;  // "https://chat.example.org"
    std::vector<ProviderOptions> providers = {};
    // The issuer of the metadata and of `iss`.
    std::string issuer() const { return base_url + "/"; }
};

// Owner:    app::Services.
class OAuth {
public:
    // What is given outlives this object. `outbound`: the way to the providers.
    OAuth(OauthOptions given, users::Users& users_given, privacy::RateLimiter& limiter_given, http::Outbound& outbound)
        : options(std::move(given)),
          users(users_given),
          limiter(limiter_given),
          clients(users.context(), users.sessions),
          codes(users.context().clock, users.context().random),
          device_codes(users.context().clock, users.context().random),
          browsers(users.context().clock, users.context().random, users.accounts),
          tokens(users, clients, codes, device_codes, browsers),
          factors(users, limiter, RelyingParty::of(options.base_url)),
          providers(options.providers, options.base_url, outbound, users.context().clock, users.context().random) {
        users.sessions.on_signed_out([this](std::uint64_t user) { browsers.close_all(user); });
    }
    ~OAuth() { users.sessions.on_signed_out({}); }
    OAuth(const OAuth&) = delete;
    OAuth& operator=(const OAuth&) = delete;

    const OauthOptions options;
    users::Users& users;
    privacy::RateLimiter& limiter;
    Clients clients;
    AuthorizationCodes codes;
    DeviceCodes device_codes;
    BrowserSessions browsers;
    Tokens tokens;
    SecondFactors factors;
    Providers providers;
};

}  // namespace peyk::oauth
