// What providers send: metadata, sets of keys, ID tokens, claims, and answers of CAS.

#include <cstdlib>

#include "core/ids.h"
#include "oauth/providers/cas_answer.h"
#include "oauth/providers/claims.h"
#include "oauth/providers/id_token.h"
#include "oauth/providers/metadata.h"
#include "oauth/uri.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace peyk::oauth;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    constexpr std::string_view kIssuer = "https://id.example.org";

    // Whatever metadata is accepted sends nobody anywhere but over TLS.
    if (auto metadata = read_metadata(text, kIssuer, true)) {
        for (const auto* address :
             {&metadata->authorization_endpoint, &metadata->token_endpoint, &metadata->jwks_uri}) {
            if (parse_uri(*address)->scheme != "https") std::abort();
        }
    }
    auto keys = KeySet::parse(text);
    if (keys && keys->size() > KeySet::kMaxKeys) std::abort();
    // Nobody has a key of this set: what verifies here would be a hole.
    static const auto known =
        KeySet::parse(R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
    IdTokenRules rules{.issuer = kIssuer,
                       .client_id = "peyk",
                       .nonce = "nonce",
                       .access_token = {},
                       .now = peyk::Millis{1'700'000'000'000}};
    if (known && read_id_token(text, *known, rules)) std::abort();
    // A proposal is a user name or nothing.
    static const auto name = NameTemplate::parse("{a}.{b.c}");
    if (auto claims = peyk::json::parse_object(text)) {
        auto proposal = name->of(*claims);
        if (!proposal.empty() && !peyk::is_new_localpart(proposal)) std::abort();
        if (display_name(*claims).size() > size) std::abort();
    }
    if (auto format = NameTemplate::parse(text); format && format->claims().size() > size) std::abort();
    // Whoever CAS names is somebody, in plain text that stands in the answer.
    if (auto claims = read_cas_answer(text)) {
        const auto& user = *claims->find("user")->string();
        if (user.empty() || user.size() > kMaxCasUser || user.find_first_of("\r\n") != std::string::npos) std::abort();
        if (claims->size() > kMaxCasValues + 3) std::abort();
    }
    return 0;
}
