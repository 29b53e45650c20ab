#pragma once
// Ed25519 signatures over canonical JSON. Spec: Appendices › Signing JSON; Server-Server API › Signing Events.

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/random.h"
#include "core/ids.h"
#include "core/json.h"
#include "core/room_rules.h"

namespace peyk {

// A private key and its name. The memory is wiped when it goes; there is no way to print one but format().
class SigningKey {
public:
    static constexpr std::size_t kSeedBytes = 32;

    // `key_id` is "ed25519:name", the name of letters, digits and '_'. Errors: bad_request.
    static Result<SigningKey> from_seed(std::string_view key_id, std::string_view seed);
    static SigningKey generate(Random& random, std::string_view key_id);
    // One line of a key file: "ed25519 name base64-seed". Errors: bad_request.
    static Result<SigningKey> parse(std::string_view line);
    std::string format() const;  // secret

    SigningKey(const SigningKey&) = default;
    SigningKey(SigningKey&&) = default;
    SigningKey& operator=(const SigningKey&) = default;
    SigningKey& operator=(SigningKey&&) = default;
    ~SigningKey();

    const std::string& key_id() const { return key_id_; }
    std::string_view public_key() const;  // 32 bytes
    std::string public_key_base64() const;
    std::string sign(std::string_view message) const;         // 64 bytes; any thread
    std::string sign_base64(std::string_view message) const;  // the same, as it goes into JSON

private:
    SigningKey() = default;
    std::string key_id_;
    std::array<unsigned char, 64> secret_{};  // the seed, then the public key
};

// Whether `key_id` is of an algorithm that we know (ed25519).
bool is_known_key_id(std::string_view key_id);
// False as well for keys and signatures of a wrong length.
bool verify_signature(std::string_view public_key, std::string_view message, std::string_view signature);

// What a signature over `object` covers: its canonical JSON without `signatures` and `unsigned`.
std::string signed_text(const json::Object& object);
// The same for an event: of its redacted form.
std::string event_signed_text(const json::Object& pdu, const RoomRules& rules);

// Adds a signature under signatures.<entity>.<key id> and leaves others there.
void add_signature(json::Object& object, std::string_view entity, std::string_view key_id, std::string base64);
// signatures.<entity>.<key id>, decoded. Nothing if absent or not base64.
std::optional<std::string> find_signature(const json::Object& object, std::string_view entity, std::string_view key_id);

void sign_json(json::Object& object, std::string_view entity, const SigningKey& key);
// Signs the event as it is: `hashes` must be in place (make_join answers and co-signed events have them).
void sign_event(json::Object& pdu, std::string_view server, const SigningKey& key, const RoomRules& rules);
// Sets `hashes` first.
void hash_and_sign_event(json::Object& pdu, std::string_view server, const SigningKey& key, const RoomRules& rules);

// One signature against one public key (32 bytes). Which keys must agree is the caller's business.
bool verify_json(const json::Object& object, std::string_view entity, std::string_view key_id,
                 std::string_view public_key);
bool verify_event(const json::Object& pdu, const RoomRules& rules, std::string_view server, std::string_view key_id,
                  std::string_view public_key);

}  // namespace peyk
