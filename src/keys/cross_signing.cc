#include "keys/cross_signing.h"

#include <algorithm>

#include "base/bytes.h"
#include "core/errors.h"
#include "core/signing.h"
#include "keys/rows.h"
#include "keys/signature_rows.h"
#include "keys/tables.h"

namespace peyk::keys {
namespace {

std::string usage_key(Usage usage) { return std::string(1, static_cast<char>(usage)); }

std::unexpected<Error> invalid_signature(std::string detail) {
    return fail(Error{Errc::bad_request, std::move(detail), "M_INVALID_SIGNATURE"});
}

// Signatures may have been added since; the key itself is what counts.
bool is_same_key(const std::optional<CrossSigningKey>& held, const CrossSigningKey& offered) {
    return held && signed_part(held->object) == signed_part(offered.object);
}

}  // namespace

Result<CrossSigningKeys> CrossSigning::keys(std::uint64_t user_number) const {
    CrossSigningKeys all;
    PEYK_TRY(auto rows, db_.scan_prefix(kCrossSigningKeys, user_number, {}, kUsages.size()));
    for (const auto& row : rows) {
        if (row.gone || row.rest.size() != 1) continue;
        auto usage = static_cast<Usage>(row.rest[0]);
        PEYK_TRY(auto object, json::parse_object(row.body));
        all.of(usage) = stored_cross_signing_key(usage, std::move(object));
    }
    return all;
}

Result<bool> CrossSigning::is_key_id(std::uint64_t user_number, std::string_view device_id) const {
    PEYK_TRY(auto held, keys(user_number));
    return std::ranges::any_of(kUsages,
                               [&](Usage usage) { return held.of(usage) && held.of(usage)->public_key == device_id; });
}

Result<CrossSigningKeys> CrossSigning::parse(const UserId& user, CrossSigningUpload upload) const {
    CrossSigningKeys offered;
    auto take = [&](Usage usage, std::optional<json::Object>& object) -> Result<void> {
        if (!object) return {};
        PEYK_TRY(offered.of(usage), parse_cross_signing_key(usage, std::move(*object), user, limits_));
        return {};
    };
    PEYK_CHECK(take(Usage::master, upload.master));
    PEYK_CHECK(take(Usage::self_signing, upload.self_signing));
    PEYK_CHECK(take(Usage::user_signing, upload.user_signing));
    if (!offered.master && !offered.self_signing && !offered.user_signing)
        return m::missing_param("No cross-signing key is given");
    return offered;
}

Result<void> CrossSigning::check_signatures(const UserId& user, const CrossSigningKeys& offered,
                                            const CrossSigningKeys& held) const {
    const auto& master = offered.master ? offered.master : held.master;
    if (!master) return m::missing_param("There is no master key");
    for (auto usage : {Usage::self_signing, Usage::user_signing}) {
        const auto& key = offered.of(usage);
        if (key && !has_signature(key->object, user, master->key_id(), master->public_key))
            return invalid_signature(fmt::format("The {} key is not signed by the master key", usage_name(usage)));
    }
    return {};
}

Result<void> CrossSigning::check_device_ids(const UserId& user, const CrossSigningKeys& offered) const {
    PEYK_TRY(auto devices, ports_.accounts.devices(user));
    for (auto usage : kUsages) {
        const auto& key = offered.of(usage);
        if (!key) continue;
        for (const auto& device : devices) {
            if (device.id.view() == key->public_key) return m::forbidden("Key ID in use");
        }
    }
    return {};
}

Task<Result<UploadOutcome>> CrossSigning::upload(UserId user, std::uint64_t user_number, CrossSigningUpload upload,
                                                 Proof proof) {
    PEYK_CO_TRY(auto offered, parse(user, std::move(upload)));
    storage::Position position = 0;
    // Others never see the user-signing key.
    bool others_see = offered.master || offered.self_signing;
    {
        auto lane = co_await lanes_.enter(user_number);
        PEYK_CO_TRY(auto held, keys(user_number));
        bool repeated = std::ranges::all_of(kUsages, [&](Usage usage) {
            return !offered.of(usage) || is_same_key(held.of(usage), *offered.of(usage));
        });
        // Spec: POST /keys/device_signing/upload: no authentication for a request without new keys, so that it can be
        // repeated when the answer was lost, and none for the first master key.
        if (repeated) co_return UploadOutcome::unchanged;
        PEYK_CO_CHECK(check_signatures(user, offered, held));
        PEYK_CO_CHECK(check_device_ids(user, offered));
        if (held.master && proof == Proof::none) co_return UploadOutcome::needs_proof;
        auto storing = store(user, user_number, std::move(offered), std::move(held));
        PEYK_CO_TRY(position, co_await std::move(storing));
    }
    if (others_see) {
        co_await changes_.announce(std::move(user), user_number, position);
    } else {
        changes_.announce_own(user_number, position);
    }
    co_return UploadOutcome::stored;
}

Task<Result<storage::Position>> CrossSigning::store(UserId user, std::uint64_t user_number, CrossSigningKeys offered,
                                                    CrossSigningKeys held) {
    storage::Change change(db_, Owner::user, user_number, db_.epoch(Owner::user, user_number));
    bool new_master = offered.master && !is_same_key(held.master, *offered.master);
    for (auto usage : kUsages) {
        const auto& key = offered.of(usage);
        const auto& old = held.of(usage);
        // A key that hangs on the old master key means nothing any more.
        bool orphaned = new_master && old && !key;
        if (key) change.put(kCrossSigningKeys, user_number, usage_key(usage), json::write(key->object));
        if (orphaned) change.del(kCrossSigningKeys, user_number, usage_key(usage));
        if (old && (orphaned || (key && old->public_key != key->public_key)))
            PEYK_CO_CHECK(drop_signatures(change, user_number, old->public_key));
    }
    bool user_signing_gone =
        held.user_signing &&
        (offered.user_signing ? !is_same_key(held.user_signing, *offered.user_signing) : new_master);
    if (offered.master || offered.self_signing) {
        changes_.note(change, user, user_number);
    } else {
        changes_.note_own(change, user_number);
    }
    PEYK_CO_TRY(auto position, co_await db_.commit(std::move(change)));
    if (user_signing_gone) {
        // May be many rows. A crash leaves some; they are not shown, since their signer is not the current key.
        PEYK_CO_CHECK(co_await remove_rows(db_, kGivenSignatures, user_number, {}));
        PEYK_CO_CHECK(co_await remove_rows(db_, kSignatureNews, user_number, {}));
    }
    co_return position;
}

// Signatures by a key that goes, and on it.
Result<void> CrossSigning::drop_signatures(storage::Change& change, std::uint64_t user_number,
                                           std::string_view public_key) const {
    auto digest = key_id_digest(db_, public_key);
    PEYK_TRY(auto rows, db_.scan_prefix(kOwnSignatures, user_number, {}, limits_.own_signatures));
    for (const auto& row : rows) {
        if (row.rest.starts_with(digest) || row.rest.ends_with(digest))
            change.del(kOwnSignatures, user_number, row.rest);
    }
    return {};
}

bool has_signature(const json::Object& object, const UserId& signer, std::string_view key_id,
                   std::string_view public_key) {
    auto raw = base64_decode(public_key);
    return raw && verify_json(object, signer.view(), key_id, *raw);
}

}  // namespace peyk::keys
