#include "keys/key_objects.h"

#include "base/bytes.h"
#include "core/errors.h"

namespace peyk::keys {
namespace {

// `signatures`: user id -> key id -> signature. Sizes are bounded by the whole object's.
bool is_signatures(const json::Value* value) {
    if (!value || !value->is_object()) return false;
    for (const auto& [user, by_key] : *value->object()) {
        if (!by_key.is_object()) return false;
        for (const auto& [key_id, signature] : *by_key.object()) {
            if (!signature.is_string()) return false;
        }
    }
    return true;
}

bool is_strings(const json::Value* value) {
    if (!value || !value->is_array()) return false;
    for (const auto& item : *value->array()) {
        if (!item.is_string()) return false;
    }
    return true;
}

Result<void> need_same(const json::Object& object, std::string_view member, std::string_view expected) {
    const auto* value = object.find(member);
    if (!value || !value->is_string()) return m::bad_json(fmt::format("'{}' must be a string", member));
    if (*value->string() != expected) return m::invalid_param(fmt::format("'{}' is not that of the caller", member));
    return {};
}

}  // namespace

std::optional<KeyName> parse_key_name(std::string_view text, const Limits& limits) {
    auto colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) return std::nullopt;
    if (text.size() > limits.key_name_bytes) return std::nullopt;
    return KeyName{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

Result<void> check_device_keys(const json::Object& keys, const UserId& user, const DeviceId& device,
                               const Limits& limits) {
    PEYK_CHECK(need_same(keys, "user_id", user.view()));
    PEYK_CHECK(need_same(keys, "device_id", device.view()));
    if (!is_strings(keys.find("algorithms"))) return m::bad_json("'algorithms' must be an array of strings");
    if (!is_signatures(keys.find("signatures"))) return m::bad_json("'signatures' must map users to signatures");
    const auto* public_keys = keys.find("keys");
    if (!public_keys || !public_keys->is_object()) return m::bad_json("'keys' must be an object");
    for (const auto& [name, key] : *public_keys->object()) {
        if (!parse_key_name(name, limits)) return m::bad_json("the names of 'keys' must be '<algorithm>:<device id>'");
        if (!key.is_string()) return m::bad_json("'keys' must hold strings");
    }
    if (json::write(keys).size() > limits.device_keys_bytes) return m::too_large("The device keys are too large");
    return {};
}

Result<void> check_one_time_key(const KeyName& name, const json::Value& key, const Limits& limits) {
    if (const auto* object = key.object()) {
        if (!key.get_string("key")) return m::bad_json("'key' of a one-time key must be a string");
        if (!is_signatures(object->find("signatures"))) return m::bad_json("a one-time key must have 'signatures'");
    } else if (!key.is_string()) {
        return m::bad_json("a one-time key must be a string or an object");
    } else if (name.algorithm.starts_with("signed_")) {
        return m::bad_json("a signed key must be an object");
    }
    if (json::write(key).size() > limits.key_object_bytes) return m::too_large("A one-time key is too large");
    return {};
}

std::string_view usage_name(Usage usage) {
    switch (usage) {
        case Usage::master: return "master";
        case Usage::self_signing: return "self_signing";
        case Usage::user_signing: return "user_signing";
    }
    return {};
}

Result<CrossSigningKey> parse_cross_signing_key(Usage usage, json::Object key, const UserId& user,
                                                const Limits& limits) {
    PEYK_CHECK(need_same(key, "user_id", user.view()));
    const auto* usages = key.find("usage");
    if (!is_strings(usages)) return m::bad_json("'usage' must be an array of strings");
    if (*usages->array() != json::Array{usage_name(usage)})
        return m::invalid_param(fmt::format("'usage' must be [\"{}\"]", usage_name(usage)));
    const auto* public_keys = key.find("keys");
    if (!public_keys || !public_keys->is_object()) return m::bad_json("'keys' must be an object");
    if (public_keys->object()->size() != 1) return m::invalid_param("'keys' must hold exactly one key");
    const auto& [name, value] = *public_keys->object()->begin();
    if (!value.is_string()) return m::bad_json("'keys' must hold a string");
    if (name != "ed25519:" + *value.string()) return m::invalid_param("a key must be named 'ed25519:<public key>'");
    auto raw = base64_decode(*value.string());
    if (!raw || raw->size() != 32 || base64_encode(*raw) != *value.string())
        return m::invalid_param("a key must be 32 bytes in unpadded base64");
    if (key.contains("signatures") && !is_signatures(key.find("signatures")))
        return m::bad_json("'signatures' must map users to signatures");
    if (json::write(key).size() > limits.cross_signing_bytes) return m::too_large("The key is too large");
    key.erase("unsigned");
    keep_signatures_of(key, user);
    return stored_cross_signing_key(usage, std::move(key));
}

CrossSigningKey stored_cross_signing_key(Usage usage, json::Object key) {
    std::string public_key;
    if (const auto* keys = key.find("keys"); keys && keys->is_object() && !keys->object()->empty()) {
        if (const auto* text = keys->object()->begin()->value.string()) public_key = *text;
    }
    return CrossSigningKey{usage, std::move(public_key), std::move(key)};
}

json::Object signed_part(json::Object object) {
    object.erase("signatures");
    object.erase("unsigned");
    return object;
}

void keep_signatures_of(json::Object& object, const UserId& user) {
    const auto* all = object.find("signatures");
    if (!all) return;
    const auto* own = all->get_object(user.view());
    if (!own) {
        object.erase("signatures");
        return;
    }
    json::Object kept;
    kept.set(user.str(), *own);
    object.set("signatures", std::move(kept));
}

}  // namespace peyk::keys
