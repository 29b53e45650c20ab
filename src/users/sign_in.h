#pragma once
// Checking who someone is: passwords with a limit on failures. Spec: Client-Server API › Login, › Password-based.

#include <string>

#include "core/json.h"
#include "privacy/rate_limits.h"
#include "users/accounts.h"
#include "users/passwords.h"

namespace peyk::users {

// Purpose:  turns (identifier, password) into an account.  Runs on: any worker; the hash runs on Passwords' pool.
class PasswordCheck {
public:
    PasswordCheck(Accounts& accounts, Passwords& passwords, privacy::RateLimiter& limiter)
        : accounts_(accounts), passwords_(passwords), limiter_(limiter) {}

    // Takes the same time and answers the same M_FORBIDDEN whether the account is unknown, ended or has another
    // password. After too many failures of one account: M_LIMIT_EXCEEDED, without looking at the password.
    Task<Result<AccountPtr>> check(UserId user, std::string password);

    // The user that an auth dict or login body names: {"identifier": {"type": "m.id.user", "user": …}} or the older
    // "user". Errors: M_MISSING_PARAM, M_BAD_JSON, M_FORBIDDEN (third-party identifiers: none are kept here).
    Result<UserId> named_user(const json::Object& auth) const;

private:
    Accounts& accounts_;
    Passwords& passwords_;
    privacy::RateLimiter& limiter_;
};

}  // namespace peyk::users
