#pragma once
// The port through which the endpoint wrapper turns a token into a Caller.

#include <string_view>

#include "base/error.h"
#include "users/caller.h"

namespace peyk::users {

// Error::m_code of a 401 that only asks for the next stage of User-Interactive Authentication: the answer carries
// Error::extra, and neither errcode nor error.
inline constexpr std::string_view kNoErrcode = "-";

// Implemented by Sessions.
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
};

}  // namespace peyk::users
