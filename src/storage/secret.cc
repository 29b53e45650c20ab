#include "storage/secret.h"

#include <sodium.h>

#include "base/error.h"

namespace peyk::storage {

Secret::Secret(std::string_view bytes) {
    if (bytes.size() != kBytes) panic("a storage key has 32 bytes");
    std::memcpy(bytes_.data(), bytes.data(), kBytes);
}

Secret Secret::random() {
    Secret out;
    randombytes_buf(out.bytes_.data(), kBytes);
    return out;
}

Secret Secret::derive(std::string_view purpose) const {
    Secret out;
    if (crypto_generichash(out.bytes_.data(), kBytes, reinterpret_cast<const unsigned char*>(purpose.data()),
                           purpose.size(), bytes_.data(), kBytes) != 0) {
        panic("deriving a storage key failed");
    }
    return out;
}

Secret Secret::child(std::uint8_t digit) const {
    std::array<std::uint8_t, 16> step{'p', 'e', 'y', 'k', ' ', 's', 't', 'e', 'p', 0, 0, 0, 0, 0, 0, digit};
    return bind(step);
}

Secret Secret::bind(std::span<const std::uint8_t, 16> name) const {
    Secret out;
    crypto_core_hchacha20(out.bytes_.data(), name.data(), bytes_.data(), nullptr);
    return out;
}

void Secret::wipe() { sodium_memzero(bytes_.data(), kBytes); }

}  // namespace peyk::storage
