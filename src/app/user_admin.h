#pragma once
// What operators do to accounts, as questions in JSON: `peyk user …` asks a running server through its control socket,
// or, when none runs, the store itself. One implementation for both.
//
//   check       {"name"}                           -> {"user_id"}      that an account of this name can be made
//   add         {"name", "password", "admin"}      -> {"user_id"}
//   list        {"from", "limit"}                  -> {"users": [{"user_id", "state", "admin", "created"}], "next"}
//   show        {"name"}                           -> one of these
//   reset-link  {"name", "keep_devices"}           -> {"user_id", "url", "hours"}
//   lock, suspend, admin {"name", "on"}            -> as show, after the change
//   logout      {"name"}                           -> {"user_id", "devices"}
//   drop-second-factor {"name"}                    -> as show
//   deactivate  {"name", "erase"}                  -> as show
//
// "name" is a localpart or a whole user id. What is shown of an account is all that an operator gets to see.

#include <array>
#include <string>
#include <string_view>

#include "core/json.h"
#include "users/users.h"

namespace peyk::app {

inline constexpr std::array<std::string_view, 11> kUserActions{
    "check",     "add", "list", "show", "reset-link", "lock", "suspend", "admin", "logout", "drop-second-factor",
    "deactivate"};

// "2026-11-28", of a day since 1970.
std::string day_text(std::uint32_t day);

// Purpose:  carries out one action.  Owner: whoever owns the Users.  Runs on: workers.
class UserAdmin {
public:
    explicit UserAdmin(users::Users& users) : users_(users) {}

    // Errors: bad_request (no such action, a member is missing), and those of users/.
    Task<Result<json::Object>> run(std::string action, json::Object request);

private:
    Task<Result<json::Object>> add(json::Object request);
    Task<Result<json::Object>> change(std::string action, UserId user, json::Object request);
    Task<Result<json::Object>> reset_link(UserId user, json::Object request);
    Task<Result<void>> set_admin(UserId user, bool on);
    Result<json::Object> check(const json::Object& request) const;
    Result<json::Object> list(const json::Object& request) const;
    Result<json::Object> show(const UserId& user) const;
    Result<UserId> existing(const json::Object& request) const;

    users::Users& users_;
};

}  // namespace peyk::app
