#pragma once
// Dehydrated devices: one of a user that nobody is signed in with. It takes part in encryption, so that messages find
// somebody when all other devices are gone; its private half lies here, sealed by the user's apps. MSC3814.

#include <optional>
#include <string>

#include "async/lane.h"
#include "keys/cleanup.h"
#include "keys/cross_signing.h"
#include "keys/device_keys.h"
#include "keys/limits.h"
#include "keys/ports.h"
#include "storage/db.h"

namespace peyk::keys {

// The devices that are signed in, and with them the dehydrated one.
class WithDehydrated final : public Accounts {
public:
    WithDehydrated(storage::Db& db, Accounts& accounts) : db_(db), accounts_(accounts) {}
    bool is_local(const UserId& user) const override { return accounts_.is_local(user); }
    Result<std::vector<DeviceInfo>> devices(const UserId& user) override;

private:
    storage::Db& db_;
    Accounts& accounts_;
};

struct DehydratedDevice {
    DeviceId id;
    std::optional<std::string> display_name;
    json::Object data;  // as the app sealed it

    std::string encode() const;
    static Result<DehydratedDevice> decode(std::string_view row);
};

// Purpose:  keeps the one dehydrated device of a user; a new one takes the place of the old one, whose keys and
//           messages go.
// Owner:    Keys.  Runs on: worker threads.
class DehydratedDevices {
public:
    struct Parts {
        storage::Db& db;
        Cleanup& cleanup;
        CrossSigning& cross_signing;
        DeviceKeys& device_keys;
        Accounts& signed_in;
    };
    DehydratedDevices(Parts parts, Limits limits) : parts_(parts), limits_(limits) {}

    // Errors: those of DeviceKeys::upload(); M_MISSING_PARAM without device keys; M_INVALID_PARAM when a device that is
    // signed in has that id; M_TOO_LARGE. A failure may have taken the old one away.
    Task<Result<void>> put(UserId user, std::uint64_t user_number, DehydratedDevice device, KeyUpload upload);
    // Blocking read.
    Result<std::optional<DehydratedDevice>> get(std::uint64_t user_number) const;
    // The id of the one that is gone now; nothing: there was none.
    Task<Result<std::optional<DeviceId>>> remove(UserId user, std::uint64_t user_number);

private:
    Result<void> check(const UserId& user, std::uint64_t user_number, const DehydratedDevice& device,
                       const KeyUpload& upload);
    Task<Result<std::optional<DeviceId>>> take_away(UserId user, std::uint64_t user_number);

    Parts parts_;
    const Limits limits_;
    Lanes lanes_;  // by user; entered before the user's lane of keys/
};

}  // namespace peyk::keys
