#pragma once
// Signing in on the pages of this server, making an account, signing out.

#include "pages/visit.h"

namespace peyk::pages {

// Purpose:  /_peyk/sign-in, /_peyk/register, /_peyk/sign-out; /i/TOKEN where no web client has it.  Owner: AccountSite.
// Runs on: any worker.
class SignInPages {
public:
    explicit SignInPages(const Desk& desk) : desk_(desk) {}
    void add_routes(http::Router& router);

private:
    Task<http::Response> form(Visit visit);
    Task<http::Response> posted(Visit visit);
    Task<http::Response> register_form(Visit visit);
    Task<http::Response> registered(Visit visit);
    Task<http::Response> invited(Visit visit);
    Task<http::Response> sign_out(Visit visit);

    http::Response sign_in_page(const Visit& visit, std::string name, const Words* complaint, int status) const;
    http::Response register_page(const Visit& visit, const Words* complaint, int status) const;
    std::string app_behind(const std::string& next) const;

    const Desk& desk_;
};

// What to say about a failed registration.
const Words& words_for_registration(const Error& error);
// What to say about a failed check of a password.
const Words& words_for(const Error& error, const Words& when_wrong);

}  // namespace peyk::pages
