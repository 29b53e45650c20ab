#pragma once
// Bodies: compressed, then sealed under a key that the vault may forget. docs/decisions/0102-sealed-values.md

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "storage/secret.h"
#include "storage/table.h"
#include "storage/vault.h"

namespace peyk::storage {

// What a sealed body is bound to: moved to another key, it does not open.
struct SealContext {
    std::uint8_t table = 0;
    std::uint64_t owner = 0;
    std::string_view before;  // the key behind the owner number, without the hole
    std::string_view after;   // what stands behind the hole
    bool hole = false;
    std::string_view header;  // the clear header
};

// Purpose:  the form of bodies on disk. A body is
//             format u8: low nibble the BodyForm (compress.h); 0x10 the key behind the owner has a hole
//             [where the hole is, u8]
//             slot varint, nonce 8 bytes, AES-256-GCM ciphertext, tag 16 bytes
// Runs on:  any thread; contexts of OpenSSL and zstd are per thread.
class Sealer {
public:
    explicit Sealer(const Vault& vault);

    // Appends the sealed body to `out`; its first `noise` bytes are not compressed. gone: the key was destroyed.
    Result<> seal(const KeyName& name, const SealContext& context, std::string_view body, std::size_t noise,
                  std::string& out) const;
    // The body; gone when its key was destroyed, corrupt when the seal does not match.
    // `rest` is the whole key behind the owner number.
    Result<std::string> open(std::string_view stored, const Table& table, std::uint64_t owner, std::string_view rest,
                             std::string_view header) const;

private:
    Secret message_key(const Secret& key, const SealContext& context) const;

    const Vault& vault_;
    std::array<std::uint8_t, 16> bind_key_;
};

// The row number at the front of `rest`; for Seal::row.
std::uint64_t row_number(std::string_view rest);

}  // namespace peyk::storage
