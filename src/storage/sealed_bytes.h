#pragma once
// Bytes under a key, with a random nonce in front (XChaCha20-Poly1305). For the vault's files.

#include <sodium.h>

#include <optional>
#include <string>
#include <string_view>

#include "storage/secret.h"

namespace peyk::storage {

inline constexpr std::size_t kSealNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
inline constexpr std::size_t kSealOverhead = kSealNonce + crypto_aead_xchacha20poly1305_ietf_ABYTES;

// Appends nonce and ciphertext. `context` has to be the same when they are opened.
void seal_bytes(std::string& out, const Secret& key, std::string_view context, std::string_view plain);
// nullopt: another key, another context, or damage.
std::optional<std::string> unseal_bytes(std::string_view in, const Secret& key, std::string_view context);

}  // namespace peyk::storage
