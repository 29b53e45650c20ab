#pragma once
// The M_ codes of the specification as makers of Error values. Spec: Client-Server API › Standard error response.

#include "base/error.h"

namespace peyk::m {

#define PEYK_M_ERROR(name, errc, code) \
    inline std::unexpected<Error> name(std::string detail) { return fail(Error{Errc::errc, std::move(detail), code}); }

PEYK_M_ERROR(forbidden, forbidden, "M_FORBIDDEN")
PEYK_M_ERROR(bad_json, bad_request, "M_BAD_JSON")
PEYK_M_ERROR(not_json, bad_request, "M_NOT_JSON")
PEYK_M_ERROR(not_found, not_found, "M_NOT_FOUND")
PEYK_M_ERROR(missing_param, bad_request, "M_MISSING_PARAM")
PEYK_M_ERROR(invalid_param, bad_request, "M_INVALID_PARAM")
PEYK_M_ERROR(missing_token, unauthenticated, "M_MISSING_TOKEN")
PEYK_M_ERROR(unrecognized, not_found, "M_UNRECOGNIZED")
PEYK_M_ERROR(too_large, too_large, "M_TOO_LARGE")
PEYK_M_ERROR(user_in_use, bad_request, "M_USER_IN_USE")
PEYK_M_ERROR(invalid_username, bad_request, "M_INVALID_USERNAME")
PEYK_M_ERROR(room_in_use, bad_request, "M_ROOM_IN_USE")
PEYK_M_ERROR(invalid_room_state, bad_request, "M_INVALID_ROOM_STATE")
PEYK_M_ERROR(unsupported_room_version, bad_request, "M_UNSUPPORTED_ROOM_VERSION")
PEYK_M_ERROR(incompatible_room_version, bad_request, "M_INCOMPATIBLE_ROOM_VERSION")
PEYK_M_ERROR(bad_state, bad_request, "M_BAD_STATE")
PEYK_M_ERROR(bad_alias, bad_request, "M_BAD_ALIAS")
PEYK_M_ERROR(exclusive, bad_request, "M_EXCLUSIVE")
PEYK_M_ERROR(weak_password, bad_request, "M_WEAK_PASSWORD")
PEYK_M_ERROR(guest_forbidden, forbidden, "M_GUEST_ACCESS_FORBIDDEN")
PEYK_M_ERROR(user_deactivated, forbidden, "M_USER_DEACTIVATED")
PEYK_M_ERROR(cannot_leave_server_notice_room, forbidden, "M_CANNOT_LEAVE_SERVER_NOTICE_ROOM")
PEYK_M_ERROR(unknown, bad_request, "M_UNKNOWN")

#undef PEYK_M_ERROR

// soft_logout: the device still exists and may sign in again without losing its keys.
inline std::unexpected<Error> unknown_token(std::string detail, bool soft_logout = false) {
    return fail(Error{Errc::unauthenticated, std::move(detail), "M_UNKNOWN_TOKEN",
                      soft_logout ? "\"soft_logout\":true" : "\"soft_logout\":false"});
}
inline std::unexpected<Error> limit_exceeded(std::chrono::milliseconds retry_after) {
    return fail(Error{Errc::rate_limited, "Too many requests", "M_LIMIT_EXCEEDED", {}, retry_after});
}

}  // namespace peyk::m
