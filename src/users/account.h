#pragma once
// An account and its row. Spec: Client-Server API › Account registration, › Account moderation.

#include <cstdint>
#include <memory>
#include <string>

#include "core/ids.h"

namespace peyk::users {

struct Account {
    UserId id;
    std::uint64_t number = 0;        // Db::number(id)
    std::string password_hash = {};  // Argon2id in its own text form; empty: no password signs in
    std::uint32_t created_day = 0;
    std::string user_type = {};  // free word of the operator ("bot"), or empty
    bool guest = false;          // made without a password; see Registration::register_guest()
    bool admin = false;
    bool locked = false;
    bool suspended = false;
    bool deactivated = false;
    bool erased = false;
    bool second_factor = false;  // a password alone does not sign in
    bool password_apps = false;  // but in apps of the legacy API it does, by the wish of the user
    bool of_server = false;      // the server speaks in its name; nobody signs in as it, whatever happens

    // A password alone proves nothing to apps: the second factor is asked for in the browser only.
    bool needs_browser() const { return second_factor && !password_apps; }

    std::string encode() const;
    static Result<Account> decode(std::uint64_t number, std::string_view row);
};
using AccountPtr = std::shared_ptr<const Account>;

// For every way of becoming an account, or of giving it a password or power. Error: M_FORBIDDEN for the server's own.
Result<void> check_is_somebody(const Account& account);

}  // namespace peyk::users
