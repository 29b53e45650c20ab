#pragma once
// Everything of keys/ in one object, in the order in which the parts need each other.

#include <cstdint>
#include <memory>
#include <vector>

#include "async/feed.h"
#include "base/clock.h"
#include "keys/cleanup.h"
#include "keys/cross_signing.h"
#include "keys/dehydrated.h"
#include "keys/device_changes.h"
#include "keys/device_keys.h"
#include "keys/inboxes.h"
#include "keys/key_backup.h"
#include "keys/key_query.h"
#include "keys/limits.h"
#include "keys/one_time_keys.h"
#include "keys/ports.h"
#include "keys/signatures.h"
#include "keys/to_device.h"

namespace peyk::keys {

// Purpose:  the server's part of end-to-end encryption: it stores and hands out what it cannot read.
// Owner:    app::Server.  Runs on: worker threads. It has no threads or tasks of its own.
// `ports` and the services must outlive it. Call recover() once before traffic.
class Keys {
public:
    Keys(storage::Db& db, Feed& feed, const Clock& clock, Ports ports, Limits limits = {});
    ~Keys();

    const Limits& limits() const;
    DeviceKeys& device_keys();
    OneTimeKeys& one_time_keys();
    CrossSigning& cross_signing();
    Signatures& signatures();
    KeyQuery& query();
    KeyBackup& backup();
    ToDevice& to_device();
    Inboxes& inboxes();
    DeviceChanges& device_changes();
    DehydratedDevices& dehydrated();

    // Finishes what a crash cut short: removals, and announcements of device lists. The rooms must be ready.
    Task<Result<void>> recover();

    // For users::DeviceObserver and users::AccountObserver, which app/ adapts:
    // part of the batch that deletes the devices;
    void removing(storage::Change& change, std::uint64_t user_number, const std::vector<DeviceId>& devices);
    // after that batch;
    Task<void> removed(UserId user, std::uint64_t user_number);
    // a device was added or got another name, which others see when they ask for its keys;
    Task<void> devices_changed(UserId user, std::uint64_t user_number);
    // a new device must not have this id;
    Result<bool> is_reserved(std::uint64_t user_number, const DeviceId& device);
    // the account ended.
    Task<Result<void>> forget_user(UserId user, std::uint64_t user_number);

    // For sync. Blocking reads; cheap when nothing happened.
    // Shared and immutable; `one_time` lacks algorithms without keys, `unused_fallbacks` may be empty.
    Result<std::shared_ptr<const KeyCounts>> key_counts(std::uint64_t user_number, const DeviceId& device);
    Result<storage::Position> last_device_change(std::uint64_t user_number) const;
    Result<std::vector<UserId>> signed_since(std::uint64_t user_number, storage::Position from,
                                             storage::Position to) const;
    Result<InboxPage> inbox(std::uint64_t user_number, const DeviceId& device, storage::Position from,
                            storage::Position to, std::size_t limit = 100) const;
    Task<Result<void>> acknowledge(std::uint64_t user_number, DeviceId device, storage::Position up_to);

private:
    struct All;
    std::unique_ptr<All> all_;
};

}  // namespace peyk::keys
