#pragma once
// What clients call: metadata, registration, tokens, revocation, device codes. What browsers open is in pages/.

#include "http/router.h"
#include "oauth/oauth.h"

namespace peyk::oauth {

inline constexpr std::string_view kAuthorizePath = "/_peyk/oauth2/authorize";
inline constexpr std::string_view kTokenPath = "/_peyk/oauth2/token";
inline constexpr std::string_view kRevokePath = "/_peyk/oauth2/revoke";
inline constexpr std::string_view kRegisterPath = "/_peyk/oauth2/register";
inline constexpr std::string_view kDevicePath = "/_peyk/oauth2/device";
inline constexpr std::string_view kAccountPath = "/_peyk/account";

// Purpose:  the routes.  Owner: app::Services; outlives the router's use.  Runs on: any worker.
class Endpoints {
public:
    explicit Endpoints(OAuth& oauth) : oauth_(oauth) {}
    void add_routes(http::Router& router);

private:
    Task<http::Response> metadata(http::Request request);
    Task<http::Response> older_metadata(http::Request request);
    Task<http::Response> register_client(http::Request request);
    Task<http::Response> token(http::Request request);
    Task<http::Response> device(http::Request request);
    Task<http::Response> revoke(http::Request request);

    json::Object describe(bool older) const;
    // `status`: 503 where a 4xx would make clients sign their user out.
    std::optional<http::Response> over_limit(const http::Request& request, privacy::RateClass rate,
                                             int status = 429) const;

    OAuth& oauth_;
};

}  // namespace peyk::oauth
