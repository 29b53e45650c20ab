#pragma once
// Application services at the ports of the other domains.

#include "appservices/services.h"
#include "client_api/rooms/endpoints.h"
#include "keys/keys.h"
#include "sync/presence.h"
#include "users/users.h"

namespace peyk::app {

// users/ asks which names services keep, and the server for itself.
class NamesOfServices final : public users::ServiceNames {
public:
    NamesOfServices(const appservices::Registry& registry, UserId notices)
        : registry_(registry), notices_(std::move(notices)) {}
    bool is_taken(const UserId& user, std::string_view service) const override {
        return user == notices_ || registry_.is_taken(user, registry_.by_id(service));
    }
    bool owns(std::string_view service, const UserId& user) const override {
        const auto* registration = registry_.by_id(service);
        return registration && registry_.owns(*registration, user);
    }

private:
    const appservices::Registry& registry_;
    const UserId notices_;
};

// The tokens of services, and through Sessions everybody else's.
class ServiceAuthenticator final : public users::Authenticator {
public:
    ServiceAuthenticator(const appservices::Registry& registry, users::Users& users)
        : registry_(registry), users_(users) {}
    Result<users::Caller> authenticate(std::string_view access_token) override {
        return users_.sessions.authenticate(access_token);
    }
    Result<users::Caller> authenticate_even_locked(std::string_view access_token) override {
        return users_.sessions.authenticate_even_locked(access_token);
    }
    std::string_view service_of(std::string_view access_token) const override;
    Result<users::Caller> authenticate_service(std::string_view access_token,
                                               const users::Assertion& assertion) override;

private:
    const appservices::Registry& registry_;
    users::Users& users_;
};

// client_api/rooms asks about aliases, and for what a service may make when it is asked.
class BridgedNamesOfServices final : public client_api::BridgedNames {
public:
    BridgedNamesOfServices(appservices::Services& services, const users::Users& users)
        : registry_(services.registry()), services_(services), users_(users) {}
    bool is_taken(const RoomAlias& alias, std::string_view service) const override {
        return registry_.is_taken(alias, registry_.by_id(service));
    }
    bool owns(std::string_view service, const RoomAlias& alias) const override {
        const auto* registration = registry_.by_id(service);
        return registration && registry_.owns(*registration, alias);
    }
    Task<Result<void>> ask_for(RoomAlias alias) override;
    Task<Result<void>> ask_for(UserId user) override;
    Result<std::vector<rooms::Directory::Published>> published(std::optional<std::string_view> instance,
                                                               rooms::RoomNumber after,
                                                               std::size_t limit) const override {
        return services_.network_rooms().list(instance, after, limit);
    }

private:
    const appservices::Registry& registry_;
    appservices::Services& services_;
    const users::Users& users_;
};

// appservices/ reads keys/ and users/ for what the devices of services' users are sent.
class InboxesForServices final : public appservices::InboxSource {
public:
    InboxesForServices(keys::Keys& keys, const users::Users& users) : keys_(keys), users_(users) {}
    Result<std::optional<UserId>> user(std::uint64_t number) const override;
    Result<std::vector<DeviceId>> devices(const UserId& user) const override;
    Result<std::vector<Message>> messages(const UserId& user, const DeviceId& device, storage::Position to,
                                          std::size_t limit) const override;
    Task<Result<void>> taken(UserId user, DeviceId device, storage::Position up_to) override;
    Result<std::vector<std::uint64_t>> waiting(std::string& next) const override {
        return keys_.inboxes().waiting(next);
    }

private:
    keys::Keys& keys_;
    const users::Users& users_;
};

class PresenceForServices final : public appservices::PresenceSource {
public:
    explicit PresenceForServices(const sync::Presence& presence) : presence_(presence) {}
    std::uint64_t counter() const override { return presence_.counter(); }
    std::vector<Change> changed(std::uint64_t from, std::uint64_t to) const override;

private:
    const sync::Presence& presence_;
};

// At start: the services' own users exist before anybody speaks as them. One that was deactivated stays so, and its
// service cannot act.
Task<Result<void>> make_senders(const appservices::Registry& registry, users::Users& users);

}  // namespace peyk::app
