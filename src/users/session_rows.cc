#include "users/session_rows.h"

#include "base/bytes.h"
#include "core/json.h"
#include "users/tables.h"

namespace peyk::users {
namespace {

constexpr std::size_t kMaxRows = 100'000;  // far beyond what the limits on devices let stand

json::Array to_hex(const std::vector<std::string>& digests) {
    json::Array out;
    for (const auto& digest : digests) out.emplace_back(hex_encode(digest));
    return out;
}

std::vector<std::string> from_hex(const json::Array* array) {
    std::vector<std::string> out;
    if (!array) return out;
    for (const auto& item : *array) {
        if (!item.string()) continue;
        if (auto bytes = hex_decode(*item.string())) out.push_back(*std::move(bytes));
    }
    return out;
}

}  // namespace

std::string DeviceRow::encode() const {
    json::Object row{{"id", id.str()}, {"session", session}};
    if (!name.empty()) row.set("name", name);
    if (!client.empty()) row.set("client", client);
    return json::write(row);
}

Result<DeviceRow> DeviceRow::decode(std::string_view body) {
    PEYK_TRY(json::Value value, json::parse(body));
    auto id = value.get_string("id");
    if (!id) return fail(Errc::corrupt, "a device row has no id");
    return DeviceRow{DeviceId::trusted(std::string(*id)), std::string(value.get_string("name").value_or("")),
                     static_cast<std::uint64_t>(value.get_integer("session").value_or(0)),
                     std::string(value.get_string("client").value_or(""))};
}

std::string TokenRow::encode() const {
    json::Object row{{"device", device.str()}, {"session", session}};
    if (refresh) row.set("refresh", true);
    if (expires.count() > 0) row.set("expires", expires.count());
    if (!supersedes.empty()) row.set("supersedes", to_hex(supersedes));
    if (!successors.empty()) row.set("successors", to_hex(successors));
    if (!companion.empty()) row.set("companion", hex_encode(companion));
    if (!client.empty()) row.set("client", client);
    if (spent) row.set("spent", true);
    if (!ancestors.empty()) row.set("ancestors", to_hex(ancestors));
    return json::write(row);
}

Result<TokenRow> TokenRow::decode(std::string_view body) {
    PEYK_TRY(json::Value value, json::parse(body));
    auto device = value.get_string("device");
    if (!device) return fail(Errc::corrupt, "a token row has no device");
    return TokenRow{.device = DeviceId::trusted(std::string(*device)),
                    .session = static_cast<std::uint64_t>(value.get_integer("session").value_or(0)),
                    .refresh = value.get_bool("refresh").value_or(false),
                    .expires = Millis{value.get_integer("expires").value_or(0)},
                    .supersedes = from_hex(value.get_array("supersedes")),
                    .successors = from_hex(value.get_array("successors")),
                    .companion = hex_decode(value.get_string("companion").value_or("")).value_or(""),
                    .client = std::string(value.get_string("client").value_or("")),
                    .spent = value.get_bool("spent").value_or(false),
                    .ancestors = from_hex(value.get_array("ancestors"))};
}

std::string device_key(const storage::Db& db, const DeviceId& device) { return db.digest("device", device.view()); }

Result<std::vector<StoredToken>> tokens_of(const storage::Db& db, std::uint64_t user) {
    PEYK_TRY(auto rows, db.scan(kTokens, user, "", "", kMaxRows));
    std::vector<StoredToken> tokens;
    for (const auto& row : rows) {
        if (row.gone) continue;
        PEYK_TRY(auto token, TokenRow::decode(row.body));
        tokens.push_back({row.rest, std::move(token)});
    }
    return tokens;
}

Result<std::vector<DeviceRow>> devices_of(const storage::Db& db, std::uint64_t user) {
    PEYK_TRY(auto rows, db.scan(kDevices, user, "", "", kMaxRows));
    std::vector<DeviceRow> devices;
    for (const auto& row : rows) {
        if (row.gone) continue;
        PEYK_TRY(auto device, DeviceRow::decode(row.body));
        devices.push_back(std::move(device));
    }
    return devices;
}

}  // namespace peyk::users
