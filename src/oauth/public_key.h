#pragma once
// Public keys of others and their signatures: ES256, EdDSA (Ed25519), RS256, PS256. How a key is written down is the
// business of cose.h (authenticators) and providers/jwks.h (OpenID providers).

#include <memory>
#include <string_view>

struct evp_pkey_st;  // OpenSSL's, out of this header

namespace peyk::oauth {

enum class Signing : unsigned char { es256, eddsa, rs256, ps256 };

// Purpose:  a key that was checked: a point on its curve, a modulus of 2,048 to 4,096 bits.
// Runs on:  any thread; copies share the key.
class PublicKey {
public:
    PublicKey() = default;  // none: verifies nothing
    // Numbers big-endian. What cannot be a key is none.
    static PublicKey p256(std::string_view x, std::string_view y);  // 32 bytes each
    static PublicKey ed25519(std::string_view x);                   // 32 bytes
    static PublicKey rsa(std::string_view modulus, std::string_view exponent);

    explicit operator bool() const { return key_ != nullptr; }
    // Whether keys of this kind sign so.
    bool fits(Signing signing) const;
    // A signature of ES256 is two numbers in DER. False as well for a kind of signature that does not fit the key.
    bool verify(Signing signing, std::string_view message, std::string_view signature) const;

private:
    enum class Kind : unsigned char { p256, ed25519, rsa };
    PublicKey(evp_pkey_st* key, Kind kind);
    std::shared_ptr<evp_pkey_st> key_;
    Kind kind_ = Kind::p256;
};

// An ES256 signature as JOSE has it, r and s in 64 bytes, in DER. Empty when it is no such thing. RFC 7518 section 3.4.
std::string der_of_p256_signature(std::string_view raw);

}  // namespace peyk::oauth
