#pragma once
// Credentials for the operator's relay. Spec: Client-Server API › Voice over IP › TURN; the scheme is that of coturn's
// `use-auth-secret` (draft-uberti-behave-turn-rest).

#include "users/options.h"

namespace peyk::users {

struct TurnCredentials {
    std::string username, password;
};

// Good until `until` (seconds since 1970). The name carries a number that is made for the occasion, not the user.
TurnCredentials turn_credentials(const CallOptions& options, std::int64_t until, std::string_view name);

}  // namespace peyk::users
