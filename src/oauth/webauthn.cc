#include "oauth/webauthn.h"

#include "base/bytes.h"
#include "core/hashing.h"
#include "core/json.h"
#include "oauth/cose.h"
#include "oauth/uri.h"

namespace peyk::oauth {
namespace {

constexpr std::size_t kMaxClientData = 8192;
constexpr std::size_t kMaxAttestation = 16 * 1024;
constexpr std::size_t kMaxCredentialId = 1023;
constexpr std::uint8_t kPresent = 1, kVerified = 4, kAttested = 64;

bool is_ip(std::string_view host) {
    return host.starts_with('[') || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

Result<void> check_client_data(const RelyingParty& party, std::string_view type, std::string_view challenge,
                               std::string_view text) {
    if (text.size() > kMaxClientData) return fail(Errc::bad_request, "too long");
    PEYK_TRY(json::Value data, json::parse(text));
    if (data.get_string("type") != type) return fail(Errc::bad_request, "another kind of answer");
    if (challenge.empty() || data.get_string("challenge") != base64_encode(challenge, Base64::url))
        return fail(Errc::bad_request, "another challenge");
    if (data.get_string("origin") != party.origin) return fail(Errc::bad_request, "another origin");
    if (data.get_bool("crossOrigin").value_or(false)) return fail(Errc::bad_request, "inside of another page");
    return {};
}

struct AuthenticatorData {
    std::uint8_t flags = 0;
    std::uint32_t counter = 0;
    std::string_view rest;  // what the flags announce
};

Result<AuthenticatorData> read_authenticator_data(const RelyingParty& party, std::string_view bytes) {
    ByteReader in(bytes);
    auto party_hash = in.take(sizeof(Sha256));
    AuthenticatorData out{.flags = in.u8(), .counter = in.u32be(), .rest = in.rest()};
    if (!in.ok()) return fail(Errc::bad_request, "authenticator data too short");
    if (party_hash != sha256(party.id).view()) return fail(Errc::bad_request, "made for another site");
    if (!(out.flags & kPresent)) return fail(Errc::bad_request, "nobody was there");
    return out;
}

}  // namespace

RelyingParty RelyingParty::of(std::string_view base_url) {
    auto uri = parse_uri(base_url);
    if (!uri || !uri->has_authority || is_ip(uri->host)) return {};
    bool local = uri->host == "localhost" || uri->host.ends_with(".localhost");
    if (uri->scheme != "https" && !local) return {};
    bool usual = !uri->port || *uri->port == (uri->scheme == "https" ? 443 : 80);
    return {uri->host, uri->scheme + "://" + uri->host + (usual ? "" : ":" + std::to_string(*uri->port))};
}

std::string challenge_of(std::string_view client_data) {
    if (client_data.size() > kMaxClientData) return {};
    auto data = json::parse(client_data);
    auto text = data ? data->get_string("challenge") : std::nullopt;
    return text ? base64_decode(*text, Base64::url).value_or("") : std::string();
}

Result<NewPasskey> check_registration(const RelyingParty& party, std::string_view challenge,
                                      const RegistrationAnswer& answer) {
    PEYK_CHECK(check_client_data(party, "webauthn.create", challenge, answer.client_data));
    if (answer.attestation.size() > kMaxAttestation) return fail(Errc::bad_request, "too long");
    auto object = read_cbor(answer.attestation);
    const auto* bytes = object && object->second.empty() ? object->first.find("authData") : nullptr;
    if (!bytes || !bytes->bytes()) return fail(Errc::bad_request, "no authenticator data");
    PEYK_TRY(auto data, read_authenticator_data(party, *bytes->bytes()));
    if (!(data.flags & kAttested)) return fail(Errc::bad_request, "no credential");
    ByteReader in(data.rest);
    in.take(16);  // the model of the authenticator: not kept
    auto size = in.u16be();
    std::string id(in.take(size));
    if (!in.ok() || id.empty() || id.size() > kMaxCredentialId) return fail(Errc::bad_request, "a bad credential id");
    auto key = read_cbor(in.rest());
    if (!key) return fail(Errc::bad_request, "a bad public key");
    auto key_bytes = in.rest().substr(0, in.rest().size() - key->second.size());
    if (!is_cose_key(key_bytes)) return fail(Errc::bad_request, "a public key of an unknown kind");
    return NewPasskey{std::move(id), std::string(key_bytes), data.counter};
}

Result<Assertion> check_assertion(const RelyingParty& party, std::string_view challenge, std::string_view public_key,
                                  const AssertionAnswer& answer) {
    PEYK_CHECK(check_client_data(party, "webauthn.get", challenge, answer.client_data));
    PEYK_TRY(auto data, read_authenticator_data(party, answer.authenticator_data));
    if (!verify_cose(public_key, answer.authenticator_data + std::string(sha256(answer.client_data).view()),
                     answer.signature))
        return fail(Errc::forbidden, "the signature does not fit");
    return Assertion{data.counter, (data.flags & kVerified) != 0};
}

}  // namespace peyk::oauth
