#include "oauth/providers/id_token.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "core/hashing.h"

namespace peyk::oauth {
namespace {

using Claims = std::expected<json::Object, BadToken>;
using Checked = std::expected<void, BadToken>;

constexpr std::int64_t kSkew = 60;         // seconds that two clocks may differ
constexpr std::int64_t kOldest = 10 * 60;  // a token that was made for this sign-in is not older
constexpr std::size_t kDepth = 16;

std::unexpected<BadToken> bad(std::string_view why, bool key_unknown = false) {
    return std::unexpected(BadToken{why, key_unknown});
}

// Unpadded, as RFC 7515 section 2 wants it.
std::optional<std::string> part(std::string_view text) {
    if (text.contains('=')) return std::nullopt;
    return base64_decode(text, Base64::url);
}

std::optional<json::Object> object_in(std::string_view text) {
    auto bytes = part(text);
    auto object = bytes ? json::parse_object(*bytes, {.max_depth = kDepth}) : fail(Errc::bad_request);
    if (!object) return std::nullopt;
    return *std::move(object);
}

std::string_view string_in(const json::Object& claims, std::string_view name) {
    const auto* value = claims.find(name);
    return value && value->string() ? std::string_view(*value->string()) : std::string_view();
}

// Seconds since 1970. RFC 7519 allows fractions, which are cut off.
std::optional<std::int64_t> seconds_in(const json::Object& claims, std::string_view name) {
    const auto* value = claims.find(name);
    if (!value) return std::nullopt;
    if (auto whole = value->integer()) return whole;
    const auto* number = value->raw_number();
    if (!number || number->text.size() > 24) return std::nullopt;
    auto point = number->text.find('.');
    if (point == std::string::npos || point == 0 || point > 15) return std::nullopt;
    auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    auto digits = number->text.substr(0, point);
    if (!std::ranges::all_of(digits, is_digit) || !std::ranges::all_of(number->text.substr(point + 1), is_digit))
        return std::nullopt;
    return std::stoll(digits);
}

struct Head {
    Signing signing;
    std::string kid;
};

std::expected<Head, BadToken> read_head(std::string_view text) {
    auto header = object_in(text);
    if (!header) return bad("its header is no JSON object");
    // Extensions that must be understood, and none is: RFC 7515 section 4.1.11.
    if (header->contains("crit")) return bad("its header has extensions");
    auto signing = signing_named(string_in(*header, "alg"));
    if (!signing) return bad("its algorithm is not one of RS256, PS256, ES256, EdDSA");
    auto type = string_in(*header, "typ");
    if (header->contains("typ") && type != "JWT" && type != "jwt") return bad("its header says that it is no JWT");
    const auto* kid = header->find("kid");
    if (kid && !kid->string()) return bad("its key has no name");
    return Head{*signing, kid ? *kid->string() : std::string()};
}

Checked check_signature(const Head& head, const KeySet& keys, std::string_view signed_part,
                        std::string_view signature) {
    auto match = keys.find(head.kid, head.signing);
    if (match.found == KeySet::Found::several) return bad("two keys of the provider may be meant");
    if (match.found == KeySet::Found::none) return bad("its key is not among those of the provider", true);
    auto bytes = part(signature);
    if (!bytes) return bad("its signature is not base64url");
    auto proof = head.signing == Signing::es256 ? der_of_p256_signature(*bytes) : *bytes;
    // A key without a name may have been replaced by another without one.
    if (!match.key.verify(head.signing, signed_part, proof)) return bad("its signature is wrong", head.kid.empty());
    return {};
}

Checked check_audience(const json::Object& claims, std::string_view client_id) {
    const auto* audience = claims.find("aud");
    if (!audience) return bad("it is for nobody");
    bool several = false, ours = audience->string() && *audience->string() == client_id;
    if (const auto* list = audience->array()) {
        ours = std::ranges::find(*list, json::Value(client_id)) != list->end();
        several = list->size() > 1;
    }
    if (!ours) return bad("it is for somebody else");
    const auto* party = claims.find("azp");
    if (several && !party) return bad("it is for several, and does not say who asked");
    if (party && (!party->string() || *party->string() != client_id)) return bad("somebody else asked for it");
    return {};
}

Checked check_times(const json::Object& claims, const IdTokenRules& rules) {
    auto now = rules.now.count() / 1000;
    auto expires = seconds_in(claims, "exp"), issued = seconds_in(claims, "iat");
    if (!expires || !issued) return bad("it does not say when it was made and until when it is good");
    if (*expires + kSkew <= now) return bad("it has expired");
    if (*issued > now + kSkew) return bad("it is from the future: compare the clocks");
    if (*issued < now - kOldest) return bad("it is old: compare the clocks");
    if (claims.contains("nbf")) {
        auto begins = seconds_in(claims, "nbf");
        if (!begins || *begins > now + kSkew) return bad("it is not good yet: compare the clocks");
    }
    if (!rules.authenticated_since) return {};
    auto proven = seconds_in(claims, "auth_time");
    if (!proven) return bad("it does not say when the person signed in");
    if (*proven + kSkew < *rules.authenticated_since) return bad("the person was not asked anew");
    return {};
}

// Core 3.1.3.6: the left half of the digest that goes with the algorithm; SHA-512 with Ed25519.
Checked check_access_token(const json::Object& claims, Signing signing, std::string_view access_token) {
    const auto* hash = claims.find("at_hash");
    if (!hash || access_token.empty()) return {};
    std::string left;
    if (signing == Signing::eddsa) {
        std::array<unsigned char, SHA512_DIGEST_LENGTH> digest{};
        SHA512(reinterpret_cast<const unsigned char*>(access_token.data()), access_token.size(), digest.data());
        left.assign(reinterpret_cast<const char*>(digest.data()), digest.size() / 2);
    } else {
        auto digest = sha256(access_token);
        left = digest.view().substr(0, digest.bytes.size() / 2);
    }
    if (!hash->string() || !equal_constant_time(base64_encode(left, Base64::url), *hash->string()))
        return bad("the access token is not that of the ID token");
    return {};
}

Checked check_claims(const json::Object& claims, const Head& head, const IdTokenRules& rules) {
    if (string_in(claims, "iss") != rules.issuer) return bad("it is of another issuer");
    PEYK_CHECK(check_audience(claims, rules.client_id));
    PEYK_CHECK(check_times(claims, rules));
    if (!equal_constant_time(string_in(claims, "nonce"), rules.nonce)) return bad("it belongs to another sign-in");
    auto subject = string_in(claims, "sub");
    if (subject.empty() || subject.size() > kMaxSubject) return bad("it names nobody");
    return check_access_token(claims, head.signing, rules.access_token);
}

}  // namespace

Claims read_id_token(std::string_view text, const KeySet& keys, const IdTokenRules& rules) {
    if (text.size() > kMaxIdToken) return bad("it is too large");
    auto first = text.find('.'), last = text.rfind('.');
    if (first == std::string_view::npos || first == last || std::ranges::count(text, '.') != 2)
        return bad("it is no signed token");
    PEYK_TRY(auto head, read_head(text.substr(0, first)));
    PEYK_CHECK(check_signature(head, keys, text.substr(0, last), text.substr(last + 1)));
    auto claims = object_in(text.substr(first + 1, last - first - 1));
    if (!claims) return bad("it holds no JSON object, or one with a member twice");
    PEYK_CHECK(check_claims(*claims, head, rules));
    return *std::move(claims);
}

}  // namespace peyk::oauth
