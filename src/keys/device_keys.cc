#include "keys/device_keys.h"

#include <algorithm>

#include "core/errors.h"
#include "keys/key_objects.h"
#include "keys/rows.h"
#include "keys/signature_rows.h"
#include "keys/tables.h"

namespace peyk::keys {
namespace {

// Refuses what OneTimeKeys::add() would refuse for its shape, before anything is written.
Result<void> check_names(const json::Object& keys, const Limits& limits) {
    for (const auto& [text, value] : keys) {
        auto name = parse_key_name(text, limits);
        if (!name) return m::bad_json("keys must be named '<algorithm>:<key id>'");
        PEYK_CHECK(check_one_time_key(*name, value, limits));
    }
    return {};
}

bool same_member(const json::Object& a, const json::Object& b, std::string_view name) {
    const auto* first = a.find(name);
    const auto* second = b.find(name);
    return first && second ? *first == *second : first == second;
}

}  // namespace

Result<std::optional<json::Object>> DeviceKeys::get(std::uint64_t user_number, const DeviceId& device) const {
    PEYK_TRY(auto row, parts_.db.get(kDeviceKeys, user_number, key_of(device_number(parts_.db, device))));
    if (!row || row->gone) return std::nullopt;
    PEYK_TRY(auto object, json::parse_object(row->body));
    return object;
}

Result<void> DeviceKeys::check(const UserId& user, std::uint64_t user_number, const DeviceId& device,
                               const KeyUpload& upload) {
    if (upload.one_time_keys.size() > limits_.one_time_keys_per_device)
        return m::too_large(fmt::format("A device may have {} one-time keys", limits_.one_time_keys_per_device));
    PEYK_CHECK(check_names(upload.one_time_keys, limits_));
    PEYK_CHECK(check_names(upload.fallback_keys, limits_));
    PEYK_TRY(auto devices, ports_.accounts.devices(user));
    // The device was deleted while the request was on its way.
    if (std::ranges::find(devices, device, &DeviceInfo::id) == devices.end())
        return m::unknown_token("This device has signed out");
    if (!upload.device_keys) return {};
    PEYK_CHECK(check_device_keys(*upload.device_keys, user, device, limits_));
    PEYK_TRY(bool taken, parts_.cross_signing.is_key_id(user_number, device.view()));
    if (taken) return m::forbidden("The device id is that of a cross-signing key");
    return {};
}

// Puts the new keys into `change`, and the removal of what they make void.
Result<DeviceKeys::Identity> DeviceKeys::plan_identity(storage::Change& change, const UserId& user,
                                                       std::uint64_t user_number, const DeviceId& device,
                                                       json::Object keys) {
    auto& db = parts_.db;
    keys.erase("unsigned");
    keep_signatures_of(keys, user);
    PEYK_TRY(auto held, get(user_number, device));
    if (held && *held == keys) return Identity::same;
    bool replaced = held && !same_member(*held, keys, "keys");
    // Signatures and one-time keys that were made for the old object would not verify with the new one.
    if (held && signed_part(*held) != signed_part(keys))
        PEYK_CHECK(remove_rows(db, change, kOwnSignatures, user_number, key_id_digest(db, device.view())));
    if (replaced) PEYK_CHECK(parts_.one_time.remove_all(change, user_number, device));
    change.put(kDeviceKeys, user_number, key_of(device_number(db, device)), json::write(keys));
    parts_.changes.note(change, user, user_number);
    return replaced ? Identity::replaced : Identity::changed;
}

// Inside the lane.
Task<Result<DeviceKeys::Written>> DeviceKeys::write(UserId user, std::uint64_t user_number, DeviceId device,
                                                    KeyUpload upload) {
    auto& db = parts_.db;
    Written written;
    storage::Change change(db, Owner::user, user_number, db.epoch(Owner::user, user_number));
    if (upload.device_keys) {
        PEYK_CO_TRY(auto identity, plan_identity(change, user, user_number, device, std::move(*upload.device_keys)));
        written.list_changed = identity != Identity::same;
        if (identity == Identity::replaced) {
            // The old one-time keys must be gone before the new ones are compared with what is there.
            auto committed = co_await db.commit(std::move(change));
            parts_.one_time.forget_cached(user_number, device);
            PEYK_CO_TRY(written.position, std::move(committed));
            change = storage::Change(db, Owner::user, user_number, db.epoch(Owner::user, user_number));
        }
    }
    PEYK_CO_TRY([[maybe_unused]] bool added,
                parts_.one_time.add(change, user_number, device, upload.one_time_keys, upload.fallback_keys));
    if (change.empty()) co_return written;
    auto committed = co_await db.commit(std::move(change));
    parts_.one_time.forget_cached(user_number, device);
    PEYK_CO_TRY(auto position, std::move(committed));
    if (!written.position) written.position = position;
    co_return written;
}

Task<Result<std::shared_ptr<const KeyCounts>>> DeviceKeys::upload(UserId user, std::uint64_t user_number,
                                                                  DeviceId device, KeyUpload upload) {
    auto lane = co_await parts_.lanes.enter(user_number);
    PEYK_CO_CHECK(co_await parts_.cleanup.settle(user_number));
    PEYK_CO_CHECK(check(user, user_number, device, upload));
    PEYK_CO_TRY(auto written, co_await write(user, user_number, device, std::move(upload)));
    lane.leave();
    if (written.list_changed) {
        co_await parts_.changes.announce(std::move(user), user_number, written.position);
    } else if (written.position) {
        parts_.feed.publish({FeedEntry::Kind::user, user_number, written.position});
    }
    co_return parts_.one_time.counts(user_number, device);
}

}  // namespace peyk::keys
