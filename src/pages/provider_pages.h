#pragma once
// The way to a provider and back. Spec: Client-Server API › SSO client login/authentication; OpenID Connect Core.

#include "pages/visit.h"

namespace peyk::pages {

// Purpose:  /_peyk/provider/{id}, and below it: confirm, link, stage, callback.
// Owner:    AccountSite.  Runs on: any worker.
class ProviderPages {
public:
    explicit ProviderPages(const Desk& desk) : desk_(desk) {}
    void add_routes(http::Router& router);

    // A browser with the answer to an attempt, at whatever address the provider sends it back to.
    Task<http::Response> came_back(Visit visit, oauth::Provider* provider);
    // Whose account it is that the provider calls by that name; null: nobody's. Locked accounts are found.
    Result<users::AccountPtr> account_of(const oauth::Provider& provider, const std::string& subject) const;
    oauth::Provider::IsKnown is_known(const oauth::Provider& provider) const;
    // False: the person could not be linked with the account.
    Task<bool> keep_link(std::uint64_t user, users::ProviderLink link);
    // Somebody without an account here.
    Task<http::Response> newcomer(Visit visit, oauth::Provider* provider, oauth::Attempt attempt, oauth::Person person,
                                  users::ProviderLink link);
    http::Response unknown(const Visit& visit) const;

private:
    Task<http::Response> begin(Visit visit);
    Task<http::Response> confirm(Visit visit);
    Task<http::Response> link(Visit visit);
    Task<http::Response> stage(Visit visit);
    Task<http::Response> callback(Visit visit);

    Task<http::Response> go(Visit visit, oauth::Provider* provider, oauth::Attempt attempt);
    Task<http::Response> arrived(Visit visit, oauth::Provider* provider, oauth::Attempt attempt, oauth::Person person);
    Task<http::Response> proven(Visit visit, oauth::Attempt attempt);
    http::Response keep_newcomer(const Visit& visit, const oauth::Provider& provider, const oauth::Attempt& attempt,
                                 oauth::Person person, users::ProviderLink link, std::string_view page) const;
    oauth::Provider* provider_of(const Visit& visit) const;

    const Desk& desk_;
};

// What went wrong, and a way to begin again.
http::Response trouble_page(const Visit& visit, const oauth::Provider& provider, const oauth::Trouble& trouble,
                            const std::string& again_at);

// What stands behind the query of a stage's link, so that no other site can send a browser there.
std::string stage_proof(const Visit& visit, std::string_view session);
// "/_peyk/provider/school/WHAT?next=…"; `what` may be empty.
std::string provider_address(std::string_view id, std::string_view what, std::string_view next);

// "Sign in with", and a button for each provider. `registering`: only those that make accounts. Empty without any.
Html provider_buttons(const Visit& visit, const Words& label, std::string_view next, bool registering = false);

// How the owner of an account can prove again who they are.
struct Ways {
    bool password = true;
    std::vector<const oauth::ProviderOptions*> providers;  // that the account is linked with and that are offered
};
Ways ways_of(const Desk& desk, std::uint64_t user);

// Opens a session of this browser for the account, or half of one, and goes on. Closes the one that was open.
http::Response sign_in_browser(Visit& visit, const users::Account& account, const std::string& next);

}  // namespace peyk::pages
