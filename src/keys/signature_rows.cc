#include "keys/signature_rows.h"

#include "base/bytes.h"
#include "keys/rows.h"
#include "keys/tables.h"

namespace peyk::keys {
namespace {

Result<std::vector<SignatureRow>> decode_all(const std::vector<storage::Entry>& rows) {
    std::vector<SignatureRow> all;
    all.reserve(rows.size());
    for (const auto& row : rows) {
        if (row.gone) continue;
        PEYK_TRY(auto one, SignatureRow::decode(row.body));
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace

std::string key_id_digest(const storage::Db& db, std::string_view key_id) { return db.digest("signing key", key_id); }

std::string SignatureRow::encode() const {
    std::string body;
    put_bytes(body, target);
    put_bytes(body, signer);
    put_bytes(body, signature);
    return body;
}

Result<SignatureRow> SignatureRow::decode(std::string_view body) {
    ByteReader reader(body);
    SignatureRow row;
    row.target = reader.bytes();
    row.signer = reader.bytes();
    row.signature = reader.bytes();
    if (!reader.done()) return fail(Errc::corrupt, "a row of signatures does not decode");
    return row;
}

std::string own_signature_key(const storage::Db& db, std::string_view target, std::string_view signer) {
    return key_id_digest(db, target) + key_id_digest(db, signer);
}

std::string given_signature_key(const storage::Db& db, std::string_view target_user, std::string_view target) {
    return key_of(db.number(target_user), key_id_digest(db, target));
}

Result<std::vector<SignatureRow>> own_signatures(const storage::Db& db, std::uint64_t user_number, std::size_t limit) {
    PEYK_TRY(auto rows, db.scan_prefix(kOwnSignatures, user_number, {}, limit));
    return decode_all(rows);
}

Result<std::vector<SignatureRow>> given_signatures(const storage::Db& db, std::uint64_t user_number,
                                                   std::string_view target_user) {
    // One per master key that the other user has had since this user's user-signing key was made.
    PEYK_TRY(auto rows, db.scan_prefix(kGivenSignatures, user_number, key_of(db.number(target_user)), 100));
    return decode_all(rows);
}

}  // namespace peyk::keys
