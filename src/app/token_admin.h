#pragma once
// What operators do with registration tokens, as questions in JSON: `peyk token …` asks a running server through its
// control socket, or, when none runs, the store itself.
//
//   add     {"token", "uses", "days"}   -> {"token", "uses", "left", "ends"}   all may be missing: a random token, for
//   ever list    {}                          -> {"tokens": [one of these, …]} remove  {"token"}                   -> {}
//
// "uses": how many accounts may be made with it; "left": still; "ends": a day. Missing: without limit.

#include <array>
#include <string>
#include <string_view>

#include "core/json.h"
#include "users/users.h"

namespace peyk::app {

inline constexpr std::array<std::string_view, 3> kTokenActions{"add", "list", "remove"};

// Purpose:  carries out one action.  Owner: whoever owns the Users.  Runs on: workers.
class TokenAdmin {
public:
    explicit TokenAdmin(users::Users& users) : users_(users) {}

    // Errors: bad_request (no such action, a member makes no sense), and those of users::RegistrationTokens.
    Task<Result<json::Object>> run(std::string action, json::Object request);

private:
    Task<Result<json::Object>> add(json::Object request);
    Result<json::Object> list() const;
    json::Object row_of(const users::RegistrationToken& token) const;

    users::Users& users_;
};

}  // namespace peyk::app
