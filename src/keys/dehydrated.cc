#include "keys/dehydrated.h"

#include <algorithm>

#include "core/errors.h"
#include "keys/key_objects.h"
#include "keys/tables.h"

namespace peyk::keys {
namespace {

constexpr std::size_t kMaxData = 64 * 1024;
constexpr std::size_t kMaxName = 255;

Result<std::optional<DehydratedDevice>> read(const storage::Db& db, std::uint64_t user_number) {
    PEYK_TRY(auto row, db.get(kDehydrated, user_number, ""));
    if (!row || row->gone) return std::nullopt;
    PEYK_TRY(auto device, DehydratedDevice::decode(row->body));
    return device;
}

}  // namespace

std::string DehydratedDevice::encode() const {
    json::Object row{{"id", id.str()}, {"data", data}};
    if (display_name) row.set("name", *display_name);
    return json::write(row);
}

Result<DehydratedDevice> DehydratedDevice::decode(std::string_view text) {
    PEYK_TRY(json::Value row, json::parse(text));
    auto id = row.get_string("id");
    const auto* data = row.get_object("data");
    if (!id || !data) return fail(Errc::corrupt, "a row of dehydrated_devices does not decode");
    DehydratedDevice out{DeviceId::trusted(std::string(*id)), std::nullopt, *data};
    if (auto name = row.get_string("name")) out.display_name = std::string(*name);
    return out;
}

Result<std::vector<DeviceInfo>> WithDehydrated::devices(const UserId& user) {
    PEYK_TRY(auto out, accounts_.devices(user));
    if (!accounts_.is_local(user)) return out;
    PEYK_TRY(auto device, read(db_, db_.number(user.view())));
    if (device) out.push_back({std::move(device->id), std::move(device->display_name)});
    return out;
}

Result<std::optional<DehydratedDevice>> DehydratedDevices::get(std::uint64_t user_number) const {
    return read(parts_.db, user_number);
}

// What can be refused is refused before the old one is touched.
Result<void> DehydratedDevices::check(const UserId& user, std::uint64_t user_number, const DehydratedDevice& device,
                                      const KeyUpload& upload) {
    if (!upload.device_keys) return m::missing_param("'device_keys' is missing");
    if (json::write(device.data).size() > kMaxData)
        return m::too_large(fmt::format("'device_data' has at most {} bytes", kMaxData));
    if (device.display_name && device.display_name->size() > kMaxName)
        return m::too_large(fmt::format("The name of a device has at most {} bytes", kMaxName));
    PEYK_CHECK(check_device_keys(*upload.device_keys, user, device.id, limits_));
    PEYK_TRY(bool taken, parts_.cross_signing.is_key_id(user_number, device.id.view()));
    if (taken) return m::forbidden("The device id is that of a cross-signing key");
    PEYK_TRY(auto signed_in, parts_.signed_in.devices(user));
    if (std::ranges::find(signed_in, device.id, &DeviceInfo::id) != signed_in.end())
        return m::invalid_param("A device that is signed in has this id");
    return {};
}

Task<Result<void>> DehydratedDevices::put(UserId user, std::uint64_t user_number, DehydratedDevice device,
                                          KeyUpload upload) {
    PEYK_CO_CHECK(check(user, user_number, device, upload));
    auto lane = co_await lanes_.enter(user_number);
    PEYK_CO_TRY(auto before, get(user_number));
    storage::Change change(parts_.db, Owner::user, user_number, parts_.db.epoch(Owner::user, user_number));
    bool replaced = before && before->id != device.id;
    if (replaced) parts_.cleanup.removing(change, user_number, {before->id});
    change.put(kDehydrated, user_number, "", device.encode());
    PEYK_CO_TRY([[maybe_unused]] auto position, co_await parts_.db.commit(std::move(change)));
    if (replaced) co_await parts_.cleanup.removed(user, user_number);
    auto uploaded = co_await parts_.device_keys.upload(user, user_number, device.id, std::move(upload));
    if (uploaded) co_return Result<void>{};
    // A device without keys would only gather messages that nobody can read.
    (void)co_await take_away(std::move(user), user_number);
    co_return fail(std::move(uploaded).error());
}

Task<Result<std::optional<DeviceId>>> DehydratedDevices::remove(UserId user, std::uint64_t user_number) {
    auto lane = co_await lanes_.enter(user_number);
    co_return co_await take_away(std::move(user), user_number);
}

Task<Result<std::optional<DeviceId>>> DehydratedDevices::take_away(UserId user, std::uint64_t user_number) {
    PEYK_CO_TRY(auto device, get(user_number));
    if (!device) co_return std::optional<DeviceId>();
    storage::Change change(parts_.db, Owner::user, user_number, parts_.db.epoch(Owner::user, user_number));
    parts_.cleanup.removing(change, user_number, {device->id});
    change.del(kDehydrated, user_number, "");
    PEYK_CO_TRY([[maybe_unused]] auto position, co_await parts_.db.commit(std::move(change)));
    co_await parts_.cleanup.removed(std::move(user), user_number);
    co_return std::optional<DeviceId>(std::move(device->id));
}

}  // namespace peyk::keys
