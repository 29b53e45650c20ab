#pragma once
// Second factors: the page that asks for one, the pages that set them up, and signing in by a passkey.

#include "pages/visit.h"

namespace peyk::pages {

// Purpose:  /_peyk/sign-in/second, /_peyk/sign-in/passkey, /_peyk/account/security and below, the script of passkeys.
// Owner:    AccountSite.  Runs on: any worker.
class SecurityPages {
public:
    explicit SecurityPages(const Desk& desk) : desk_(desk) {}
    void add_routes(http::Router& router);

private:
    Task<http::Response> second(Visit visit);
    Task<http::Response> second_posted(Visit visit);
    Task<http::Response> passkey_posted(Visit visit);
    Task<http::Response> security(Visit visit);
    Task<http::Response> app_form(Visit visit);
    Task<http::Response> app_posted(Visit visit);
    Task<http::Response> app_removed(Visit visit);
    Task<http::Response> passkey_form(Visit visit);
    Task<http::Response> passkey_added(Visit visit);
    Task<http::Response> passkey_removed(Visit visit);
    Task<http::Response> codes_renewed(Visit visit);
    Task<http::Response> password_apps(Visit visit);
    Task<http::Response> script(http::Request request) const;

    http::Response second_page(const Visit& visit, const Words* complaint, int status) const;
    http::Response security_page(const Visit& visit, const Words* complaint, const Words* done) const;
    http::Response app_page(const Visit& visit, const Words* complaint) const;
    http::Response passkey_page(const Visit& visit, const Words* complaint) const;
    http::Response codes_page(const Visit& visit, const oauth::SecondFactors::Codes& codes) const;
    http::Response sign_in_fully(Visit& visit, const users::Account& account) const;
    Html passkey_list(const Visit& visit, const oauth::Factors& factors) const;

    const Desk& desk_;
};

// The form of the passkey that signs in, for the sign-in page and for the second factor. `user`: whose passkeys are
// asked for; none: any that the device knows. Hidden until the script finds that the browser can do it.
Html passkey_sign_in(const Visit& visit, std::string_view next, std::optional<std::uint64_t> user);
inline constexpr std::string_view kPasskeyScript = "/_peyk/passkey.js";

}  // namespace peyk::pages
