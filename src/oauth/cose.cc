#include "oauth/cose.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>

namespace peyk::oauth {
namespace {

constexpr std::size_t kMaxKey = 2048;
constexpr std::size_t kMinModulus = 256, kMaxModulus = 512;  // 2,048 to 4,096 bits

template <auto Free>
struct Deleter {
    void operator()(auto* object) const { Free(object); }
};
using Pkey = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Deleter<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Deleter<OSSL_PARAM_free>>;
using Number = std::unique_ptr<BIGNUM, Deleter<BN_free>>;

const unsigned char* raw(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

struct Key {
    Pkey key;
    bool prehashed = true;  // false: EdDSA, which hashes by itself
};

Pkey from_params(const char* type, OSSL_PARAM* params) {
    PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* made = nullptr;
    if (!context || !params || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return nullptr;
    Pkey key(made);
    PkeyContext check(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    if (!check || EVP_PKEY_public_check(check.get()) != 1) return nullptr;
    return key;
}

Pkey ec_key(const std::string& x, const std::string& y) {
    if (x.size() != 32 || y.size() != 32) return nullptr;
    std::string point = "\x04" + x + y;
    Builder builder(OSSL_PARAM_BLD_new());
    if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
        return nullptr;
    Params params(OSSL_PARAM_BLD_to_param(builder.get()));
    return from_params("EC", params.get());
}

Pkey rsa_key(const std::string& modulus, const std::string& exponent) {
    if (modulus.size() < kMinModulus || modulus.size() > kMaxModulus || exponent.empty() || exponent.size() > 4)
        return nullptr;
    Number n(BN_bin2bn(raw(modulus), static_cast<int>(modulus.size()), nullptr));
    Number e(BN_bin2bn(raw(exponent), static_cast<int>(exponent.size()), nullptr));
    if (!n || !e || !BN_is_odd(n.get()) || !BN_is_odd(e.get()) || BN_is_one(e.get())) return nullptr;
    Builder builder(OSSL_PARAM_BLD_new());
    if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
        return nullptr;
    Params params(OSSL_PARAM_BLD_to_param(builder.get()));
    return from_params("RSA", params.get());
}

const std::string* bytes_of(const CborValue& map, std::int64_t label) {
    const auto* value = map.find(label);
    return value ? value->bytes() : nullptr;
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
    if (kind == 2 && algorithm == kEs256 && curve == 1) {
        const auto *x = bytes_of(map, -2), *y = bytes_of(map, -3);
        if (x && y) return {ec_key(*x, *y)};
    }
    if (kind == 1 && algorithm == kEdDsa && curve == 6) {
        const auto* x = bytes_of(map, -2);
        if (x && x->size() == 32)
            return {Pkey(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw(*x), x->size())), false};
    }
    if (kind == 3 && algorithm == kRs256) {
        const auto *n = bytes_of(map, -1), *e = bytes_of(map, -2);
        if (n && e) return {rsa_key(*n, *e)};
    }
    return {};
}

}  // namespace

bool is_cose_key(std::string_view key) { return read_key(key).key != nullptr; }

bool verify_cose(std::string_view text, std::string_view message, std::string_view signature) {
    auto key = read_key(text);
    DigestContext context(EVP_MD_CTX_new());
    if (!key.key || !context) return false;
    const auto* digest = key.prehashed ? EVP_sha256() : nullptr;
    return EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key.key.get()) == 1 &&
           EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(message), message.size()) == 1;
}

}  // namespace peyk::oauth
