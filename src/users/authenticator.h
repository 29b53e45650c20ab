#pragma once
// The port through which the endpoint wrapper turns a token into a Caller.

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "users/caller.h"

namespace peyk::users {

// Error::m_code of a 401 that only asks for the next stage of User-Interactive Authentication: the answer carries
// Error::extra, and neither errcode nor error.
inline constexpr std::string_view kNoErrcode = "-";

// What a request says beside its token. Only application services are asked.
// Spec: Application Service API › Identity assertion.
struct Assertion {
    std::optional<std::string> user;
    std::optional<std::string> device;
};

// Implemented by Sessions; with application services, by app/ around it.
class Authenticator {
public:
    virtual ~Authenticator() = default;
    // Blocking read on a cache miss. Errors: M_UNKNOWN_TOKEN (soft_logout as the case is), M_USER_LOCKED.
    virtual Result<Caller> authenticate(std::string_view access_token) = 0;
    // The same for the two endpoints that a locked account keeps: POST /logout and /logout/all.
    // Spec: Client-Server API › Account locking.
    virtual Result<Caller> authenticate_even_locked(std::string_view access_token) {
        return authenticate(access_token);
    }
    // The id of the application service whose token it is; empty: no service's.
    virtual std::string_view service_of(std::string_view /*access_token*/) const { return {}; }
    // The service acts as the user that it asserts, or as its own. Errors: M_FORBIDDEN (not its user, or not
    // registered), M_UNKNOWN_DEVICE, M_USER_LOCKED.
    virtual Result<Caller> authenticate_service(std::string_view access_token, const Assertion&) {
        return authenticate(access_token);
    }
};

}  // namespace peyk::users
