#include "sync/tokens.h"

#include <sodium.h>

#include "base/bytes.h"
#include "core/errors.h"

namespace peyk::sync {
namespace {

constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
// Where shards could be named that lag behind the position: an engine with one writer has none (decision 0912).
constexpr std::uint64_t kLaggingShards = 0;

const unsigned char* raw(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string binding(std::uint64_t a, std::uint64_t b, std::string_view rest) {
    std::string out;
    put_u64be(out, a);
    put_u64be(out, b);
    out += rest;
    return out;
}

}  // namespace

Tokens::Tokens(const storage::Db& db, std::uint64_t incarnation)
    : key_(db.digest("sync token key", "1") + db.digest("sync token key", "2")), incarnation_(incarnation) {}

// The nonce is a keyed hash of the content: the same content gives the same token, another content another nonce.
std::string Tokens::seal(char kind, std::string_view plain, std::string_view bound_to) const {
    std::string bound = kind + std::string(bound_to);
    std::string nonce(kNonce, '\0');
    std::string hashed = bound + std::string(plain);
    crypto_generichash(raw(nonce), nonce.size(), raw(hashed), hashed.size(), raw(key_), key_.size());
    std::string sealed(plain.size() + kTag, '\0');
    crypto_aead_xchacha20poly1305_ietf_encrypt(raw(sealed), nullptr, raw(plain), plain.size(), raw(bound), bound.size(),
                                               nullptr, raw(nonce), raw(key_));
    return kind + base64_encode(nonce + sealed, Base64::url);
}

Result<std::string> Tokens::open(char kind, std::string_view text, std::string_view bound_to) const {
    auto bad = [] { return m::invalid_param("The token is not one of yours"); };
    if (text.empty() || text[0] != kind || text.size() > 2000) return bad();
    auto bytes = base64_decode(text.substr(1), Base64::url);
    if (!bytes || bytes->size() < kNonce + kTag) return bad();
    auto sealed = std::string_view(*bytes).substr(kNonce);
    std::string bound = kind + std::string(bound_to);
    std::string plain(sealed.size() - kTag, '\0');
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(raw(plain), nullptr, nullptr, raw(sealed), sealed.size(), raw(bound),
                                                   bound.size(), raw(*bytes), raw(key_)) != 0)
        return bad();
    return plain;
}

std::string Tokens::encode(const StreamToken& token, std::uint64_t user, const DeviceId& device) const {
    std::string plain;
    put_u64be(plain, incarnation_);
    put_varint(plain, token.position);
    put_varint(plain, token.to_device);
    put_varint(plain, token.typing);
    put_varint(plain, token.process);
    put_varint(plain, token.presence);
    put_varint(plain, kLaggingShards);
    return seal('s', plain, binding(user, 0, device.view()));
}

Result<std::optional<StreamToken>> Tokens::decode(std::string_view text, std::uint64_t user,
                                                  const DeviceId& device) const {
    PEYK_TRY(auto plain, open('s', text, binding(user, 0, device.view())));
    ByteReader reader(plain);
    if (reader.u64be() != incarnation_) return std::nullopt;
    StreamToken token;
    token.position = reader.varint();
    token.to_device = reader.varint();
    token.typing = reader.varint();
    token.process = reader.varint();
    token.presence = reader.varint();
    if (reader.varint() != kLaggingShards || !reader.done()) return m::invalid_param("The token is not one of yours");
    return token;
}

std::string Tokens::encode(const ConnectionToken& token, std::uint64_t user, const DeviceId& device) const {
    std::string plain;
    put_u64be(plain, incarnation_);
    put_u64be(plain, token.connection);
    put_u64be(plain, token.generation);
    put_varint(plain, token.position);
    put_varint(plain, token.typing);
    put_varint(plain, token.process);
    return seal('c', plain, binding(user, 0, device.view()));
}

std::optional<ConnectionToken> Tokens::decode_connection(std::string_view text, std::uint64_t user,
                                                         const DeviceId& device) const {
    auto plain = open('c', text, binding(user, 0, device.view()));
    if (!plain) return std::nullopt;
    ByteReader reader(*plain);
    if (reader.u64be() != incarnation_) return std::nullopt;
    ConnectionToken token;
    token.connection = reader.u64be();
    token.generation = reader.u64be();
    token.position = reader.varint();
    token.typing = reader.varint();
    token.process = reader.varint();
    return reader.done() ? std::optional(token) : std::nullopt;
}

Result<std::optional<storage::Position>> Tokens::position(std::string_view text, std::uint64_t user,
                                                          const DeviceId& device) const {
    if (text.starts_with('c')) {
        PEYK_CHECK(open('c', text, binding(user, 0, device.view())));
        auto token = decode_connection(text, user, device);
        return token ? std::optional(token->position) : std::nullopt;
    }
    PEYK_TRY(auto token, decode(text, user, device));
    return token ? std::optional(token->position) : std::nullopt;
}

std::string Tokens::encode(rooms::RoomNumber room, rooms::EventNumber boundary, std::uint64_t user) const {
    std::string plain;
    put_varint(plain, boundary);
    return seal('t', plain, binding(user, room, ""));
}

Result<rooms::EventNumber> Tokens::decode(std::string_view text, rooms::RoomNumber room, std::uint64_t user) const {
    PEYK_TRY(auto plain, open('t', text, binding(user, room, "")));
    ByteReader reader(plain);
    auto boundary = reader.varint();
    if (!reader.done()) return m::invalid_param("The token is not one of yours");
    return boundary;
}

std::string Tokens::encode_place(std::string_view place, std::uint64_t user) const {
    return seal('p', place, binding(user, 0, ""));
}

Result<std::string> Tokens::decode_place(std::string_view text, std::uint64_t user) const {
    return open('p', text, binding(user, 0, ""));
}

}  // namespace peyk::sync
