#pragma once
// Ports that one domain declares and another fulfils. Small on purpose: a line of translation each.

#include "app/erasure.h"
#include "app/server_notices.h"
#include "client_api/keys/endpoints.h"
#include "client_api/rooms/endpoints.h"
#include "keys/keys.h"
#include "oauth/second_factors.h"
#include "rooms/delayed/delayed_events.h"
#include "rooms/ephemeral/room_stream.h"
#include "rooms/membership/actions.h"
#include "sync/sliding_sync.h"
#include "users/users.h"

namespace peyk::app {

// rooms/ asks users/ for names and pictures.
class ProfilesOfUsers final : public rooms::Profiles {
public:
    explicit ProfilesOfUsers(const users::Users& users) : users_(users) {}
    Result<Profile> profile(const UserId& user) const override;
    Result<bool> exists(const UserId& user) const override { return users_.accounts.exists(user); }
    Result<bool> is_guest(const UserId& user) const override;
    Result<bool> has_ended(const UserId& user) const override;

private:
    const users::Users& users_;
};

// rooms/ asks users/ whether a delayed event may still go out.
class SendersOfDelayed final : public rooms::DelayedSenders {
public:
    explicit SendersOfDelayed(const users::Users& users) : users_(users) {}
    Result<void> check_may_send(const UserId& user) const override;

private:
    const users::Users& users_;
};

// rooms/ has users/ take a room's settings over to the room that takes its place.
class SettingsOfSuccessors final : public rooms::Succession {
public:
    explicit SettingsOfSuccessors(users::Users& users) : users_(users) {}
    Task<Result<void>> joined_successor(UserId user, RoomId from, RoomId to) override;

private:
    users::Users& users_;
};

// users/ tells rooms/ and keys/ what happened to accounts and devices. The targets are set before traffic starts.
class UsersObservers final : public users::DeviceObserver,
                             public users::ProfileObserver,
                             public users::AccountObserver {
public:
    void bind(keys::Keys& keys, rooms::MembershipActions& actions, const rooms::Memberships& memberships,
              users::Users& users, sync::Connections& connections, const rooms::RoomStore& store,
              rooms::DelayedEvents& delayed, ServerNotices& notices, Erasure& erasure) {
        erasure_ = &erasure;
        notices_ = &notices;
        users_ = &users;
        store_ = &store;
        keys_ = &keys;
        actions_ = &actions;
        memberships_ = &memberships;
        delayed_ = &delayed;
        connections_ = &connections;
    }
    Result<bool> is_reserved(const UserId&, std::uint64_t user, const DeviceId& device) override {
        return keys_->is_reserved(user, device);
    }
    Result<void> removing(storage::Change& change, std::uint64_t user, const std::vector<DeviceId>& devices) override {
        keys_->removing(change, user, devices);
        return connections_->removing(change, user, devices);
    }
    Task<void> removed(UserId user, std::uint64_t number, std::vector<DeviceId>) override {
        co_await keys_->removed(std::move(user), number);
    }
    Task<void> added(UserId user, std::uint64_t number, DeviceId) override {
        co_await keys_->devices_changed(std::move(user), number);
    }
    Task<void> renamed(UserId user, std::uint64_t number, DeviceId) override {
        co_await keys_->devices_changed(std::move(user), number);
    }
    Task<void> profile_changed(users::Caller caller, std::optional<std::string>, std::optional<std::string>) override;
    Task<Result<void>> deactivated(UserId user, std::uint64_t number, bool erase) override;
    Task<Result<void>> erasing(UserId user, std::uint64_t number, users::Ending ending) override {
        co_return co_await erasure_->begin(std::move(user), number, ending);
    }
    Task<Result<void>> shredding(UserId, std::uint64_t number) override { co_return co_await erasure_->shred(number); }
    Task<Result<json::Object>> erased(UserId, std::uint64_t number) override {
        co_return co_await erasure_->finish(number);
    }
    Task<void> password_reset(UserId user) override;

private:
    Erasure* erasure_ = nullptr;
    users::Users* users_ = nullptr;
    keys::Keys* keys_ = nullptr;
    rooms::MembershipActions* actions_ = nullptr;
    const rooms::Memberships* memberships_ = nullptr;
    rooms::DelayedEvents* delayed_ = nullptr;
    sync::Connections* connections_ = nullptr;
    const rooms::RoomStore* store_ = nullptr;
    ServerNotices* notices_ = nullptr;
};

// rooms/ tells its own other half; bound before traffic starts.
class GuestsLeave final : public rooms::GuestAccessObserver {
public:
    void bind(rooms::MembershipActions& actions) { actions_ = &actions; }
    Task<Result<void>> guests_must_leave(RoomId room) override {
        co_return co_await actions_->remove_guests(std::move(room));
    }

private:
    rooms::MembershipActions* actions_ = nullptr;
};

// keys/ asks users/ for devices, and tells the rooms about changed device lists.
class AccountsForKeys final : public keys::Accounts {
public:
    explicit AccountsForKeys(users::Users& users) : users_(users) {}
    bool is_local(const UserId& user) const override { return users_.accounts.is_local(user); }
    Result<std::vector<keys::DeviceInfo>> devices(const UserId& user) override;

private:
    users::Users& users_;
};

class DeviceListsToRooms final : public keys::DeviceListObserver {
public:
    explicit DeviceListsToRooms(rooms::RoomStream& stream) : stream_(stream) {}
    Task<Result<void>> device_list_changed(UserId user, storage::Position) override {
        co_return co_await stream_.device_list_changed(std::move(user));
    }

private:
    rooms::RoomStream& stream_;
};

// sync/ reads users/ and keys/.
class AccountDataForSync final : public sync::AccountDataSource {
public:
    explicit AccountDataForSync(const users::Users& users) : users_(users) {}
    Result<std::vector<sync::AccountDataItem>> changes(std::uint64_t user, storage::Position from,
                                                       storage::Position to) const override;
    Result<std::vector<sync::AccountDataItem>> snapshot(std::uint64_t user) const override;
    Result<std::string> filter(std::uint64_t user, std::string_view id) const override {
        return users_.filters.get(user, id);
    }
    Result<rooms::IgnoredUsersPtr> ignored_by(std::uint64_t user) const override;
    Result<rooms::InviteRulesPtr> invite_rules_of(std::uint64_t user) const override;

private:
    const users::Users& users_;
};

class EncryptionForSync final : public sync::EncryptionSource {
public:
    EncryptionForSync(keys::Keys& keys, const storage::Db& db) : keys_(keys), db_(db) {}
    Result<std::vector<sync::ToDeviceMessage>> inbox(const UserId& user, const DeviceId& device, storage::Position from,
                                                     storage::Position to, std::size_t limit) const override;
    Task<Result<void>> acknowledge(UserId user, DeviceId device, storage::Position up_to) override;
    Result<std::vector<std::pair<std::string, std::int64_t>>> one_time_key_counts(
        const UserId& user, const DeviceId& device) const override;
    Result<std::vector<std::string>> unused_fallback_types(const UserId& user, const DeviceId& device) const override;
    Result<storage::Position> last_device_change(const UserId& user) const override {
        return keys_.last_device_change(db_.number(user.view()));
    }
    Result<std::vector<UserId>> signed_since(const UserId& user, storage::Position from,
                                             storage::Position to) const override {
        return keys_.signed_since(db_.number(user.view()), from, to);
    }

private:
    keys::Keys& keys_;
    const storage::Db& db_;
};

// client_api/keys asks sync/ who changed between two tokens.
class DeviceHistoryFromSync final : public client_api::DeviceListHistory {
public:
    explicit DeviceHistoryFromSync(const sync::SyncV3& sync) : sync_(sync) {}
    Task<Result<client_api::DeviceListDelta>> between(users::Caller caller, std::string from, std::string to) override;

private:
    const sync::SyncV3& sync_;
};

// client_api/rooms writes the fully-read marker into users/ account data.
class ReadMarkersInAccountData final : public client_api::ReadMarkers {
public:
    explicit ReadMarkersInAccountData(users::Users& users) : users_(users) {}
    Task<Result<void>> set_fully_read(users::Caller caller, RoomId room, EventId event) override;

private:
    users::Users& users_;
};

}  // namespace peyk::app
