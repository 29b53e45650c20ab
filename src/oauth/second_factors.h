#pragma once
// Authenticator apps, passkeys and recovery codes. An account that has one of the first two signs in with it beside the
// password, or with a passkey alone that has checked its user.

#include <string>
#include <vector>

#include "oauth/totp.h"
#include "oauth/webauthn.h"
#include "users/tickets.h"
#include "users/users.h"

namespace peyk::oauth {

struct Passkey {
    std::string key;  // of its row: what the pages name it by
    std::string id;   // of the credential
    std::string public_key;
    std::uint32_t counter = 0;
    std::string name;
    std::uint32_t day = 0;  // since 1970, of its making
};

struct Factors {
    bool authenticator = false;
    std::vector<Passkey> passkeys;
    std::size_t recovery_codes = 0;  // not used yet
    bool any() const { return authenticator || !passkeys.empty(); }
};

// Purpose:  keeps and checks second factors; holds Account::second_factor true as long as there is one.
// Owner:    OAuth.  Runs on: any worker.
class SecondFactors {
public:
    static constexpr std::size_t kMaxPasskeys = 20;

    SecondFactors(users::Users& users, privacy::RateLimiter& limiter, RelyingParty party);

    const RelyingParty& party() const { return party_; }
    bool has_passkeys() const { return !party_.id.empty(); }
    Result<Factors> of(std::uint64_t user) const;

    std::string new_secret() const;
    // Codes for recovery come with the first factor, and are shown once. Empty: there are some already.
    using Codes = std::vector<std::string>;
    // Errors: forbidden for a code that is not right.
    Task<Result<Codes>> add_authenticator(std::uint64_t user, std::string secret, std::string code);
    Task<Result<void>> remove_authenticator(std::uint64_t user);
    // Of an app, or for recovery; used up by this. Errors: forbidden, rate_limited after too many wrong ones.
    Task<Result<void>> use_code(std::uint64_t user, std::string code);
    Task<Result<Codes>> renew_recovery_codes(std::uint64_t user);

    // What the browser shall sign: bound to `holder`, the visitor's cookie, good for ten minutes and once.
    std::string new_challenge(std::string_view holder);
    // Errors: bad_request, M_USER_IN_USE when the passkey is known.
    Task<Result<Codes>> add_passkey(std::uint64_t user, std::string holder, RegistrationAnswer answer,
                                    std::string name);
    Task<Result<void>> remove_passkey(std::uint64_t user, std::string key);
    // Whose passkey it is. `expected`: it must be this user's, as a second factor; none: it stands alone, and must
    // have checked its user. Errors: forbidden.
    Task<Result<users::AccountPtr>> use_passkey(std::string holder, AssertionAnswer answer,
                                                std::optional<std::uint64_t> expected);

    // Whether apps that only know passwords may sign in all the same.
    Task<Result<void>> allow_password_apps(std::uint64_t user, bool allowed);

private:
    Result<users::Account> account_of(std::uint64_t user) const;
    Result<Codes> put_recovery_codes(storage::Change& change, std::uint64_t user) const;
    // Inside the lane: the account row as the factors will be, and the codes that come with the first one.
    Result<Codes> first_codes(storage::Change& change, users::Account& account) const;
    Result<void> last_gone(storage::Change& change, users::Account& account) const;
    Task<Result<void>> finish(storage::Change change, users::Account account);
    Result<bool> use_recovery_code(storage::Change& change, std::uint64_t user, const std::string& code) const;
    std::string code_digest(std::uint64_t user, std::string_view code) const;

    users::Users& users_;
    const users::Context& context_;
    privacy::RateLimiter& limiter_;
    const RelyingParty party_;
    users::Tickets challenges_;
};

// Takes all second factors of an account away, so that its password alone signs in again: for operators, when somebody
// has lost everything. Errors: M_NOT_FOUND.
Task<Result<void>> drop_second_factors(users::Users& users, std::uint64_t user);

// The user handle of passkeys: the number of the user, which says nothing to anybody else.
std::string user_handle(std::uint64_t user);

}  // namespace peyk::oauth
