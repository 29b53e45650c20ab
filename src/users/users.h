#pragma once
// The services of this folder in order of dependency. app/ owns one; endpoints are given the services they use.

#include "users/account_data.h"
#include "users/accounts.h"
#include "users/filters.h"
#include "users/invitations.h"
#include "users/lifecycle.h"
#include "users/names.h"
#include "users/passwords.h"
#include "users/profiles.h"
#include "users/provider_links.h"
#include "users/pushers.h"
#include "users/registration.h"
#include "users/registration_tokens.h"
#include "users/sessions.h"
#include "users/sign_in.h"
#include "users/third_party/third_party.h"
#include "users/tickets.h"
#include "users/uia.h"

namespace peyk::users {

// Owner:    app::Server.  Stops by: stop(), after the server that calls it has drained.
class Users {
public:
    // Everything given outlives this object. `observers` may hold null pointers.
    Users(Options options, storage::Db& db, const Feed& feed, privacy::RateLimiter& limiter, const Clock& clock,
          Random& random, Observers observers = {}, ThirdPartyPorts third_party_ports = {})
        : options_(std::move(options)),
          names_(observers.names),
          context_{db, lanes_, feed, clock, random, options_},
          passwords(options_.passwords),
          accounts(context_),
          sessions(context_, accounts, observers.devices),
          names(context_, accounts),
          third_party(context_, accounts, limiter, std::move(third_party_ports)),
          registration_tokens(context_, observers.doors),
          invitations(context_, registration_tokens, accounts, observers.doors),
          password_check(accounts, passwords, limiter, third_party),
          provider_links(context_, accounts),
          uia(context_, password_check, registration_tokens, third_party.validations(), accounts, provider_links),
          registration(context_, accounts, passwords, registration_tokens, sessions, uia, names, third_party,
                       provider_links, invitations, observers.names),
          profiles(context_, accounts, names, observers.profiles),
          account_data(context_, accounts),
          filters(context_),
          pushers(context_, third_party, observers.pushers),
          login_tokens(clock, random, "pl_"),
          openid_tokens(clock, random, "po_"),
          lifecycle(context_, accounts, passwords, sessions, account_data, filters, profiles, login_tokens, names,
                    third_party, provider_links, pushers, observers.accounts) {}

    const Options& options() const { return options_; }
    const Context& context() const { return context_; }
    const ServiceNames* service_names() const { return names_; }  // null: no application services
    void stop() { passwords.stop(); }

private:
    const Options options_;
    const ServiceNames* const names_;
    Lanes lanes_;
    const Context context_;

public:
    Passwords passwords;
    Accounts accounts;
    Sessions sessions;  // the Authenticator
    NameIndex names;
    ThirdParty third_party;  // e-mail addresses; asks nobody and keeps nothing where it is switched off
    RegistrationTokens registration_tokens;
    Invitations invitations;
    PasswordCheck password_check;
    ProviderLinks provider_links;
    Uia uia;
    Registration registration;
    Profiles profiles;
    AccountData account_data;
    Filters filters;
    Pushers pushers;
    Tickets login_tokens;   // subject: user id
    Tickets openid_tokens;  // subject: user id; GET /_matrix/federation/v1/openid/userinfo looks them up
    Lifecycle lifecycle;
};

}  // namespace peyk::users
