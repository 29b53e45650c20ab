#include "oauth/providers/jwks.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.h"
#include "core/json.h"

namespace peyk::oauth {
namespace {

constexpr std::array<std::pair<std::string_view, Signing>, 4> kNames{
    {{"RS256", Signing::rs256}, {"PS256", Signing::ps256}, {"ES256", Signing::es256}, {"EdDSA", Signing::eddsa}}};
constexpr std::size_t kMaxKid = 256;

// Empty when it is absent or no base64url.
std::string number_in(const json::Value& key, std::string_view member) {
    return base64_decode(key.get_string(member).value_or(""), Base64::url).value_or("");
}

PublicKey key_of(const json::Value& key) {
    auto kind = key.get_string("kty"), curve = key.get_string("crv");
    if (kind == "RSA") return PublicKey::rsa(number_in(key, "n"), number_in(key, "e"));
    if (kind == "EC" && curve == "P-256") return PublicKey::p256(number_in(key, "x"), number_in(key, "y"));
    if (kind == "OKP" && curve == "Ed25519") return PublicKey::ed25519(number_in(key, "x"));
    return {};
}

bool is_for_signatures(const json::Value& key) {
    const auto* use = key.get("use");
    if (use && (!use->string() || *use->string() != "sig")) return false;
    const auto* operations = key.get("key_ops");
    if (!operations) return true;
    const auto* list = operations->array();
    return list && std::ranges::find(*list, json::Value("verify")) != list->end();
}

}  // namespace

std::optional<Signing> signing_named(std::string_view name) {
    const auto* found = std::ranges::find(kNames, name, [](const auto& entry) { return entry.first; });
    if (found == kNames.end()) return std::nullopt;
    return found->second;
}

std::optional<KeySet> KeySet::parse(std::string_view text) {
    auto body = json::parse_object(text, {.max_depth = 8});
    const auto* member = body ? body->find("keys") : nullptr;
    const auto* list = member ? member->array() : nullptr;
    if (!list || list->size() > kMaxKeys) return std::nullopt;
    KeySet out;
    for (const auto& one : *list) {
        if (!one.is_object() || !is_for_signatures(one)) continue;
        Entry entry{.kid = std::string(one.get_string("kid").value_or("")), .key = key_of(one)};
        if (!entry.key || entry.kid.size() > kMaxKid) continue;
        if (one.get("alg")) {
            entry.signing = signing_named(one.get_string("alg").value_or(""));
            if (!entry.signing || !entry.key.fits(*entry.signing)) continue;
        }
        out.keys_.push_back(std::move(entry));
    }
    return out;
}

KeySet::Match KeySet::find(std::string_view kid, Signing signing) const {
    Match match;
    for (const auto& entry : keys_) {
        bool named = kid.empty() || entry.kid == kid;
        if (!named || !entry.key.fits(signing) || (entry.signing && *entry.signing != signing)) continue;
        // Two keys under one name: nobody can tell which of them the token means.
        if (match.found == Found::one) return {Found::several, {}};
        match = {Found::one, entry.key};
    }
    return match;
}

}  // namespace peyk::oauth
