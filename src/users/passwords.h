#pragma once
// Password hashes: Argon2id on a pool of its own, so that a flood of sign-ins starves nothing else.

#include <string>
#include <string_view>

#include "async/executor.h"
#include "async/task.h"
#include "base/error.h"
#include "users/options.h"

namespace peyk::users {

// Purpose:  hashes and checks passwords.
// Owner:    Users.  Runs on: its own threads; the tasks come back to their caller's executor.
// Stops by: stop().
class Passwords {
public:
    explicit Passwords(const PasswordOptions& options);
    ~Passwords() { stop(); }

    // The rules for new passwords. Errors: M_WEAK_PASSWORD, M_INVALID_PARAM (too long, not text).
    Result<void> check_new(std::string_view password, std::string_view localpart) const;

    // Errors: unavailable when too many wait.
    Task<Result<std::string>> hash(std::string password);

    enum class Verdict : unsigned char { wrong, right, right_but_old };  // old: made with other costs, hash it anew
    // An empty hash (no such account, no password) costs the same time and is always wrong.
    Task<Result<Verdict>> verify(std::string password, std::string hash);

    void stop() { pool_.stop(); }

private:
    Result<void> check_queue() const;

    const PasswordOptions options_;
    WorkerPool pool_;
    std::string decoy_;  // a hash that nobody's password has
};

}  // namespace peyk::users
