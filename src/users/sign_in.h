#pragma once
// Checking who someone is: passwords with a limit on failures. Spec: Client-Server API › Login, › Password-based.

#include <string>

#include "core/json.h"
#include "privacy/rate_limits.h"
#include "users/accounts.h"
#include "users/passwords.h"
#include "users/third_party/third_party.h"

namespace peyk::users {

// Purpose:  turns (identifier, password) into an account.  Runs on: any worker; the hash runs on Passwords' pool.
class PasswordCheck {
public:
    PasswordCheck(Accounts& accounts, Passwords& passwords, privacy::RateLimiter& limiter,
                  const ThirdParty& third_party)
        : accounts_(accounts), passwords_(passwords), limiter_(limiter), third_party_(third_party) {}

    // Takes the same time and answers the same M_FORBIDDEN whether the account is unknown, ended or has another
    // password. After too many failures of one account: M_LIMIT_EXCEEDED, without looking at the password.
    Task<Result<AccountPtr>> check(UserId user, std::string password);

    // The user that an auth dict or login body names: {"identifier": {"type": "m.id.user", "user": …}} or the older
    // "user", or {"type": "m.id.thirdparty", "medium", "address"}. Errors: M_MISSING_PARAM, M_BAD_JSON, M_FORBIDDEN.
    Result<UserId> named_user(const json::Object& auth) const;

private:
    Result<UserId> user_of_address(const json::Value& named) const;

    Accounts& accounts_;
    Passwords& passwords_;
    privacy::RateLimiter& limiter_;
    const ThirdParty& third_party_;
    Lanes lanes_;  // by user: many guesses at once wait for the verdict of each
};

}  // namespace peyk::users
