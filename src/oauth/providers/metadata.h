#pragma once
// What a provider says about itself. OpenID Connect Discovery 1.0, section 3; RFC 9207.

#include <string>
#include <string_view>

#include "http/client/client.h"
#include "oauth/providers/trouble.h"

namespace peyk::oauth {

enum class ClientProof : unsigned char { basic, post };  // how the client secret travels

struct ProviderMetadata {
    std::string authorization_endpoint;                       // where browsers are sent
    std::string token_endpoint, jwks_uri, userinfo_endpoint;  // the last one may be empty
    ClientProof proof = ClientProof::basic;
    bool names_itself = false;  // its answers carry `iss`
};

// "https://id.example.org/realm" → ".../realm/.well-known/openid-configuration".
std::string discovery_address(std::string_view issuer);
// Whether an address of a provider may be used at all: https, or http where the issuer itself is http on this machine.
bool is_provider_address(std::string_view url, std::string_view issuer);
// Who chose an address: the operator, who wrote the issuer down, chose its origin; anything else is a stranger's word.
http::Reach reach_of(const http::Url& url, std::string_view issuer);

// Faults: mismatch (another issuer than the configuration's, nothing in common, addresses that may not be used),
// untrusted (no metadata).
Outcome<ProviderMetadata> read_metadata(std::string_view text, std::string_view issuer, bool has_secret);

}  // namespace peyk::oauth
