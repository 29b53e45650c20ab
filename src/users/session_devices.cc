// Sessions: the devices' side.

#include "core/errors.h"

#include <fmt/format.h>

#include <algorithm>

#include "users/sessions.h"
#include "users/tables.h"

namespace peyk::users {
namespace {

constexpr std::size_t kMaxName = 256;

Result<std::uint32_t> last_seen(const Context& context, std::uint64_t user, const DeviceId& device) {
    PEYK_TRY(auto day, context.db.get(kDeviceDays, user, device_key(context.db, device)));
    if (!day || day->gone) return 0U;
    PEYK_TRY(json::Value value, json::parse(day->body));
    return static_cast<std::uint32_t>(value.integer().value_or(0));
}

}  // namespace

Result<std::vector<Device>> Sessions::devices(std::uint64_t user) const {
    PEYK_TRY(auto rows, devices_of(context_.db, user));
    std::vector<Device> devices;
    for (auto& row : rows) {
        PEYK_TRY(auto day, last_seen(context_, user, row.id));
        devices.push_back({std::move(row.id), std::move(row.name), row.session, day, std::move(row.client)});
    }
    return devices;
}

Result<std::optional<Device>> Sessions::device(std::uint64_t user, const DeviceId& id) const {
    PEYK_TRY(auto entry, context_.db.get(kDevices, user, device_key(context_.db, id)));
    if (!entry || entry->gone) return std::nullopt;
    PEYK_TRY(auto row, DeviceRow::decode(entry->body));
    PEYK_TRY(auto day, last_seen(context_, user, id));
    return Device{std::move(row.id), std::move(row.name), row.session, day, std::move(row.client)};
}

Task<Result<void>> Sessions::rename(UserId user, DeviceId id, std::string name) {
    if (name.size() > kMaxName) co_return m::too_large(fmt::format("A device name has at most {} bytes", kMaxName));
    auto number = accounts_.number(user);
    auto lane = co_await context_.lanes.enter(number);
    auto key = device_key(context_.db, id);
    PEYK_CO_TRY(auto entry, context_.db.get(kDevices, number, key));
    if (!entry || entry->gone) co_return m::not_found("You have no such device");
    PEYK_CO_TRY(auto row, DeviceRow::decode(entry->body));
    if (row.name == name) co_return Result<void>{};
    row.name = std::move(name);
    auto change = context_.change_of(number);
    change.put(kDevices, number, key, row.encode());
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    lane.leave();
    if (observer_) co_await observer_->renamed(std::move(user), number, std::move(id));
    co_return Result<void>{};
}

Result<Ended> Sessions::delete_rows(storage::Change& change, std::uint64_t user, const Which& which) const {
    Ended ended;
    PEYK_TRY(auto devices, devices_of(context_.db, user));
    for (auto& device : devices) {
        if (!which(device.id)) continue;
        auto key = device_key(context_.db, device.id);
        change.del(kDevices, user, key);
        change.del(kDeviceDays, user, key);
        ended.devices.push_back(std::move(device.id));
    }
    PEYK_TRY(auto tokens, tokens_of(context_.db, user));
    for (auto& token : tokens) {
        if (!which(token.row.device)) continue;
        change.del(kTokens, user, token.digest);
        ended.tokens.push_back(std::move(token.digest));
    }
    PEYK_TRY(auto pushers, context_.db.scan(kPushers, user, "", "", 10'000));
    for (const auto& pusher : pushers) {
        if (pusher.gone) continue;
        PEYK_TRY(json::Value value, json::parse(pusher.body));
        auto device = value.get_string("device");
        if (device && which(DeviceId::trusted(std::string(*device)))) change.del(kPushers, user, pusher.rest);
    }
    if (observer_ && !ended.devices.empty()) PEYK_CHECK(observer_->removing(change, user, ended.devices));
    return ended;
}

Result<Ended> Sessions::remove_in(storage::Change& change, std::uint64_t user, std::optional<DeviceId> keep) const {
    return delete_rows(change, user, [&](const DeviceId& device) { return !keep || device != *keep; });
}

Task<void> Sessions::ended(UserId user, Ended what) {
    forget(what.tokens);
    if (!observer_ || what.devices.empty()) co_return;
    auto number = accounts_.number(user);
    co_await observer_->removed(std::move(user), number, std::move(what.devices));
}

Task<Result<std::vector<DeviceId>>> Sessions::remove(UserId user, Which which) {
    auto number = accounts_.number(user);
    auto lane = co_await context_.lanes.enter(number);
    auto change = context_.change_of(number);
    PEYK_CO_TRY(auto what, delete_rows(change, number, which));
    if (change.empty()) co_return std::vector<DeviceId>{};
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    lane.leave();
    auto gone = what.devices;
    co_await ended(std::move(user), std::move(what));
    co_return gone;
}

Task<Result<bool>> Sessions::end_session(UserId user, DeviceId id, std::uint64_t session) {
    auto number = accounts_.number(user);
    auto lane = co_await context_.lanes.enter(number);
    PEYK_CO_TRY(auto entry, context_.db.get(kDevices, number, device_key(context_.db, id)));
    if (!entry || entry->gone) co_return false;
    PEYK_CO_TRY(auto row, DeviceRow::decode(entry->body));
    if (row.session != session) co_return false;
    auto change = context_.change_of(number);
    Which which = [&id](const DeviceId& device) { return device == id; };
    PEYK_CO_TRY(auto what, delete_rows(change, number, which));
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    lane.leave();
    co_await ended(std::move(user), std::move(what));
    co_return true;
}

Result<std::set<std::string>> Sessions::clients_in_use() const {
    constexpr std::size_t kPage = 1000;
    std::set<std::string> clients;
    std::string next;
    do {
        PEYK_TRY(auto rows, context_.db.walk(kDevices, next, kPage));
        for (const auto& row : rows) {
            if (row.entry.gone) continue;
            PEYK_TRY(auto device, DeviceRow::decode(row.entry.body));
            if (!device.client.empty()) clients.insert(std::move(device.client));
        }
    } while (!next.empty());
    return clients;
}

Task<Result<std::vector<DeviceId>>> Sessions::remove_devices(UserId user, std::vector<DeviceId> devices) {
    Which which = [devices = std::move(devices)](const DeviceId& device) {
        return std::ranges::find(devices, device) != devices.end();
    };
    return remove(std::move(user), std::move(which));
}

Task<Result<std::vector<DeviceId>>> Sessions::remove_all_devices(UserId user, std::optional<DeviceId> keep) {
    if (!keep && signed_out_) signed_out_(accounts_.number(user));
    Which which = [keep = std::move(keep)](const DeviceId& device) { return !keep || device != *keep; };
    return remove(std::move(user), std::move(which));
}

}  // namespace peyk::users
