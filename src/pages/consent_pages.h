#pragma once
// Where a user allows an app: the authorisation endpoint, and the page for the code of a device.

#include "oauth/authorization.h"
#include "pages/visit.h"

namespace peyk::pages {

// Purpose:  /_peyk/oauth2/authorize and /_peyk/link.  Owner: AccountSite.  Runs on: any worker.
class ConsentPages {
public:
    explicit ConsentPages(const Desk& desk) : desk_(desk) {}
    void add_routes(http::Router& router);

private:
    Task<http::Response> authorize(Visit visit);
    Task<http::Response> decided(Visit visit);
    Task<http::Response> link(Visit visit);
    Task<http::Response> link_posted(Visit visit);

    http::Response consent_page(const Visit& visit, const oauth::AuthorizationRequest& request,
                                const std::string& query, const Words* complaint) const;
    http::Response code_page(const Visit& visit, const std::string& code, const Words* complaint, int status) const;
    http::Response device_page(const Visit& visit, const std::string& code, const oauth::Grant& grant) const;
    http::Response refused(const Visit& visit, const oauth::BadRequest& bad) const;
    Html about(const Visit& visit, const oauth::ClientMetadata& client, std::string_view device,
               std::string_view back) const;

    const Desk& desk_;
};

}  // namespace peyk::pages
