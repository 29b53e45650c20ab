#pragma once
// The addresses that Synapse has for CAS, for servers that take its place: where the CAS server has it entered, and
// where apps look. Spec: Client-Server API › SSO client login/authentication; CAS Protocol 3.0 Specification.

#include "pages/provider_pages.h"

namespace peyk::pages {

// Purpose:  /_matrix/client/{r0,v3}/login/cas/redirect, /_matrix/client/r0/login/cas/ticket, where a provider of the
//           configuration has `synapse_addresses`.
// Owner:    AccountSite.  Runs on: any worker.
class CasPages {
public:
    CasPages(const Desk& desk, ProviderPages& providers) : desk_(desk), providers_(providers) {}
    void add_routes(http::Router& router);

private:
    // Who comes with a ticket has been sent by one of our pages (`state`), or by an app or the CAS server itself
    // (`redirectUrl`), or brings a confirmation for an app (`session`).
    Task<http::Response> redirect(Visit visit);
    Task<http::Response> ticket(Visit visit);

    Task<http::Response> sign_in(Visit visit, oauth::CasProvider* provider, std::string to);
    Task<http::Response> stage(Visit visit, oauth::CasProvider* provider, std::string session);
    http::Response token_page(const Visit& visit, const users::Account& account, const std::string& to) const;

    const Desk& desk_;
    ProviderPages& providers_;
};

// Straight to the CAS server with synapse_addresses, and from there with a token to the app at `to`.
http::Response to_cas(const Visit& visit, const std::string& to);

}  // namespace peyk::pages
