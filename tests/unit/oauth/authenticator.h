#pragma once
// An authenticator for tests: makes keys of all three kinds with OpenSSL, writes CBOR by hand, and can be told to lie.

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include <memory>

#include "base/bytes.h"
#include "core/json.h"
#include "oauth/cose.h"
#include "oauth/webauthn.h"

namespace peyk::oauth {

inline std::string cbor_head(int major, std::uint64_t value) {
    std::string out;
    auto first = static_cast<std::uint8_t>(major << 5);
    if (value < 24) {
        put_u8(out, static_cast<std::uint8_t>(first | value));
    } else if (value < 256) {
        put_u8(out, first | 24);
        put_u8(out, static_cast<std::uint8_t>(value));
    } else {
        put_u8(out, first | 25);
        put_u16be(out, static_cast<std::uint16_t>(value));
    }
    return out;
}
inline std::string cbor_int(std::int64_t value) {
    return value >= 0 ? cbor_head(0, static_cast<std::uint64_t>(value))
                      : cbor_head(1, static_cast<std::uint64_t>(-1 - value));
}
inline std::string cbor_bytes(std::string_view bytes) { return cbor_head(2, bytes.size()) + std::string(bytes); }
inline std::string cbor_text(std::string_view text) { return cbor_head(3, text.size()) + std::string(text); }

class TestAuthenticator {
public:
    explicit TestAuthenticator(int algorithm) : algorithm_(algorithm) {
        if (algorithm == kEs256) key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
        if (algorithm == kEdDsa) key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
        if (algorithm == kRs256) key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}));
    }

    // What it does next; tests change these.
    std::string id = "credential-1";
    std::string origin = "https://chat.example.org";
    std::string party = "chat.example.org";
    std::uint8_t flags = 1 | 4;
    std::uint32_t counter = 1;
    std::string type;  // of the client data; empty: the right one

    RegistrationAnswer create(std::string_view challenge) const {
        std::string data = head(static_cast<std::uint8_t>(flags | 64)) + std::string(16, '\0');
        put_u16be(data, static_cast<std::uint16_t>(id.size()));
        data += id + cose_key();
        auto object = cbor_head(5, 3) + cbor_text("fmt") + cbor_text("none") + cbor_text("attStmt") + cbor_head(5, 0) +
                      cbor_text("authData") + cbor_bytes(data);
        return {client_data("webauthn.create", challenge), object};
    }
    AssertionAnswer get(std::string_view challenge, std::string handle = {}) const {
        AssertionAnswer out{.id = id, .client_data = client_data("webauthn.get", challenge)};
        out.authenticator_data = head(flags);
        out.signature = sign(out.authenticator_data + sha256(out.client_data));
        out.user_handle = std::move(handle);
        return out;
    }
    std::string cose_key() const {
        if (algorithm_ == kEs256) {
            auto point = octets(OSSL_PKEY_PARAM_PUB_KEY);
            return cbor_head(5, 5) + cbor_int(1) + cbor_int(2) + cbor_int(3) + cbor_int(kEs256) + cbor_int(-1) +
                   cbor_int(1) + cbor_int(-2) + cbor_bytes(point.substr(1, 32)) + cbor_int(-3) +
                   cbor_bytes(point.substr(33, 32));
        }
        if (algorithm_ == kEdDsa)
            return cbor_head(5, 4) + cbor_int(1) + cbor_int(1) + cbor_int(3) + cbor_int(kEdDsa) + cbor_int(-1) +
                   cbor_int(6) + cbor_int(-2) + cbor_bytes(octets(OSSL_PKEY_PARAM_PUB_KEY));
        return cbor_head(5, 4) + cbor_int(1) + cbor_int(3) + cbor_int(3) + cbor_int(kRs256) + cbor_int(-1) +
               cbor_bytes(number(OSSL_PKEY_PARAM_RSA_N)) + cbor_int(-2) + cbor_bytes(number(OSSL_PKEY_PARAM_RSA_E));
    }

private:
    static std::string sha256(std::string_view text) {
        std::string out(32, '\0');
        SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
               reinterpret_cast<unsigned char*>(out.data()));
        return out;
    }
    std::string client_data(std::string_view right_type, std::string_view challenge) const {
        return json::write(json::Object{{"type", type.empty() ? right_type : type},
                                        {"challenge", base64_encode(challenge, Base64::url)},
                                        {"origin", origin},
                                        {"crossOrigin", false}});
    }
    std::string head(std::uint8_t bits) const {
        auto out = sha256(party);
        put_u8(out, bits);
        put_u32be(out, counter);
        return out;
    }
    std::string octets(const char* name) const {
        std::string out(200, '\0');
        std::size_t size = 0;
        EVP_PKEY_get_octet_string_param(key_.get(), name, reinterpret_cast<unsigned char*>(out.data()), out.size(),
                                        &size);
        out.resize(size);
        return out;
    }
    std::string number(const char* name) const {
        BIGNUM* value = nullptr;
        EVP_PKEY_get_bn_param(key_.get(), name, &value);
        std::string out(static_cast<std::size_t>(BN_num_bytes(value)), '\0');
        BN_bn2bin(value, reinterpret_cast<unsigned char*>(out.data()));
        BN_free(value);
        return out;
    }
    std::string sign(std::string_view text) const {
        std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
        const auto* digest = algorithm_ == kEdDsa ? nullptr : EVP_sha256();
        EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key_.get());
        std::string out(1024, '\0');
        auto size = out.size();
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                       reinterpret_cast<const unsigned char*>(text.data()), text.size());
        out.resize(size);
        return out;
    }

    int algorithm_;
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_{nullptr, &EVP_PKEY_free};
};

}  // namespace peyk::oauth
