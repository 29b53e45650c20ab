#include "core/signing.h"

#include <sodium.h>

#include "base/bytes.h"
#include "core/errors.h"
#include "core/hashing.h"
#include "core/redaction.h"

namespace peyk {
namespace {

static_assert(SigningKey::kSeedBytes == crypto_sign_SEEDBYTES && crypto_sign_SECRETKEYBYTES == 64);

constexpr std::string_view kAlgorithm = "ed25519:";

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// Spec: Server-Server API › Publishing Keys: a version of the alphabet [a-zA-Z0-9_].
bool is_key_name(std::string_view name) {
    auto is_name_char = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !name.empty() && name.size() <= kMaxIdBytes && std::all_of(name.begin(), name.end(), is_name_char);
}

// An object member under `key`, made (or replaced, if it is of another kind) when needed.
json::Object& member_object(json::Object& object, std::string_view key) {
    json::Value* member = object.find(key);
    if (!member || !member->object()) {
        object.set(std::string(key), json::Object{});
        member = object.find(key);
    }
    return *member->object();
}

}  // namespace

Result<SigningKey> SigningKey::from_seed(std::string_view key_id, std::string_view seed) {
    if (!key_id.starts_with(kAlgorithm) || !is_key_name(key_id.substr(kAlgorithm.size()))) {
        return fail(Errc::bad_request, "a signing key's id is ed25519: and letters, digits or _");
    }
    if (seed.size() != kSeedBytes) return fail(Errc::bad_request, "a signing key's seed has 32 bytes");
    if (sodium_init() < 0) panic("libsodium does not start");
    SigningKey key;
    key.key_id_ = key_id;
    std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_key{};
    crypto_sign_seed_keypair(public_key.data(), key.secret_.data(), bytes_of(seed));
    return key;
}

SigningKey SigningKey::generate(Random& random, std::string_view key_id) {
    std::array<std::uint8_t, kSeedBytes> seed{};
    random.fill(seed);
    auto key = from_seed(key_id, {reinterpret_cast<const char*>(seed.data()), seed.size()});
    sodium_memzero(seed.data(), seed.size());
    if (!key) panic("a signing key was asked for with a malformed id");
    return *std::move(key);
}

Result<SigningKey> SigningKey::parse(std::string_view line) {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    const auto first = line.find(' ');
    const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    if (second == std::string_view::npos || line.substr(0, first) != "ed25519") {
        return fail(Errc::bad_request, "a signing key file has one line: ed25519 NAME SEED");
    }
    auto seed = base64_decode(line.substr(second + 1));
    if (!seed) return fail(Errc::bad_request, "a signing key's seed is not base64");
    auto key = from_seed(std::string(kAlgorithm).append(line.substr(first + 1, second - first - 1)), *seed);
    sodium_memzero(seed->data(), seed->size());
    return key;
}

std::string SigningKey::format() const {
    std::string line = "ed25519 " + key_id_.substr(kAlgorithm.size()) + " ";
    return line += base64_encode({reinterpret_cast<const char*>(secret_.data()), kSeedBytes});
}

SigningKey::~SigningKey() { sodium_memzero(secret_.data(), secret_.size()); }

std::string_view SigningKey::public_key() const {
    return {reinterpret_cast<const char*>(secret_.data()) + kSeedBytes, crypto_sign_PUBLICKEYBYTES};
}

std::string SigningKey::public_key_base64() const { return base64_encode(public_key()); }

std::string SigningKey::sign(std::string_view message) const {
    std::string signature(crypto_sign_BYTES, '\0');
    crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr, bytes_of(message), message.size(),
                         secret_.data());
    return signature;
}

std::string SigningKey::sign_base64(std::string_view message) const { return base64_encode(sign(message)); }

bool is_known_key_id(std::string_view key_id) { return key_id.starts_with(kAlgorithm); }

bool verify_signature(std::string_view public_key, std::string_view message, std::string_view signature) {
    if (public_key.size() != crypto_sign_PUBLICKEYBYTES || signature.size() != crypto_sign_BYTES) return false;
    return crypto_sign_verify_detached(bytes_of(signature), bytes_of(message), message.size(), bytes_of(public_key)) ==
           0;
}

std::string signed_text(const json::Object& object) {
    std::string text = "{";
    for (const auto& [key, value] : object) {
        if (key == "signatures" || key == "unsigned") continue;
        if (text.size() > 1) text += ',';
        json::write_string(text, key);
        text += ':';
        json::write_to(text, value);
    }
    return text += '}';
}

std::string event_signed_text(const json::Object& pdu, const RoomRules& rules) {
    std::string text;
    text.reserve(1024);
    write_redacted(text, pdu, rules);  // drops `signatures` and `unsigned`
    return text;
}

void add_signature(json::Object& object, std::string_view entity, std::string_view key_id, std::string base64) {
    json::Object& of_entity = member_object(member_object(object, "signatures"), entity);
    of_entity.set(std::string(key_id), json::Value(std::move(base64)));
}

std::optional<std::string> find_signature(const json::Object& object, std::string_view entity,
                                          std::string_view key_id) {
    const json::Value* signatures = object.find("signatures");
    const json::Value* of_entity = signatures ? signatures->get(entity) : nullptr;
    auto base64 = of_entity ? of_entity->get_string(key_id) : std::nullopt;
    return base64 ? base64_decode(*base64) : std::nullopt;
}

void sign_json(json::Object& object, std::string_view entity, const SigningKey& key) {
    add_signature(object, entity, key.key_id(), key.sign_base64(signed_text(object)));
}

void sign_event(json::Object& pdu, std::string_view server, const SigningKey& key, const RoomRules& rules) {
    add_signature(pdu, server, key.key_id(), key.sign_base64(event_signed_text(pdu, rules)));
}

void hash_and_sign_event(json::Object& pdu, std::string_view server, const SigningKey& key, const RoomRules& rules) {
    json::Object hashes;
    hashes.set("sha256", base64_encode(content_hash(pdu).view()));
    pdu.set("hashes", std::move(hashes));
    sign_event(pdu, server, key, rules);
}

bool verify_json(const json::Object& object, std::string_view entity, std::string_view key_id,
                 std::string_view public_key) {
    auto signature = find_signature(object, entity, key_id);
    return is_known_key_id(key_id) && signature && verify_signature(public_key, signed_text(object), *signature);
}

bool verify_event(const json::Object& pdu, const RoomRules& rules, std::string_view server, std::string_view key_id,
                  std::string_view public_key) {
    auto signature = find_signature(pdu, server, key_id);
    return is_known_key_id(key_id) && signature &&
           verify_signature(public_key, event_signed_text(pdu, rules), *signature);
}

}  // namespace peyk
