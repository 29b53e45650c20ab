#pragma once
// A provider's side of ID tokens, for tests: makes keys with OpenSSL, signs whatever it is told to.

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>

#include "base/bytes.h"
#include "core/json.h"
#include "oauth/public_key.h"

namespace peyk::oauth {

class Signer {
public:
    explicit Signer(Signing signing, std::string kid = "key-1", std::size_t bits = 2048)
        : signing_(signing), kid_(std::move(kid)) {
        EVP_PKEY* key = nullptr;
        if (signing == Signing::es256) key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
        if (signing == Signing::eddsa) key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
        if (!key) key = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits);
        key_.reset(key, &EVP_PKEY_free);
    }

    std::string name() const {
        switch (signing_) {
            case Signing::es256: return "ES256";
            case Signing::eddsa: return "EdDSA";
            case Signing::rs256: return "RS256";
            case Signing::ps256: return "PS256";
        }
        return {};
    }
    json::Object jwk() const {
        json::Object out{{"kid", kid_}, {"use", "sig"}};
        if (signing_ == Signing::es256) {
            auto point = octets(OSSL_PKEY_PARAM_PUB_KEY);
            out.set("kty", "EC");
            out.set("crv", "P-256");
            out.set("x", base64_encode(point.substr(1, 32), Base64::url));
            out.set("y", base64_encode(point.substr(33, 32), Base64::url));
        } else if (signing_ == Signing::eddsa) {
            out.set("kty", "OKP");
            out.set("crv", "Ed25519");
            out.set("x", base64_encode(octets(OSSL_PKEY_PARAM_PUB_KEY), Base64::url));
        } else {
            out.set("kty", "RSA");
            out.set("n", base64_encode(number(OSSL_PKEY_PARAM_RSA_N), Base64::url));
            out.set("e", base64_encode(number(OSSL_PKEY_PARAM_RSA_E), Base64::url));
        }
        return out;
    }
    std::string token(const json::Object& claims) const { return token(header(), json::write(claims)); }
    json::Object header() const { return {{"alg", name()}, {"kid", kid_}, {"typ", "JWT"}}; }
    std::string token(const json::Object& head, const std::string& body) const {
        auto first = base64_encode(json::write(head), Base64::url) + "." + base64_encode(body, Base64::url);
        return first + "." + base64_encode(sign(first), Base64::url);
    }
    // As JOSE has it.
    std::string sign(const std::string& text) const {
        std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
        EVP_PKEY_CTX* inner = nullptr;
        const auto* digest = signing_ == Signing::eddsa ? nullptr : EVP_sha256();
        EVP_DigestSignInit(context.get(), &inner, digest, nullptr, key_.get());
        if (signing_ == Signing::ps256) {
            EVP_PKEY_CTX_set_rsa_padding(inner, RSA_PKCS1_PSS_PADDING);
            EVP_PKEY_CTX_set_rsa_pss_saltlen(inner, RSA_PSS_SALTLEN_DIGEST);
        }
        std::string out(1024, '\0');
        auto size = out.size();
        const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes, text.size());
        out.resize(size);
        return signing_ == Signing::es256 ? raw(out) : out;
    }

private:
    // DER of two numbers as 64 bytes.
    static std::string raw(const std::string& der) {
        const auto* at = reinterpret_cast<const unsigned char*>(der.data());
        std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
            d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), &ECDSA_SIG_free);
        std::string out(64, '\0');
        auto* to = reinterpret_cast<unsigned char*>(out.data());
        BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), to, 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), to + 32, 32);
        return out;
    }
    std::string octets(const char* parameter) const {
        std::string out(256, '\0');
        std::size_t size = 0;
        EVP_PKEY_get_octet_string_param(key_.get(), parameter, reinterpret_cast<unsigned char*>(out.data()), out.size(),
                                        &size);
        out.resize(size);
        return out;
    }
    std::string number(const char* parameter) const {
        BIGNUM* value = nullptr;
        EVP_PKEY_get_bn_param(key_.get(), parameter, &value);
        std::string out(static_cast<std::size_t>(BN_num_bytes(value)), '\0');
        BN_bn2bin(value, reinterpret_cast<unsigned char*>(out.data()));
        BN_free(value);
        return out;
    }

    Signing signing_;
    std::string kid_;
    std::shared_ptr<EVP_PKEY> key_;
};

inline std::string key_set(std::initializer_list<json::Object> keys) {
    json::Array list;
    for (const auto& key : keys) list.emplace_back(key);
    return json::write(json::Object{{"keys", std::move(list)}});
}

}  // namespace peyk::oauth
