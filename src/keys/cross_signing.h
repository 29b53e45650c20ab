#pragma once
// The three cross-signing keys of a user. Spec: Client-Server API › Cross-signing; POST /keys/device_signing/upload.

#include <optional>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/json.h"
#include "keys/device_changes.h"
#include "keys/key_objects.h"
#include "keys/limits.h"
#include "keys/ports.h"
#include "keys/user_lanes.h"
#include "storage/db.h"

namespace peyk::keys {

struct CrossSigningKeys {
    std::optional<CrossSigningKey> master;
    std::optional<CrossSigningKey> self_signing;
    std::optional<CrossSigningKey> user_signing;

    std::optional<CrossSigningKey>& of(Usage usage) {
        return usage == Usage::master ? master : usage == Usage::self_signing ? self_signing : user_signing;
    }
    const std::optional<CrossSigningKey>& of(Usage usage) const {
        return const_cast<CrossSigningKeys*>(this)->of(usage);
    }
};

struct CrossSigningUpload {
    std::optional<json::Object> master = {};
    std::optional<json::Object> self_signing = {};
    std::optional<json::Object> user_signing = {};
};

// Whether the caller has just proved who they are.
enum class Proof : unsigned char { none, interactive };
enum class UploadOutcome : unsigned char { stored, unchanged, needs_proof };

// Purpose:  stores cross-signing keys; the first set freely, any other only with proof.
// Owner:    Keys.  Runs on: worker threads.
class CrossSigning {
public:
    CrossSigning(storage::Db& db, UserLanes& lanes, DeviceChanges& changes, Ports ports, Limits limits)
        : db_(db), lanes_(lanes), changes_(changes), ports_(ports), limits_(limits) {}

    // needs_proof: nothing was written; ask the user to authenticate and call again with Proof::interactive.
    // Errors: M_BAD_JSON, M_INVALID_PARAM, M_MISSING_PARAM (no master key), M_INVALID_SIGNATURE,
    // M_FORBIDDEN (a public key is the id of a device).
    Task<Result<UploadOutcome>> upload(UserId user, std::uint64_t user_number, CrossSigningUpload upload, Proof proof);

    // Blocking reads.
    Result<CrossSigningKeys> keys(std::uint64_t user_number) const;
    // True when a device must not have this id. Spec: "device IDs will not collide with cross-signing public keys".
    Result<bool> is_key_id(std::uint64_t user_number, std::string_view device_id) const;

private:
    Result<CrossSigningKeys> parse(const UserId& user, CrossSigningUpload upload) const;
    Result<void> check_signatures(const UserId& user, const CrossSigningKeys& offered,
                                  const CrossSigningKeys& held) const;
    Result<void> check_device_ids(const UserId& user, const CrossSigningKeys& offered) const;
    Task<Result<storage::Position>> store(UserId user, std::uint64_t user_number, CrossSigningKeys offered,
                                          CrossSigningKeys held);
    Result<void> drop_signatures(storage::Change& change, std::uint64_t user_number, std::string_view public_key) const;

    storage::Db& db_;
    UserLanes& lanes_;
    DeviceChanges& changes_;
    Ports ports_;
    const Limits limits_;
};

// Whether `key_id` ("ed25519:…") of `signer` has a valid signature in the object, made by `public_key` (base64).
bool has_signature(const json::Object& object, const UserId& signer, std::string_view key_id,
                   std::string_view public_key);

}  // namespace peyk::keys
