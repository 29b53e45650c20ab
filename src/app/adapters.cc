#include "app/adapters.h"

#include "base/logging.h"

namespace peyk::app {

Result<rooms::Profiles::Profile> ProfilesOfUsers::profile(const UserId& user) const {
    Profile out;
    PEYK_TRY(bool exists, users_.accounts.exists(user));
    if (!exists) {
        if (user == notices_user(users_.options().server_name)) out.displayname = users_.options().server_name;
        return out;
    }
    PEYK_TRY(out.displayname, users_.profiles.displayname(user));
    PEYK_TRY(out.avatar_url, users_.profiles.avatar_url(user));
    return out;
}

Result<bool> ProfilesOfUsers::is_guest(const UserId& user) const {
    PEYK_TRY(auto account, users_.accounts.find(user));
    return account && account->guest;
}

Result<bool> ProfilesOfUsers::has_ended(const UserId& user) const {
    PEYK_TRY(auto account, users_.accounts.find(user));
    return account && account->deactivated;
}

Result<void> SendersOfDelayed::check_may_send(const UserId& user) const {
    PEYK_TRY(auto account, users_.accounts.find(user));
    if (!account || !account->suspended) return {};
    return fail(Error{Errc::forbidden, "The sender is suspended", "M_USER_SUSPENDED"});
}

Task<void> UsersObservers::profile_changed(users::Caller caller, std::optional<std::string>,
                                           std::optional<std::string>) {
    auto told = co_await actions_->profile_changed(caller.user);
    if (!told) log::warning("app", "a changed profile did not reach all rooms: {}", told.error().detail);
}

// Leaves every room and declines every invitation. Called again after a crash, so what is done already is passed over.
Task<Result<void>> UsersObservers::deactivated(UserId user, std::uint64_t number, bool erase) {
    if (erase) PEYK_CO_CHECK(co_await store_->erased().add(number));
    PEYK_CO_CHECK(co_await delayed_->forget_user(number));
    PEYK_CO_CHECK(co_await users_->invitations.revoke_all_of(user));
    PEYK_CO_TRY(auto rows, memberships_->of(number));
    // Where messages are to be redacted first, only those who are in a room may do that: it is left afterwards.
    PEYK_CO_TRY(bool stays, erasure_->will_redact(number));
    for (const auto& row : *rows) {
        using rooms::Membership;
        if (row.membership == Membership::leave || row.membership == Membership::ban) continue;
        if (stays && row.membership == Membership::join) continue;
        auto left = co_await actions_->leave(user, row.room, {});
        if (!left && left.error().code != Errc::forbidden) co_return std::unexpected(std::move(left.error()));
    }
    PEYK_CO_CHECK(co_await oauth::drop_second_factors(*users_, number));
    co_return co_await keys_->forget_user(std::move(user), number);
}

Task<void> UsersObservers::password_reset(UserId user) {
    auto told = co_await notices_->password_reset(std::move(user));
    if (!told) log::warning("app", "a notice of the server was not delivered: {}", errc_name(told.error().code));
}

Result<std::vector<keys::DeviceInfo>> AccountsForKeys::devices(const UserId& user) {
    std::vector<keys::DeviceInfo> out;
    PEYK_TRY(bool exists, users_.accounts.exists(user));
    if (!exists) return out;
    PEYK_TRY(auto devices, users_.sessions.devices(users_.accounts.number(user)));
    for (auto& device : devices) {
        keys::DeviceInfo info{device.id, std::nullopt};
        if (!device.name.empty()) info.display_name = device.name;
        out.push_back(std::move(info));
    }
    return out;
}

namespace {
std::vector<sync::AccountDataItem> items(std::vector<users::DataItem> from) {
    std::vector<sync::AccountDataItem> out;
    for (auto& item : from) out.push_back({std::move(item.room), std::move(item.type), std::move(item.content)});
    return out;
}
}  // namespace

Result<std::vector<sync::AccountDataItem>> AccountDataForSync::changes(std::uint64_t user, storage::Position from,
                                                                       storage::Position to) const {
    PEYK_TRY(auto found, users_.account_data.changes(user, from, to));
    return items(std::move(found));
}

Result<std::vector<sync::AccountDataItem>> AccountDataForSync::snapshot(std::uint64_t user) const {
    PEYK_TRY(auto found, users_.account_data.snapshot(user));
    return items(std::move(found));
}

// Spec: m.ignored_user_list: {"ignored_users": {user id: {}}}.
Result<rooms::IgnoredUsersPtr> AccountDataForSync::ignored_by(std::uint64_t user) const {
    PEYK_TRY(auto text, users_.account_data.get(user, std::nullopt, "m.ignored_user_list"));
    if (!text) return nullptr;
    PEYK_TRY(auto content, json::parse(*text));
    const auto* listed = content.get_object("ignored_users");
    if (!listed || listed->empty()) return nullptr;
    auto out = std::make_shared<rooms::IgnoredUsers>();
    for (const auto& [id, value] : *listed) out->insert(users_.context().db.number(id));
    out->erase(user);
    return out;
}

// The stable type, the proposal's (MSC4380), and the older proposal's lists (MSC4155).
Result<rooms::InviteRulesPtr> AccountDataForSync::invite_rules_of(std::uint64_t user) const {
    auto read = [&](std::string_view type) -> Result<std::optional<json::Value>> {
        PEYK_TRY(auto text, users_.account_data.get(user, std::nullopt, type));
        if (!text) return std::nullopt;
        PEYK_TRY(auto content, json::parse(*text));
        return content;
    };
    PEYK_TRY(auto permission, read("m.invite_permission_config"));
    if (!permission) {
        PEYK_TRY(permission, read("org.matrix.msc4380.invite_permission_config"));
    }
    PEYK_TRY(auto filter, read("org.matrix.msc4155.invite_permission_config"));
    if (!permission && !filter) return nullptr;
    return std::make_shared<const rooms::InviteRules>(permission ? &*permission : nullptr, filter ? &*filter : nullptr);
}

Result<std::vector<sync::ToDeviceMessage>> EncryptionForSync::inbox(const UserId& user, const DeviceId& device,
                                                                    storage::Position from, storage::Position to,
                                                                    std::size_t limit) const {
    PEYK_TRY(auto page, keys_.inbox(db_.number(user.view()), device, from, to, limit));
    std::vector<sync::ToDeviceMessage> out;
    for (auto& message : page.messages) out.push_back({message.position, std::move(message.json)});
    return out;
}

Task<Result<void>> EncryptionForSync::acknowledge(UserId user, DeviceId device, storage::Position up_to) {
    co_return co_await keys_.acknowledge(db_.number(user.view()), std::move(device), up_to);
}

Result<std::vector<std::pair<std::string, std::int64_t>>> EncryptionForSync::one_time_key_counts(
    const UserId& user, const DeviceId& device) const {
    PEYK_TRY(auto counts, keys_.key_counts(db_.number(user.view()), device));
    // Clients of the common kind take a missing entry for "unknown": the usual algorithm is always named.
    std::vector<std::pair<std::string, std::int64_t>> out(counts->one_time.begin(), counts->one_time.end());
    if (!counts->one_time.contains("signed_curve25519")) out.emplace_back("signed_curve25519", 0);
    return out;
}

Result<std::vector<std::string>> EncryptionForSync::unused_fallback_types(const UserId& user,
                                                                          const DeviceId& device) const {
    PEYK_TRY(auto counts, keys_.key_counts(db_.number(user.view()), device));
    return counts->unused_fallbacks;
}

Task<Result<client_api::DeviceListDelta>> DeviceHistoryFromSync::between(users::Caller caller, std::string from,
                                                                         std::string to) {
    PEYK_CO_TRY(auto lists, sync_.device_changes(caller.user, caller.device, from, to));
    client_api::DeviceListDelta delta;
    delta.changed.assign(lists.changed.begin(), lists.changed.end());
    delta.left.assign(lists.left.begin(), lists.left.end());
    co_return delta;
}

Task<Result<void>> ReadMarkersInAccountData::set_fully_read(users::Caller caller, RoomId room, EventId event) {
    json::Object content{{"event_id", event.str()}};
    co_return co_await users_.account_data.put_managed(caller.user_number, std::move(room), "m.fully_read",
                                                       std::move(content));
}

}  // namespace peyk::app
