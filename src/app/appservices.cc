#include "app/appservices.h"

#include "base/logging.h"
#include "core/errors.h"

namespace peyk::app {

std::string_view ServiceAuthenticator::service_of(std::string_view access_token) const {
    const auto* service = registry_.by_token(access_token);
    return service ? std::string_view(service->id) : std::string_view{};
}

// Spec: Application Service API › Identity assertion.
Result<users::Caller> ServiceAuthenticator::authenticate_service(std::string_view access_token,
                                                                 const users::Assertion& assertion) {
    const auto* service = registry_.by_token(access_token);
    if (!service) return m::unknown_token("Unknown access token");
    auto user = service->sender;
    if (assertion.user) {
        PEYK_TRY(user, UserId::parse(*assertion.user));
        if (!registry_.owns(*service, user))
            return m::forbidden("This user is not in the namespaces of the application service");
    }
    PEYK_TRY(auto account, users_.accounts.find(user));
    if (!account || account->deactivated) return m::forbidden("The application service has not registered this user");
    if (account->locked) return fail(users::locked_error());
    PEYK_CHECK(users::check_is_somebody(*account));
    if (user != service->sender) {
        PEYK_TRY(auto sender, users_.accounts.find(service->sender));
        if (!sender || sender->deactivated)
            return m::forbidden("The own user of the application service was deactivated");
    }
    auto device = DeviceId::trusted("");
    if (assertion.device) {
        auto named = DeviceId::parse(*assertion.device);
        Result<std::optional<users::Device>> known = std::nullopt;
        if (named) known = users_.sessions.device(account->number, *named);
        if (!known) return std::unexpected(std::move(known.error()));
        if (!*known) return fail(Error{Errc::bad_request, "The user has no such device", "M_UNKNOWN_DEVICE"});
        device = *std::move(named);
    }
    PEYK_TRY(bool through_provider, users_.provider_links.usable(account->number));
    // The sender is never limited, its users unless the registration says otherwise.
    bool unlimited = user == service->sender || !service->rate_limited;
    return users::Caller{.user = account->id,
                         .device = std::move(device),
                         .user_number = account->number,
                         .token_number = 0,
                         .suspended = account->suspended,
                         .service = service->id,
                         .unlimited = unlimited,
                         .person = !account->password_hash.empty() || through_provider};
}

Task<Result<void>> BridgedNamesOfServices::ask_for(RoomAlias alias) {
    if (!users_.accounts.is_local(UserId::trusted("@:" + std::string(alias.server())))) co_return Result<void>{};
    auto asked = co_await services_.lookups().ask_for(std::move(alias));
    if (!asked) co_return std::unexpected(std::move(asked.error()));
    co_return Result<void>{};
}

// A user may be invited before there is one, so a service that is away is no reason to refuse.
Task<Result<void>> BridgedNamesOfServices::ask_for(UserId user) {
    if (!users_.accounts.is_local(user)) co_return Result<void>{};
    PEYK_CO_TRY(auto account, users_.accounts.find(user));
    if (!account) (void)co_await services_.lookups().ask_for(std::move(user));
    co_return Result<void>{};
}

Result<std::optional<UserId>> InboxesForServices::user(std::uint64_t number) const {
    PEYK_TRY(auto account, users_.accounts.by_number(number));
    if (!account || account->deactivated) return std::nullopt;
    return account->id;
}

Result<std::vector<DeviceId>> InboxesForServices::devices(const UserId& user) const {
    PEYK_TRY(auto devices, users_.sessions.devices(users_.accounts.number(user)));
    std::vector<DeviceId> out;
    for (auto& device : devices) out.push_back(std::move(device.id));
    return out;
}

Result<std::vector<appservices::InboxSource::Message>> InboxesForServices::messages(const UserId& user,
                                                                                    const DeviceId& device,
                                                                                    storage::Position to,
                                                                                    std::size_t limit) const {
    PEYK_TRY(auto page, keys_.inbox(users_.accounts.number(user), device, 0, to, limit));
    std::vector<Message> out;
    for (auto& message : page.messages) out.push_back({message.position, std::move(message.json)});
    return out;
}

Task<Result<void>> InboxesForServices::taken(UserId user, DeviceId device, storage::Position up_to) {
    auto number = users_.accounts.number(user);
    co_return co_await keys_.acknowledge(number, std::move(device), up_to);
}

std::vector<appservices::PresenceSource::Change> PresenceForServices::changed(std::uint64_t from,
                                                                              std::uint64_t to) const {
    std::vector<Change> out;
    for (auto& change : presence_.changed(from, to))
        out.push_back({std::move(change.user), change.count, json::write(change.event)});
    return out;
}

Task<Result<void>> make_senders(const appservices::Registry& registry, users::Users& users) {
    for (const auto& service : registry.all()) {
        PEYK_CO_TRY(auto account, users.accounts.find(service.sender));
        if (account && account->deactivated) {
            // No reason to refuse people their server: authenticate_service() refuses the service.
            log::error("appservices",
                       "the own user of the application service \"{}\" was deactivated, so it cannot act; give the "
                       "service another sender_localpart, or remove its file",
                       service.id);
        }
        if (account) continue;
        users::NewAccount wanted{.localpart = std::string(service.sender.localpart())};
        PEYK_CO_CHECK(co_await users.registration.create(std::move(wanted)));
    }
    co_return Result<void>{};
}

}  // namespace peyk::app
