#pragma once
// Who comes from a provider for the first time, and the links of an account.

#include "pages/visit.h"

namespace peyk::pages {

// Purpose:  /_peyk/welcome, /_peyk/welcome/link, /_peyk/account/providers, …/unlink.
// Owner:    AccountSite.  Runs on: any worker.
class LinkPages {
public:
    explicit LinkPages(const Desk& desk) : desk_(desk) {}
    void add_routes(http::Router& router);

private:
    Task<http::Response> welcome(Visit visit);
    Task<http::Response> registered(Visit visit);
    Task<http::Response> link(Visit visit);
    Task<http::Response> linked(Visit visit);
    Task<http::Response> list(Visit visit);
    Task<http::Response> unlinked(Visit visit);

    // Of this browser; nothing: it is over.
    std::optional<oauth::Newcomer> newcomer_of(const Visit& visit) const;
    const oauth::ProviderOptions* provider_of(const oauth::Newcomer& newcomer) const;
    http::Response over(const Visit& visit) const;
    http::Response welcome_page(const Visit& visit, const oauth::Newcomer& newcomer, const Words* complaint,
                                int status) const;
    http::Response link_page(const Visit& visit, const oauth::Newcomer& newcomer, const Words* complaint) const;
    http::Response list_page(const Visit& visit, const Words* complaint, const Words* done) const;

    const Desk& desk_;
};

}  // namespace peyk::pages
