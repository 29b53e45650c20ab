#pragma once
// Who makes a request: the result of looking an access token up.

#include <cstdint>
#include <optional>
#include <string>

#include "core/ids.h"

namespace peyk::users {

struct Caller {
    UserId user;
    DeviceId device;             // empty text: an application service that named none
    std::uint64_t user_number;   // Db::number(user): the key of the user's rows
    std::uint64_t token_number;  // identifies the session without being the token; survives token refreshes
    bool admin = false;
    bool guest = false;
    bool oauth = false;        // of the OAuth 2.0 API, where the browser pages prove who one is instead of UIA
    bool suspended = false;    // may read, leave, sign out and delete, but not write; ask check_active()
    std::string service = {};  // id of the application service that acts as the user; empty: a person
    bool unlimited = false;    // no rate limits
    bool person = false;       // a service acts as somebody who has a password: the account is not its own

    bool is_service() const { return !service.empty(); }
    // A service proves what it may by its token, for users of its own. An account that somebody signs in to can be in
    // a namespace too, and then asks for the proof that it asks everybody for.
    bool skips_interactive_auth() const { return is_service() && !person; }
    bool has_device() const { return !device.view().empty(); }
};

// For everything that a suspended account may not do: joining, knocking, inviting, sending (but redacting its own
// events), changing its profile. Spec: Client-Server API › Account suspension. Error: 403 M_USER_SUSPENDED.
inline Result<void> check_active(const Caller& caller) {
    if (!caller.suspended) return {};
    return fail(Error{Errc::forbidden, "You cannot perform this action while suspended", "M_USER_SUSPENDED"});
}

// For what makes no sense without a device. Spec: Application Service API › Identity assertion.
inline Result<void> check_device(const Caller& caller) {
    if (caller.has_device()) return {};
    return fail(Error{Errc::bad_request, "This needs a device: name one with 'device_id'", "M_UNKNOWN"});
}

}  // namespace peyk::users
