#include "core/hashing.h"

#include <openssl/evp.h>

#include "base/bytes.h"
#include "core/errors.h"
#include "core/redaction.h"

namespace peyk {
namespace {

// Looking an algorithm up by name costs as much as hashing a small event, so it is done once.
const EVP_MD* sha256_algorithm() {
    static const EVP_MD* const algorithm = [] {
        const EVP_MD* found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
        if (!found) panic("libcrypto has no SHA-256");
        return found;
    }();
    return algorithm;
}

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

Sha256 sha256(std::string_view bytes) {
    thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
    Sha256 digest;
    const bool done =
        context && EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr) == 1 &&
        EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
        EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.bytes.data()), nullptr) == 1;
    if (!done) panic("SHA-256 failed");
    return digest;
}

Sha256 content_hash(const json::Object& pdu) {
    std::string text;
    text.reserve(1024);
    text += '{';
    for (const auto& [key, value] : pdu) {
        if (key == "unsigned" || key == "signatures" || key == "hashes") continue;
        if (text.size() > 1) text += ',';
        json::write_string(text, key);
        text += ':';
        json::write_to(text, value);
    }
    text += '}';
    return sha256(text);
}

bool content_hash_matches(const json::Object& pdu) {
    const json::Value* hashes = pdu.find("hashes");
    auto claimed = hashes ? hashes->get_string("sha256") : std::nullopt;
    if (!claimed) return false;
    auto bytes = base64_decode(*claimed);
    return bytes && *bytes == content_hash(pdu).view();
}

Sha256 reference_hash(const json::Object& pdu, const RoomRules& rules) {
    std::string text;
    text.reserve(1024);
    write_redacted(text, pdu, rules);
    return sha256(text);
}

EventId event_id_from_hash(const Sha256& hash, const RoomRules& rules) {
    const auto alphabet = rules.event_id_format == EventIdFormat::hash_base64 ? Base64::standard : Base64::url;
    return EventId::trusted("$" + base64_encode(hash.view(), alphabet));
}

Result<EventId> event_id_of(const json::Object& pdu, const RoomRules& rules) {
    if (rules.event_id_format != EventIdFormat::own) return event_id_from_hash(reference_hash(pdu, rules), rules);
    const json::Value* member = pdu.find("event_id");
    if (!member || !member->string()) return m::bad_json("an event without an event_id");
    auto id = EventId::parse(*member->string());
    // Ids of these versions name the server that made them, and its signature is demanded.
    if (!id || id->server().empty()) return m::bad_json("an event_id that is not $opaque:server");
    return id;
}

RoomId room_id_of_create(const EventId& create) { return RoomId::trusted("!" + create.str().substr(1)); }
EventId create_of_room_id(const RoomId& room) { return EventId::trusted("$" + room.str().substr(1)); }

}  // namespace peyk
