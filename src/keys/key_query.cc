#include "keys/key_query.h"

#include <algorithm>

#include "core/errors.h"
#include "core/signing.h"
#include "keys/key_objects.h"
#include "keys/rows.h"
#include "keys/signature_rows.h"
#include "keys/tables.h"

namespace peyk::keys {
namespace {

// Signatures by keys that were replaced since are left out, should a row of theirs still be there.
bool is_current(const CrossSigningKeys& keys, const std::vector<DeviceInfo>& devices, std::string_view signer) {
    if (keys.self_signing && keys.self_signing->public_key == signer) return true;
    return std::ranges::any_of(devices, [&](const DeviceInfo& device) { return device.id.view() == signer; });
}

void add_signatures(json::Object& object, const UserId& user, std::string_view key_id,
                    const std::vector<SignatureRow>& signatures) {
    for (const auto& row : signatures) {
        if (row.target == key_id) add_signature(object, user.view(), "ed25519:" + row.signer, row.signature);
    }
}

}  // namespace

Result<json::Object> KeyQuery::devices_of(const UserId& user, std::uint64_t user_number,
                                          const std::vector<DeviceId>& wanted, bool to_owner,
                                          const std::vector<SignatureRow>& signatures) const {
    json::Object found;
    // Keys of devices that have signed out are no longer shown, even before their rows are gone.
    PEYK_TRY(auto devices, ports_.accounts.devices(user));
    for (auto& device : devices) {
        if (!wanted.empty() && std::ranges::find(wanted, device.id) == wanted.end()) continue;
        PEYK_TRY(auto row, db_.get(kDeviceKeys, user_number, key_of(device_number(db_, device.id))));
        if (!row || row->gone) continue;
        PEYK_TRY(auto keys, json::parse_object(row->body));
        add_signatures(keys, user, device.id.view(), signatures);
        if (to_owner) {
            json::Object about;
            if (device.display_name) about.set("device_display_name", std::move(*device.display_name));
            keys.set("unsigned", std::move(about));
        }
        found.set(device.id.str(), std::move(keys));
    }
    return found;
}

Result<void> KeyQuery::add_given(json::Object& master, const UserId& viewer, const UserId& user) const {
    auto viewer_number = db_.number(viewer.view());
    PEYK_TRY(auto given, given_signatures(db_, viewer_number, user.view()));
    if (given.empty()) return {};
    PEYK_TRY(auto own, cross_signing_.keys(viewer_number));
    auto public_key = stored_cross_signing_key(Usage::master, master).public_key;
    for (auto& row : given) {
        if (row.target == public_key && own.user_signing && own.user_signing->public_key == row.signer)
            add_signature(master, viewer.view(), "ed25519:" + row.signer, std::move(row.signature));
    }
    return {};
}

Result<void> KeyQuery::add_user(QueryAnswer& answer, const std::optional<UserId>& viewer, const UserId& user,
                                const std::vector<DeviceId>& wanted) const {
    auto number = db_.number(user.view());
    bool to_owner = viewer == user;
    PEYK_TRY(auto keys, cross_signing_.keys(number));
    PEYK_TRY(auto signatures, own_signatures(db_, number, limits_.own_signatures));
    if (!signatures.empty()) {
        PEYK_TRY(auto devices, ports_.accounts.devices(user));
        std::erase_if(signatures, [&](const SignatureRow& row) { return !is_current(keys, devices, row.signer); });
    }
    PEYK_TRY(auto devices, devices_of(user, number, wanted, to_owner, signatures));
    answer.device_keys.set(user.str(), std::move(devices));
    if (keys.master) {
        add_signatures(keys.master->object, user, keys.master->public_key, signatures);
        if (viewer && !to_owner) PEYK_CHECK(add_given(keys.master->object, *viewer, user));
        answer.master_keys.set(user.str(), std::move(keys.master->object));
    }
    if (keys.self_signing) answer.self_signing_keys.set(user.str(), std::move(keys.self_signing->object));
    // Whom a user has verified is nobody else's business, so neither is the key that says it.
    if (keys.user_signing && to_owner) answer.user_signing_keys.set(user.str(), std::move(keys.user_signing->object));
    return {};
}

Result<QueryAnswer> KeyQuery::local(const std::optional<UserId>& viewer, const QueryRequest& request) const {
    QueryAnswer answer;
    for (const auto& [user, wanted] : request) {
        if (ports_.accounts.is_local(user)) PEYK_CHECK(add_user(answer, viewer, user, wanted));
    }
    return answer;
}

Result<void> KeyQuery::merge_remote(QueryAnswer& answer, const UserId& viewer, const RemoteKeys::Asked& asked,
                                    const RemoteKeys::Answered& answers) const {
    for (const auto& [server, users] : asked) {
        auto given = answers.find(server);
        if (given == answers.end() || !given->second) {
            answer.failed_servers.insert(server);
            continue;
        }
        // Only what was asked for: a server does not answer for the users of another.
        auto copy = [&](std::string_view member, const std::string& user, json::Object& into) {
            const auto* all = given->second->find(member);
            if (const auto* value = all ? all->get_object(user) : nullptr) into.set(user, *value);
        };
        for (const auto& [user, wanted] : users) {
            copy("device_keys", user, answer.device_keys);
            copy("master_keys", user, answer.master_keys);
            copy("self_signing_keys", user, answer.self_signing_keys);
            if (auto* master = answer.master_keys.find(user))
                PEYK_CHECK(add_given(*master->object(), viewer, UserId::trusted(user)));
        }
    }
    return {};
}

Task<Result<QueryAnswer>> KeyQuery::query(UserId viewer, QueryRequest request, Millis timeout) {
    if (request.size() > limits_.queried_users) co_return m::too_large("Keys of too many users at once");
    RemoteKeys::Asked asked;
    for (const auto& [user, wanted] : request) {
        if (ports_.accounts.is_local(user)) continue;
        json::Array devices;
        for (const auto& device : wanted) devices.emplace_back(device.str());
        asked[std::string(user.server())].set(user.str(), std::move(devices));
    }
    PEYK_CO_TRY(auto answer, local(viewer, request));
    if (asked.empty()) co_return answer;
    RemoteKeys::Answered answers;
    if (ports_.remote_keys) answers = co_await ports_.remote_keys->query(asked, timeout);
    PEYK_CO_CHECK(merge_remote(answer, viewer, asked, answers));
    co_return answer;
}

std::string QueryAnswer::to_json() const {
    json::Writer writer;
    writer.begin_object().key("device_keys").value(device_keys).key("failures").begin_object();
    for (const auto& server : failed_servers) writer.key(server).begin_object().end_object();
    writer.end_object();
    writer.key("master_keys").value(master_keys).key("self_signing_keys").value(self_signing_keys);
    writer.key("user_signing_keys").value(user_signing_keys).end_object();
    return writer.take();
}

}  // namespace peyk::keys
