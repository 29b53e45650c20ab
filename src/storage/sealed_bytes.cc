#include "storage/sealed_bytes.h"

namespace peyk::storage {
namespace {
const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
}  // namespace

void seal_bytes(std::string& out, const Secret& key, std::string_view context, std::string_view plain) {
    std::string nonce(kSealNonce, '\0');
    randombytes_buf(nonce.data(), nonce.size());
    std::string sealed(plain.size() + kSealOverhead - kSealNonce, '\0');
    crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(sealed), nullptr, bytes_of(plain), plain.size(),
                                               bytes_of(context), context.size(), nullptr, bytes_of(nonce), key.data());
    out += nonce;
    out += sealed;
}

std::optional<std::string> unseal_bytes(std::string_view in, const Secret& key, std::string_view context) {
    if (in.size() < kSealOverhead) return std::nullopt;
    std::string plain(in.size() - kSealOverhead, '\0');
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes_of(plain), nullptr, nullptr, bytes_of(in) + kSealNonce,
                                                   in.size() - kSealNonce, bytes_of(context), context.size(),
                                                   bytes_of(in), key.data()) != 0) {
        return std::nullopt;
    }
    return plain;
}

}  // namespace peyk::storage
