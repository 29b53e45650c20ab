#pragma once
// What a client says about itself when it registers. Spec: Client-Server API › Client registration; RFC 7591.

#include <string>
#include <vector>

#include "core/json.h"
#include "oauth/error.h"

namespace peyk::oauth {

inline constexpr std::string_view kGrantCode = "authorization_code";
inline constexpr std::string_view kGrantRefresh = "refresh_token";
inline constexpr std::string_view kGrantDevice = "urn:ietf:params:oauth:grant-type:device_code";

struct ClientMetadata {
    std::string name;                           // may be empty
    std::string uri;                            // https
    std::string logo_uri, tos_uri, policy_uri;  // may be empty
    std::vector<std::string> redirect_uris;
    std::vector<std::string> grants;
    bool native = false;

    // Errors: invalid_client_metadata, invalid_redirect_uri. Members that are not understood are left out.
    static Expected<ClientMetadata> parse(const json::Object& body);
    // As the registration's answer has it and as it is stored; parse() of it gives the same again.
    json::Object encode() const;

    bool may(std::string_view grant) const;
    // Whether an authorisation request may name this redirect URI: one that was registered, byte by byte; on the
    // loopback interface with any port.
    bool allows(std::string_view redirect_uri) const;
    // For people: the name, or else the host of the client's page.
    std::string shown_name() const;
    std::string host() const;
};

}  // namespace peyk::oauth
