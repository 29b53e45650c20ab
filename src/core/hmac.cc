#include "core/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace peyk {
namespace {

std::string hmac(const EVP_MD* hash, std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned length = 0;
    HMAC(hash, key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
         text.size(), out.data(), &length);
    return {reinterpret_cast<const char*>(out.data()), length};
}

}  // namespace

std::string hmac_sha1(std::string_view key, std::string_view text) { return hmac(EVP_sha1(), key, text); }
std::string hmac_sha256(std::string_view key, std::string_view text) { return hmac(EVP_sha256(), key, text); }

}  // namespace peyk
