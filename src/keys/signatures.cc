#include "keys/signatures.h"

#include "base/bytes.h"
#include "core/errors.h"
#include "keys/rows.h"
#include "keys/tables.h"

namespace peyk::keys {
namespace {

std::unexpected<Error> invalid_signature(std::string detail) {
    return fail(Error{Errc::bad_request, std::move(detail), "M_INVALID_SIGNATURE"});
}

std::unexpected<Error> other_content() {
    return m::invalid_param("The signed object is not the one that the server holds");
}

std::string_view without_algorithm(std::string_view key_id) {
    constexpr std::string_view prefix = "ed25519:";
    return key_id.starts_with(prefix) ? key_id.substr(prefix.size()) : std::string_view{};
}

const json::Object* signatures_of(const json::Object& object, const UserId& signer) {
    const auto* signatures = object.find("signatures");
    return signatures ? signatures->get_object(signer.view()) : nullptr;
}

json::Object failure(const Error& error) {
    return json::Object{{"errcode", error.m_code.empty() ? "M_UNKNOWN" : error.m_code}, {"error", error.detail}};
}

}  // namespace

// One upload on its way through the lane.
struct Signatures::Work {
    UserId user;
    std::uint64_t user_number;
    CrossSigningKeys keys;
    std::vector<SignatureRow> own;
    std::vector<std::pair<UserId, SignatureRow>> given;
};

// Spec: the self-signing key signs the user's devices.
Result<void> Signatures::own_device(Work& work, const DeviceId& device, const json::Object& offered,
                                    const json::Object& held) const {
    if (signed_part(offered) != signed_part(held)) return other_content();
    const auto* signatures = signatures_of(offered, work.user);
    if (!signatures) return invalid_signature("There is no signature of the user");
    const auto& signer = work.keys.self_signing;
    if (!signer || !signatures->contains(signer->key_id()))
        return invalid_signature("A device is signed by the self-signing key");
    if (!has_signature(offered, work.user, signer->key_id(), signer->public_key))
        return invalid_signature("Invalid signature");
    work.own.push_back({device.str(), signer->public_key, *signatures->find(signer->key_id())->string()});
    return {};
}

// Spec: a device signs the user's master key, to carry earlier verifications over.
Result<void> Signatures::own_master(Work& work, const json::Object& offered) const {
    const auto& master = *work.keys.master;
    if (signed_part(offered) != signed_part(master.object)) return other_content();
    const auto* signatures = signatures_of(offered, work.user);
    bool found = false;
    if (signatures) {
        for (const auto& [key_id, signature] : *signatures) {
            auto device = DeviceId::parse(without_algorithm(key_id));
            // Others than devices may stand here as well: the object comes with the signatures that it had before.
            if (!device) continue;
            PEYK_TRY(auto held, parts_.device_keys.get(work.user_number, *device));
            const auto* public_keys = held ? held->find("keys") : nullptr;
            auto public_key = public_keys ? public_keys->get_string(key_id) : std::nullopt;
            if (!public_key) continue;
            if (!has_signature(offered, work.user, key_id, *public_key)) return invalid_signature("Invalid signature");
            work.own.push_back({master.public_key, device->str(), *signature.string()});
            found = true;
        }
    }
    if (!found) return invalid_signature("The user's master key is signed by a device of the user");
    return {};
}

Result<void> Signatures::own_key(Work& work, const std::string& key_id, const json::Object& offered) const {
    if (work.keys.master && work.keys.master->public_key == key_id) return own_master(work, offered);
    auto device = DeviceId::parse(key_id);
    if (device) {
        PEYK_TRY(auto held, parts_.device_keys.get(work.user_number, *device));
        if (held) return own_device(work, *device, offered, *held);
    }
    return m::not_found("There is no such device or key");
}

// Spec: the user-signing key signs other users' master keys.
Result<void> Signatures::other_master(Work& work, const UserId& target, const std::string& key_id,
                                      const json::Object& offered, const MasterKeys& remote) const {
    std::optional<json::Object> held;
    if (auto known = remote.find(target); known != remote.end()) {
        held = known->second;
    } else if (ports_.accounts.is_local(target)) {
        PEYK_TRY(auto keys, parts_.cross_signing.keys(parts_.db.number(target.view())));
        if (keys.master) held = std::move(keys.master->object);
    }
    if (!held || stored_cross_signing_key(Usage::master, *held).public_key != key_id)
        return m::not_found("There is no such master key");
    if (signed_part(offered) != signed_part(*held)) return other_content();
    const auto& signer = work.keys.user_signing;
    if (!signer) return invalid_signature("The caller has no user-signing key");
    if (!has_signature(offered, work.user, signer->key_id(), signer->public_key))
        return invalid_signature("Invalid signature");
    auto signature = *signatures_of(offered, work.user)->find(signer->key_id())->string();
    work.given.emplace_back(target, SignatureRow{key_id, signer->public_key, std::move(signature)});
    return {};
}

// True when it changes what others see of the user.
Result<bool> Signatures::write(storage::Change& change, const Work& work) const {
    auto& db = parts_.db;
    bool own_changed = false;
    for (const auto& row : work.own) {
        auto key = own_signature_key(db, row.target, row.signer);
        PEYK_TRY(auto held, db.get(kOwnSignatures, work.user_number, key));
        if (held && held->body == row.encode()) continue;
        change.put(kOwnSignatures, work.user_number, key, row.encode());
        own_changed = true;
    }
    if (own_changed) parts_.changes.note(change, work.user, work.user_number);
    std::uint32_t news = 0;
    for (const auto& [target, row] : work.given) {
        auto key = given_signature_key(db, target.view(), row.target);
        PEYK_TRY(auto held, db.get(kGivenSignatures, work.user_number, key));
        if (held && held->body == row.encode()) continue;
        change.put(kGivenSignatures, work.user_number, key, row.encode());
        change.put_at_position(kSignatureNews, work.user_number, {}, {}, target.view(), news++);
    }
    if (news > 1) change.take_positions(news);
    return own_changed;
}

Task<Signatures::MasterKeys> Signatures::remote_master_keys(std::vector<UserId> users) {
    MasterKeys found;
    if (users.empty() || !ports_.remote_keys) co_return found;
    RemoteKeys::Asked asked;
    for (const auto& user : users) asked[std::string(user.server())].set(user.str(), json::Array{});
    auto answers = co_await ports_.remote_keys->query(std::move(asked), Millis(10'000));
    for (const auto& user : users) {
        auto answer = answers.find(std::string(user.server()));
        if (answer == answers.end() || !answer->second) continue;
        const auto* masters = answer->second->find("master_keys");
        if (const auto* key = masters ? masters->get_object(user.view()) : nullptr) found.emplace(user, *key);
    }
    co_return found;
}

Task<Result<json::Object>> Signatures::upload(UserId user, std::uint64_t user_number, SignatureUpload upload) {
    std::size_t count = 0;
    std::vector<UserId> elsewhere;
    for (const auto& [target, keys] : upload) {
        count += keys.size();
        if (!ports_.accounts.is_local(target)) elsewhere.push_back(target);
    }
    if (count > limits_.signatures_per_upload) co_return m::too_large("Too many signatures at once");
    auto remote = co_await remote_master_keys(std::move(elsewhere));

    json::Object failures;
    auto lane = co_await parts_.lanes.enter(user_number);
    auto& db = parts_.db;
    storage::Change change(db, Owner::user, user_number, db.epoch(Owner::user, user_number));
    PEYK_CO_TRY(auto keys, parts_.cross_signing.keys(user_number));
    Work work{user, user_number, std::move(keys), {}, {}};
    for (const auto& [target, objects] : upload) {
        json::Object failed;
        for (const auto& [key_id, object] : objects) {
            auto stored =
                target == user ? own_key(work, key_id, object) : other_master(work, target, key_id, object, remote);
            if (!stored) failed.set(key_id, failure(stored.error()));
        }
        if (!failed.empty()) failures.set(target.str(), std::move(failed));
    }
    PEYK_CO_TRY(auto own_changed, write(change, work));
    if (change.empty()) co_return failures;
    PEYK_CO_TRY(auto position, co_await db.commit(std::move(change)));
    lane.leave();
    if (own_changed) {
        co_await parts_.changes.announce(std::move(user), user_number, position);
    } else {
        parts_.feed.publish({FeedEntry::Kind::user, user_number, position});
    }
    co_return failures;
}

Result<std::vector<UserId>> Signatures::signed_since(std::uint64_t user_number, storage::Position from,
                                                     storage::Position to) const {
    std::vector<UserId> users;
    PEYK_TRY(auto rows,
             parts_.db.scan(kSignatureNews, user_number, key_of(from + 1), key_of(to + 1), limits_.given_signatures));
    for (const auto& row : rows) {
        if (!row.gone) users.push_back(UserId::trusted(row.body));
    }
    return users;
}

}  // namespace peyk::keys
