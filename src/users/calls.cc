#include "users/calls.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "base/bytes.h"

namespace peyk::users {

TurnCredentials turn_credentials(const CallOptions& options, std::int64_t until, std::string_view name) {
    TurnCredentials out{fmt::format("{}:{}", until, name), {}};
    auto secret = options.turn_secret.reveal();
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(out.username.data()), out.username.size(), digest.data(), &size);
    out.password = base64_encode({reinterpret_cast<const char*>(digest.data()), size});
    while (out.password.size() % 4 != 0) out.password += '=';
    return out;
}

}  // namespace peyk::users
