#include "keys/keys.h"

namespace peyk::keys {

struct Keys::All {
    All(storage::Db& db, Feed& feed, const Clock& clock, Ports given, Limits allowed)
        : limits(allowed),
          accounts(db, given.accounts),
          ports{accounts, given.observer, given.remote_keys, given.remote_inboxes},
          changes(db, lanes, feed, ports.observer),
          one_time(db, lanes, feed, ports, limits),
          cross_signing(db, lanes, changes, ports, limits),
          cleanup(db, lanes, changes, one_time),
          device_keys({db, lanes, feed, changes, one_time, cross_signing, cleanup}, ports, limits),
          signatures({db, lanes, feed, changes, cross_signing, device_keys}, ports, limits),
          query(db, cross_signing, ports, limits),
          backup(db, lanes, limits),
          inboxes({db, lanes, feed, cleanup, clock}, ports, limits),
          to_device(db, inboxes, clock, ports, limits),
          dehydrated({db, cleanup, cross_signing, device_keys, given.accounts}, limits) {}

    const Limits limits;
    WithDehydrated accounts;
    Ports ports;
    UserLanes lanes;
    DeviceChanges changes;
    OneTimeKeys one_time;
    CrossSigning cross_signing;
    Cleanup cleanup;
    DeviceKeys device_keys;
    Signatures signatures;
    KeyQuery query;
    KeyBackup backup;
    Inboxes inboxes;
    ToDevice to_device;
    DehydratedDevices dehydrated;
};

Keys::Keys(storage::Db& db, Feed& feed, const Clock& clock, Ports ports, Limits limits)
    : all_(std::make_unique<All>(db, feed, clock, ports, limits)) {}

Keys::~Keys() = default;

const Limits& Keys::limits() const { return all_->limits; }
DeviceKeys& Keys::device_keys() { return all_->device_keys; }
OneTimeKeys& Keys::one_time_keys() { return all_->one_time; }
CrossSigning& Keys::cross_signing() { return all_->cross_signing; }
Signatures& Keys::signatures() { return all_->signatures; }
KeyQuery& Keys::query() { return all_->query; }
KeyBackup& Keys::backup() { return all_->backup; }
ToDevice& Keys::to_device() { return all_->to_device; }
Inboxes& Keys::inboxes() { return all_->inboxes; }
DeviceChanges& Keys::device_changes() { return all_->changes; }

DehydratedDevices& Keys::dehydrated() { return all_->dehydrated; }

Task<Result<void>> Keys::recover() {
    PEYK_CO_CHECK(co_await all_->cleanup.finish_pending());
    PEYK_CO_CHECK(co_await all_->backup.finish_pending());
    co_return co_await all_->changes.announce_pending();
}

void Keys::removing(storage::Change& change, std::uint64_t user_number, const std::vector<DeviceId>& devices) {
    all_->cleanup.removing(change, user_number, devices);
}

Task<void> Keys::removed(UserId user, std::uint64_t user_number) {
    return all_->cleanup.removed(std::move(user), user_number);
}

Task<void> Keys::devices_changed(UserId user, std::uint64_t user_number) {
    return all_->changes.note_and_announce(std::move(user), user_number);
}

Result<bool> Keys::is_reserved(std::uint64_t user_number, const DeviceId& device) {
    PEYK_TRY(auto dehydrated, all_->dehydrated.get(user_number));
    if (dehydrated && dehydrated->id == device) return true;
    return all_->cross_signing.is_key_id(user_number, device.view());
}

Task<Result<void>> Keys::forget_user(UserId user, std::uint64_t user_number) {
    return all_->cleanup.forget_user(std::move(user), user_number);
}

Result<std::shared_ptr<const KeyCounts>> Keys::key_counts(std::uint64_t user_number, const DeviceId& device) {
    return all_->one_time.counts(user_number, device);
}

Result<storage::Position> Keys::last_device_change(std::uint64_t user_number) const {
    return all_->changes.last(user_number);
}

Result<std::vector<UserId>> Keys::signed_since(std::uint64_t user_number, storage::Position from,
                                               storage::Position to) const {
    return all_->signatures.signed_since(user_number, from, to);
}

Result<InboxPage> Keys::inbox(std::uint64_t user_number, const DeviceId& device, storage::Position from,
                              storage::Position to, std::size_t limit) const {
    return all_->inboxes.inbox(user_number, device, from, to, limit);
}

Task<Result<void>> Keys::acknowledge(std::uint64_t user_number, DeviceId device, storage::Position up_to) {
    return all_->inboxes.acknowledge(user_number, std::move(device), up_to);
}

}  // namespace peyk::keys
