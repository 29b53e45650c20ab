#include "users/calls.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "core/hmac.h"

namespace peyk::users {

TurnCredentials turn_credentials(const CallOptions& options, std::int64_t until, std::string_view name) {
    TurnCredentials out{fmt::format("{}:{}", until, name), {}};
    out.password = base64_encode(hmac_sha1(options.turn_secret.reveal(), out.username));
    while (out.password.size() % 4 != 0) out.password += '=';
    return out;
}

}  // namespace peyk::users
