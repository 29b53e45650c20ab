#pragma once
// The account: profile, devices, password, its end. Spec: Client-Server API › Account management URL actions.

#include "pages/visit.h"

namespace peyk::pages {

// Purpose:  /_peyk/account and below.  Owner: AccountSite.  Runs on: any worker.
class AccountPages {
public:
    explicit AccountPages(const Desk& desk) : desk_(desk) {}
    void add_routes(http::Router& router);

private:
    Task<http::Response> account(Visit visit);
    Task<http::Response> profile(Visit visit);
    Task<http::Response> profile_posted(Visit visit);
    Task<http::Response> devices(Visit visit);
    Task<http::Response> device(Visit visit);
    Task<http::Response> device_ended(Visit visit);
    Task<http::Response> password(Visit visit);
    Task<http::Response> password_posted(Visit visit);
    Task<http::Response> deactivate(Visit visit);
    Task<http::Response> deactivated(Visit visit);
    Task<http::Response> notice_dismissed(Visit visit);
    Task<http::Response> identity(Visit visit);
    Task<http::Response> identity_posted(Visit visit);

    http::Response profile_page(const Visit& visit, const Words* complaint, const Words* done) const;
    http::Response password_page(const Visit& visit, const Words* complaint) const;
    http::Response deactivate_page(const Visit& visit, const Words* complaint) const;
    http::Response identity_page(const Visit& visit, const Words* complaint) const;
    users::Caller caller_of(const Visit& visit) const;

    const Desk& desk_;
};

// What forms that weigh something have in common: the form is ours, not too often, and the password of the signed-in
// account is right, or a provider has confirmed a moment ago that it is its owner.
struct Proof {
    bool ours = false, hasty = true, confirmed = false;
    UserId user;
    std::string password;
};
Proof proof_of(const Visit& visit);
// Null: all is well.
Task<const Words*> check_password(Desk desk, Proof proof);

Html done_line(const Visit& visit, const Words* words);
Html back_link(const Visit& visit);
// The field for the present password, and the ways to providers that can confirm in its place.
Html password_field(const Visit& visit);

}  // namespace peyk::pages
