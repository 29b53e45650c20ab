#pragma once
// Signatures that a user's keys make on devices and keys. Spec: POST /keys/signatures/upload; Key and signature
// security.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/json.h"
#include "keys/cross_signing.h"
#include "keys/device_changes.h"
#include "keys/device_keys.h"
#include "keys/signature_rows.h"

namespace peyk::keys {

// user id -> key id (device id or public key) -> the object with the new signatures
using SignatureUpload = std::map<UserId, std::map<std::string, json::Object>>;

// Purpose:  checks every signature before it is stored; what fails is reported beside what succeeds.
// Owner:    Keys.  Runs on: worker threads.
class Signatures {
public:
    struct Parts {
        storage::Db& db;
        UserLanes& lanes;
        Feed& feed;
        DeviceChanges& changes;
        CrossSigning& cross_signing;
        DeviceKeys& device_keys;
    };
    Signatures(Parts parts, Ports ports, Limits limits) : parts_(parts), ports_(ports), limits_(limits) {}

    // user id -> key id -> {errcode, error}; empty when all was well. Errors: M_TOO_LARGE.
    Task<Result<json::Object>> upload(UserId user, std::uint64_t user_number, SignatureUpload upload);

    // Whom the user has signed at positions from < p <= to: their keys look different to this user now. For the
    // `changed` list of this user's syncs only. Blocking read.
    Result<std::vector<UserId>> signed_since(std::uint64_t user_number, storage::Position from,
                                             storage::Position to) const;

private:
    struct Work;
    using MasterKeys = std::map<UserId, json::Object>;
    Task<MasterKeys> remote_master_keys(std::vector<UserId> users);
    Result<void> own_device(Work& work, const DeviceId& device, const json::Object& offered,
                            const json::Object& held) const;
    Result<void> own_master(Work& work, const json::Object& offered) const;
    Result<void> own_key(Work& work, const std::string& key_id, const json::Object& offered) const;
    Result<void> other_master(Work& work, const UserId& target, const std::string& key_id, const json::Object& offered,
                              const MasterKeys& remote) const;
    Result<bool> write(storage::Change& change, const Work& work) const;

    Parts parts_;
    Ports ports_;
    const Limits limits_;
};

}  // namespace peyk::keys
