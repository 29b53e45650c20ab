#pragma once
// Pages for clients of the legacy API that leave something to a browser: stages of User-Interactive Authentication,
// signing in as a whole, and single sign-on. Spec: Client-Server API › Fallback, › Login Fallback, › Client login via
// SSO, › OAuth 2.0 aware clients.

#include "oauth/uri.h"
#include "pages/visit.h"

namespace peyk::pages {

// Purpose:  /_matrix/client/v3/auth/{type}/fallback/web, /_matrix/static/client/login/, .../login/sso/redirect.
// Owner:    AccountSite.  Runs on: any worker.
class FallbackPages {
public:
    explicit FallbackPages(const Desk& desk) : desk_(desk) {}
    void add_routes(http::Router& router);

private:
    Task<http::Response> stage(Visit visit);
    Task<http::Response> stage_posted(Visit visit);
    Task<http::Response> login(Visit visit);
    Task<http::Response> sso_redirect(Visit visit);
    Task<http::Response> sso(Visit visit);
    Task<http::Response> sso_posted(Visit visit);

    http::Response stage_page(const Visit& visit, const Words* complaint, int status) const;
    http::Response provider_stage_page(const Visit& visit, const UserId& user) const;
    http::Response sso_page(const Visit& visit, const std::string& to, const Words* complaint) const;

    const Desk& desk_;
};

inline constexpr std::string_view kSsoPath = "/_peyk/sso";

// That a stage is passed, for the browser; it closes itself where the app opened it.
http::Response stage_done_page(const Visit& visit);
// Where single sign-on may lead: apps of all kinds, but nothing that runs in our own page.
std::optional<oauth::Uri> sso_target(std::string_view text);
// An error for apps among the pages.
http::Response matrix_error(int status, std::string_view code, std::string_view text);
// The address of an app with the login token in its query, before a fragment.
std::string with_token(const std::string& to, const std::string& token);

// Where a form may end, as a source of the policy: the origin of a URI, or its scheme.
std::string form_target(const oauth::Uri& uri);

}  // namespace peyk::pages
