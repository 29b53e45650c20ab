#include "oauth/cose.h"

#include <string>

#include "oauth/public_key.h"

namespace peyk::oauth {
namespace {

constexpr std::size_t kMaxKey = 2048;

struct Key {
    PublicKey key;
    Signing signing = Signing::es256;
};

std::string_view bytes_of(const CborValue& map, std::int64_t label) {
    const auto* value = map.find(label);
    const auto* bytes = value ? value->bytes() : nullptr;
    return bytes ? std::string_view(*bytes) : std::string_view();
}

std::optional<std::int64_t> number_of(const CborValue& map, std::int64_t label) {
    const auto* value = map.find(label);
    return value ? value->integer() : std::nullopt;
}

// Labels: 1 kind, 3 algorithm; of curves -1 curve, -2 x, -3 y; of RSA -1 modulus, -2 exponent.
Key read_key(std::string_view text) {
    if (text.size() > kMaxKey) return {};
    auto value = read_cbor(text);
    if (!value || !value->second.empty()) return {};
    const auto& map = value->first;
    auto kind = number_of(map, 1), algorithm = number_of(map, 3), curve = number_of(map, -1);
    if (kind == 2 && algorithm == kEs256 && curve == 1)
        return {PublicKey::p256(bytes_of(map, -2), bytes_of(map, -3)), Signing::es256};
    if (kind == 1 && algorithm == kEdDsa && curve == 6) return {PublicKey::ed25519(bytes_of(map, -2)), Signing::eddsa};
    if (kind == 3 && algorithm == kRs256) return {PublicKey::rsa(bytes_of(map, -1), bytes_of(map, -2)), Signing::rs256};
    return {};
}

}  // namespace

bool is_cose_key(std::string_view key) { return static_cast<bool>(read_key(key).key); }

bool verify_cose(std::string_view text, std::string_view message, std::string_view signature) {
    auto key = read_key(text);
    return key.key.verify(key.signing, message, signature);
}

}  // namespace peyk::oauth
