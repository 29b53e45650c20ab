#pragma once
// Who makes a request: the result of looking an access token up.

#include <cstdint>
#include <optional>

#include "core/ids.h"

namespace peyk::users {

struct Caller {
    UserId user;
    DeviceId device;
    std::uint64_t user_number;   // Db::number(user): the key of the user's rows
    std::uint64_t token_number;  // identifies the session without being the token
    bool admin = false;
    bool guest = false;
};

}  // namespace peyk::users
