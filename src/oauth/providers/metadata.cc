#include "oauth/providers/metadata.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/json_text.h"
#include "oauth/providers/jwks.h"
#include "oauth/uri.h"

namespace peyk::oauth {
namespace {

constexpr std::size_t kMaxAddress = 2048;

// Whether a list of texts holds `wanted`; `absent` when the member is not there.
bool lists(const json::Object& body, std::string_view name, std::string_view wanted, bool absent) {
    const auto* value = body.find(name);
    if (!value || value->is_null()) return absent;
    const auto* list = value->array();
    return list && std::ranges::find(*list, json::Value(wanted)) != list->end();
}

bool signs_as_we_can(const json::Object& body) {
    const auto* value = body.find("id_token_signing_alg_values_supported");
    if (!value) return true;
    const auto* list = value->array();
    return list && std::ranges::any_of(
                       *list, [](const json::Value& name) { return name.string() && signing_named(*name.string()); });
}

}  // namespace

std::string discovery_address(std::string_view issuer) {
    while (issuer.ends_with('/')) issuer.remove_suffix(1);
    return std::string(issuer) + "/.well-known/openid-configuration";
}

bool is_provider_address(std::string_view url, std::string_view issuer) {
    auto uri = parse_uri(url);
    if (!uri || !uri->has_authority || uri->has_userinfo || uri->has_fragment || url.size() > kMaxAddress) return false;
    if (uri->scheme == "https") return true;
    auto home = parse_uri(issuer);
    return is_loopback(*uri) && home && is_loopback(*home);
}

http::Reach reach_of(const http::Url& url, std::string_view issuer) {
    auto home = http::Url::parse(issuer);
    return home && url.same_origin(*home) ? http::Reach::operator_named : http::Reach::strangers;
}

Outcome<ProviderMetadata> read_metadata(std::string_view text, std::string_view issuer, bool has_secret) {
    auto body = json::parse_object(text, {.max_depth = 16});
    if (!body) return stopped(Fault::untrusted, "its metadata is no JSON object");
    auto named = text_in(*body, "issuer");
    // Byte by byte: Discovery 4.3. The name is the operator's to compare, and no secret.
    if (named != issuer) {
        auto shown = is_provider_address(named, issuer) ? named.substr(0, 200) : std::string("something else");
        return stopped(Fault::mismatch, fmt::format("it calls itself {}, the configuration {}", shown, issuer));
    }
    ProviderMetadata out{.authorization_endpoint = text_in(*body, "authorization_endpoint"),
                         .token_endpoint = text_in(*body, "token_endpoint"),
                         .jwks_uri = text_in(*body, "jwks_uri"),
                         .userinfo_endpoint = text_in(*body, "userinfo_endpoint")};
    for (const auto* address : {&out.authorization_endpoint, &out.token_endpoint, &out.jwks_uri}) {
        if (!is_provider_address(*address, issuer))
            return stopped(Fault::mismatch, "its metadata lacks an address, or has one that is not https");
    }
    if (!out.userinfo_endpoint.empty() && !is_provider_address(out.userinfo_endpoint, issuer))
        out.userinfo_endpoint.clear();
    if (!lists(*body, "response_types_supported", "code", true))
        return stopped(Fault::mismatch, "it has no authorisation codes");
    if (!signs_as_we_can(*body)) return stopped(Fault::mismatch, "it signs with none of RS256, PS256, ES256, EdDSA");
    constexpr std::string_view kProofs = "token_endpoint_auth_methods_supported";
    bool basic = lists(*body, kProofs, "client_secret_basic", true);
    bool post = lists(*body, kProofs, "client_secret_post", false);
    if (has_secret && !basic && !post)
        return stopped(Fault::mismatch, "it takes a client secret neither by client_secret_basic nor _post");
    out.proof = basic ? ClientProof::basic : ClientProof::post;
    const auto* names_itself = body->find("authorization_response_iss_parameter_supported");
    out.names_itself = names_itself && names_itself->boolean() == true;
    return out;
}

}  // namespace peyk::oauth
