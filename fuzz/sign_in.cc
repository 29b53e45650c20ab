// What browsers and clients send to sign in: forms, URIs, scopes, client metadata, CBOR and passkeys.

#include <cstdlib>

#include "core/json.h"
#include "oauth/client_metadata.h"
#include "oauth/cose.h"
#include "oauth/form.h"
#include "oauth/scope.h"
#include "oauth/uri.h"
#include "oauth/webauthn.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace peyk::oauth;
    std::string_view text(reinterpret_cast<const char*>(data), size);

    if (auto uri = parse_uri(text)) {
        if (uri->scheme.empty() || uri->has_authority == uri->host.empty()) std::abort();
        // What goes into a Location header has no way out of it.
        if (text.find_first_of("\r\n \\\"<>") != std::string_view::npos) std::abort();
    }
    if (auto form = Form::parse(text); form && form->get("a").size() > size) std::abort();
    if (auto scope = parse_scope(text); scope && scope->granted.size() > size + 1) std::abort();
    if (auto body = peyk::json::parse_object(text)) {
        auto client = ClientMetadata::parse(*body);
        if (client) {
            auto again = ClientMetadata::parse(client->encode());
            if (!again || peyk::json::write(again->encode()) != peyk::json::write(client->encode())) std::abort();
            for (const auto& uri : client->redirect_uris) {
                if (!client->allows(uri)) std::abort();
            }
        }
    }
    if (auto value = read_cbor(text); value && value->second.size() > size) std::abort();
    // Nobody signs without a key: what verifies here would be a hole.
    if (verify_cose(text, "message", text)) std::abort();
    RelyingParty party{"chat.example.org", "https://chat.example.org"};
    constexpr std::string_view kClientData =
        R"({"type":"webauthn.create","challenge":"Yw","origin":"https://chat.example.org"})";
    (void)check_registration(party, "c", {std::string(kClientData), std::string(text)});
    return 0;
}
