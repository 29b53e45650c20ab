#pragma once
// What users/ asks of the rest of the program. app/ wires an implementation; the defaults do nothing.

#include <optional>
#include <string>
#include <vector>

#include "async/task.h"
#include "core/ids.h"
#include "core/json.h"
#include "storage/db.h"
#include "users/caller.h"

namespace peyk::users {

// Keys, to-device rows and whatever else hangs on a device. The tasks run after the change is durable, outside of the
// user's lane, and are awaited before the request is answered.
class DeviceObserver {
public:
    virtual ~DeviceObserver() = default;
    // True when a new device must not have this id (the id of a cross-signing key). Blocking reads are allowed.
    virtual Result<bool> is_reserved(const UserId&, std::uint64_t /*user_number*/, const DeviceId&) { return false; }
    // Adds to the very batch that deletes the devices (the user's shard), so that nothing is left behind by a crash.
    virtual Result<void> removing(storage::Change&, std::uint64_t /*user_number*/, const std::vector<DeviceId>&) {
        return {};
    }
    virtual Task<void> removed(UserId, std::uint64_t /*user_number*/, std::vector<DeviceId>) { co_return; }
    virtual Task<void> added(UserId, std::uint64_t /*user_number*/, DeviceId) { co_return; }
    virtual Task<void> renamed(UserId, std::uint64_t /*user_number*/, DeviceId) { co_return; }
};

// The display name or the avatar changed: rooms/ sends member events to the rooms that the user has joined. Called
// after the profile is durable and awaited before the answer.
class ProfileObserver {
public:
    virtual ~ProfileObserver() = default;
    virtual Task<void> profile_changed(Caller, std::optional<std::string> /*displayname*/,
                                       std::optional<std::string> /*avatar_url*/) {
        co_return;
    }
};

// How an account ends.
struct Ending {
    bool erase = false;          // what is held about the user is destroyed, and messages are hidden from newcomers
    bool redact_events = false;  // with `erase`: messages in rooms of this server are redacted as well
};

// An account ended: rooms/ leaves its rooms and rejects its invites; `erase` asks to hide its events from those who
// join later. May be called again for the same account (after a crash).
class AccountObserver {
public:
    virtual ~AccountObserver() = default;
    virtual Task<Result<void>> deactivated(UserId, std::uint64_t /*user_number*/, bool /*erase*/) {
        co_return Result<void>{};
    }
    // Of an account that is to be erased, in this order:
    // before it ends, while all is there; what has to be known later is noted durably;
    virtual Task<Result<void>> erasing(UserId, std::uint64_t /*user_number*/, Ending) { co_return Result<void>{}; }
    // after deactivated(): what is kept elsewhere than under the user's own key goes. May be called again;
    virtual Task<Result<void>> shredding(UserId, std::uint64_t /*user_number*/) { co_return Result<void>{}; }
    // when nothing is left under the user's key. Answers the receipt. May be called again.
    virtual Task<Result<json::Object>> erased(UserId, std::uint64_t /*user_number*/) { co_return json::Object{}; }
    // The password was set anew by a link that an administrator issued: the user is to be told. After the change is
    // durable; a crash in between loses the call.
    virtual Task<void> password_reset(UserId) { co_return; }
};

// Which names belong to application services, and to which. Spec: Application Service API › Registration.
class ServiceNames {
public:
    virtual ~ServiceNames() = default;
    // Somebody other than the service (empty: than a person) keeps the name for itself.
    virtual bool is_taken(const UserId&, std::string_view /*service*/) const { return false; }
    // The service may make accounts of that name and sign in as it.
    virtual bool owns(std::string_view /*service*/, const UserId&) const { return false; }
};

// The rooms behind invitations. Implemented over rooms/; may block.
class RoomDoors {
public:
    virtual ~RoomDoors() = default;
    // `maker` is in the room and may invite people there now.
    virtual Result<bool> may_invite(const UserId& /*maker*/, const RoomId& /*room*/) const { return false; }
    // Joined or invited.
    virtual Result<bool> is_inside(const UserId& /*user*/, const RoomId& /*room*/) const { return false; }
    virtual Task<Result<void>> invite(UserId /*maker*/, RoomId /*room*/, UserId /*guest*/) { co_return Result<void>{}; }
};

// A pusher was set, or taken away by its owner or by another user's. Called after the change is durable; may block.
class PusherObserver {
public:
    virtual ~PusherObserver() = default;
    virtual void pushers_changed(std::uint64_t /*user_number*/) {}
};

struct Observers {
    DeviceObserver* devices = nullptr;
    ProfileObserver* profiles = nullptr;
    AccountObserver* accounts = nullptr;
    const ServiceNames* names = nullptr;
    PusherObserver* pushers = nullptr;
    RoomDoors* doors = nullptr;
};

}  // namespace peyk::users
