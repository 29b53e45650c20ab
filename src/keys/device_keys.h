#pragma once
// Identity keys of devices. Spec: Client-Server API › Device keys; POST /keys/upload.

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "async/feed.h"
#include "core/ids.h"
#include "core/json.h"
#include "keys/cleanup.h"
#include "keys/cross_signing.h"
#include "keys/device_changes.h"
#include "keys/limits.h"
#include "keys/one_time_keys.h"
#include "keys/ports.h"
#include "keys/user_lanes.h"
#include "storage/db.h"

namespace peyk::keys {

struct KeyUpload {
    std::optional<json::Object> device_keys = {};
    json::Object one_time_keys = {};
    json::Object fallback_keys = {};
};

// Purpose:  takes what a device publishes; reads it back as it came, without `unsigned` and others' signatures.
// Owner:    Keys.  Runs on: worker threads.
class DeviceKeys {
public:
    struct Parts {
        storage::Db& db;
        UserLanes& lanes;
        Feed& feed;
        DeviceChanges& changes;
        OneTimeKeys& one_time;
        CrossSigning& cross_signing;
        Cleanup& cleanup;
    };
    DeviceKeys(Parts parts, Ports ports, Limits limits) : parts_(parts), ports_(ports), limits_(limits) {}

    // The upload is one change, but for new identity keys of a device that had others: they replace the old ones in a
    // change of their own, which also drops the one-time keys that the old ones had signed.
    // Errors: as check_device_keys() and OneTimeKeys::add(); M_FORBIDDEN when the device id is a cross-signing key;
    // M_UNKNOWN_TOKEN when the device is gone.
    Task<Result<std::shared_ptr<const KeyCounts>>> upload(UserId user, std::uint64_t user_number, DeviceId device,
                                                          KeyUpload upload);

    // Blocking reads. The objects are as the devices signed them.
    Result<std::optional<json::Object>> get(std::uint64_t user_number, const DeviceId& device) const;

private:
    enum class Identity : unsigned char { same, changed, replaced };
    struct Written {
        bool list_changed = false;
        storage::Position position = 0;  // 0: nothing was new
    };
    Result<Identity> plan_identity(storage::Change& change, const UserId& user, std::uint64_t user_number,
                                   const DeviceId& device, json::Object keys);
    Task<Result<Written>> write(UserId user, std::uint64_t user_number, DeviceId device, KeyUpload upload);
    Result<void> check(const UserId& user, std::uint64_t user_number, const DeviceId& device, const KeyUpload& upload);

    Parts parts_;
    Ports ports_;
    const Limits limits_;
};

}  // namespace peyk::keys
