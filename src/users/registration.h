#pragma once
// New accounts. Spec: Client-Server API › Account registration; the shared-secret form is the one that operators'
// tools and test suites speak.

#include <optional>
#include <string>

#include "users/accounts.h"
#include "users/invitations.h"
#include "users/names.h"
#include "users/passwords.h"
#include "users/ports.h"
#include "users/provider_links.h"
#include "users/registration_tokens.h"
#include "users/sessions.h"
#include "users/tickets.h"
#include "users/uia.h"

namespace peyk::users {

struct NewAccount {
    std::string localpart;  // checked by check_localpart()
    std::string password;   // empty: none
    bool guest = false;
    bool admin = false;
    bool of_server = false;  // nobody signs in as it
    std::string user_type = {};
    std::optional<std::string> displayname = {};  // the localpart when not given
};

// Purpose:  checks names, makes accounts (row and profile in one batch).
// Owner:    Users.  Runs on: any worker.
class Registration {
public:
    Registration(const Context& context, Accounts& accounts, Passwords& passwords, RegistrationTokens& tokens,
                 Sessions& sessions, Uia& uia, NameIndex& people, ThirdParty& third_party,
                 ProviderLinks& provider_links, Invitations& invitations, const ServiceNames* names = nullptr);

    RegistrationMode mode() const { return context_.options.registration; }
    // Whether a browser can make an account in some way: by the mode, or through a provider.
    bool possible_in_browser() const;
    // Lower-cased, of the grammar for new names, not too long. Errors: M_INVALID_USERNAME.
    Result<std::string> check_localpart(std::string_view wanted) const;
    // Errors: M_INVALID_USERNAME, M_USER_IN_USE, M_EXCLUSIVE (a name of an application service).
    Result<void> available(std::string_view localpart) const;
    // A name for those who do not want to choose.
    std::string random_localpart() const;

    // Makes the account whatever the mode is: for operators, the shared secret, and register_user() itself.
    // `more` may add rows of the user to the batch that makes it.
    Task<Result<AccountPtr>> create(NewAccount wanted, Accounts::Also more = {});

    // POST /register with its authentication. A request without "inhibit_login" is signed in.
    struct Request {
        std::string operation;
        json::Object body;
    };
    struct Registered {
        UserId user;
        std::optional<SignedIn> signed_in = {};
    };
    // With "guest_access_token" the guest of that token becomes a full user under the same name.
    Task<Result<Registered>> register_user(Request request);
    // The same for an application service: no stages, no password, whatever the mode is; names in its own namespaces
    // only (M_EXCLUSIVE). Spec: Application Service API › Server admin style permissions.
    Task<Result<Registered>> register_for_service(std::string service, json::Object body);
    // POST /register?kind=guest: an account without a password, always signed in. Spec: Guest Access.
    // Errors: M_GUEST_ACCESS_FORBIDDEN when guests are switched off.
    Task<Result<Registered>> register_guest(Request request);

    // On the page of this server, by the same rules as POST /register. `token`: where registration needs one; what it
    // promises besides (users/invitations.h) is done.
    // Errors: M_FORBIDDEN (closed, bad token), M_WEAK_PASSWORD, M_INVALID_USERNAME, M_USER_IN_USE.
    Task<Result<AccountPtr>> register_in_browser(NewAccount wanted, std::string token);

    // For somebody whom a provider has named and who has no account here; whether the provider may do that is the
    // caller's to know. Account and link are one batch. Errors: M_INVALID_USERNAME, M_USER_IN_USE (the name),
    // M_EXCLUSIVE, conflict (the person has an account by now).
    Task<Result<AccountPtr>> register_through_provider(NewAccount wanted, ProviderLink link);

    // Errors: M_FORBIDDEN when no shared secret is configured.
    Result<std::string> shared_secret_nonce();
    struct SharedSecretRequest {
        std::string nonce, user, password, mac, user_type;
        bool admin = false;
        std::optional<std::string> displayname = {};
    };
    Task<Result<SignedIn>> register_by_secret(SharedSecretRequest request);

private:
    struct Wish;  // the parts of POST /register's body
    std::vector<UiaFlow> flows() const;
    Task<Result<AccountPtr>> make_or_upgrade(NewAccount wanted);
    Task<Result<AccountPtr>> make_with_token(NewAccount wanted, std::string token);
    Result<Wish> parse(const json::Object& body) const;
    Result<void> fits(const Wish& wish) const;
    Task<Result<AccountPtr>> make_account(UiaGrant grant, Wish wish);
    Task<Result<AccountPtr>> upgrade_guest(UserId guest, std::string password);
    Task<Result<Registered>> finish(AccountPtr account, Wish wish);

    const Context& context_;
    Accounts& accounts_;
    Passwords& passwords_;
    RegistrationTokens& tokens_;
    Sessions& sessions_;
    Uia& uia_;
    NameIndex& people_;
    ThirdParty& third_party_;
    ProviderLinks& provider_links_;
    Invitations& invitations_;
    const ServiceNames* names_;
    Tickets nonces_;
};

}  // namespace peyk::users
