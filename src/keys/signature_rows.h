#pragma once
// Rows of signatures that were uploaded apart from the object they sign.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "storage/db.h"

namespace peyk::keys {

// Key ids here are without "ed25519:": a device id or the public part of a cross-signing key. The two share one name
// space, and servers keep them from colliding.
std::string key_id_digest(const storage::Db& db, std::string_view key_id);  // 16 bytes

struct SignatureRow {
    std::string target;  // the key id that is signed
    std::string signer;  // the key id that signs
    std::string signature;

    std::string encode() const;
    static Result<SignatureRow> decode(std::string_view body);
    bool operator==(const SignatureRow&) const = default;
};

std::string own_signature_key(const storage::Db& db, std::string_view target, std::string_view signer);
std::string given_signature_key(const storage::Db& db, std::string_view target_user, std::string_view target);

// Signatures by the user's keys on the user's own keys and devices.
Result<std::vector<SignatureRow>> own_signatures(const storage::Db& db, std::uint64_t user_number, std::size_t limit);
// Signatures by the user's user-signing key on keys of `target_user`.
Result<std::vector<SignatureRow>> given_signatures(const storage::Db& db, std::uint64_t user_number,
                                                   std::string_view target_user);

}  // namespace peyk::keys
