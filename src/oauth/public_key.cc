#include "oauth/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <string>

namespace peyk::oauth {
namespace {

constexpr std::size_t kMinModulus = 256, kMaxModulus = 512;  // 2,048 to 4,096 bits
constexpr std::size_t kHalf = 32;                            // of a signature or a point on P-256

template <auto Free>
struct Deleter {
    void operator()(auto* object) const { Free(object); }
};
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Deleter<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Deleter<OSSL_PARAM_free>>;
using Number = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>>;

const unsigned char* raw(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Number number_of(std::string_view bytes) {
    return Number(BN_bin2bn(raw(bytes), static_cast<int>(bytes.size()), nullptr));
}

EVP_PKEY* from_params(const char* type, OSSL_PARAM* params) {
    PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* made = nullptr;
    if (!context || !params || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return nullptr;
    PkeyContext check(EVP_PKEY_CTX_new_from_pkey(nullptr, made, nullptr));
    if (check && EVP_PKEY_public_check(check.get()) == 1) return made;
    EVP_PKEY_free(made);
    return nullptr;
}

}  // namespace

PublicKey::PublicKey(evp_pkey_st* key, Kind kind) : kind_(kind) {
    if (key) key_.reset(key, &EVP_PKEY_free);
}

PublicKey PublicKey::p256(std::string_view x, std::string_view y) {
    if (x.size() != kHalf || y.size() != kHalf) return {};
    std::string point = "\x04" + std::string(x) + std::string(y);
    Builder builder(OSSL_PARAM_BLD_new());
    if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
        return {};
    Params params(OSSL_PARAM_BLD_to_param(builder.get()));
    return {from_params("EC", params.get()), Kind::p256};
}

PublicKey PublicKey::ed25519(std::string_view x) {
    if (x.size() != 32) return {};
    return {EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw(x), x.size()), Kind::ed25519};
}

PublicKey PublicKey::rsa(std::string_view modulus, std::string_view exponent) {
    while (modulus.starts_with('\0')) modulus.remove_prefix(1);
    if (modulus.size() < kMinModulus || modulus.size() > kMaxModulus || exponent.empty() || exponent.size() > 4)
        return {};
    auto n = number_of(modulus), e = number_of(exponent);
    if (!n || !e || !BN_is_odd(n.get()) || !BN_is_odd(e.get()) || BN_is_one(e.get())) return {};
    Builder builder(OSSL_PARAM_BLD_new());
    if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
        return {};
    Params params(OSSL_PARAM_BLD_to_param(builder.get()));
    return {from_params("RSA", params.get()), Kind::rsa};
}

bool PublicKey::fits(Signing signing) const {
    switch (signing) {
        case Signing::es256: return key_ && kind_ == Kind::p256;
        case Signing::eddsa: return key_ && kind_ == Kind::ed25519;
        case Signing::rs256:
        case Signing::ps256: return key_ && kind_ == Kind::rsa;
    }
    return false;
}

bool PublicKey::verify(Signing signing, std::string_view message, std::string_view signature) const {
    DigestContext context(EVP_MD_CTX_new());
    if (!fits(signing) || !context) return false;
    EVP_PKEY_CTX* inner = nullptr;                                            // the digest context's
    const auto* digest = signing == Signing::eddsa ? nullptr : EVP_sha256();  // EdDSA hashes by itself
    if (EVP_DigestVerifyInit(context.get(), &inner, digest, nullptr, key_.get()) != 1) return false;
    // RFC 7518 section 3.5: the salt is as long as the digest.
    if (signing == Signing::ps256 && (EVP_PKEY_CTX_set_rsa_padding(inner, RSA_PKCS1_PSS_PADDING) != 1 ||
                                      EVP_PKEY_CTX_set_rsa_pss_saltlen(inner, RSA_PSS_SALTLEN_DIGEST) != 1))
        return false;
    return EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(message), message.size()) == 1;
}

std::string der_of_p256_signature(std::string_view text) {
    if (text.size() != 2 * kHalf) return {};
    auto r = number_of(text.substr(0, kHalf)), s = number_of(text.substr(kHalf));
    Signature signature(ECDSA_SIG_new());
    if (!r || !s || !signature || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
    (void)r.release();  // the signature's now
    (void)s.release();
    unsigned char* bytes = nullptr;
    int size = i2d_ECDSA_SIG(signature.get(), &bytes);
    if (size <= 0) return {};
    std::string out(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
    return out;
}

}  // namespace peyk::oauth
