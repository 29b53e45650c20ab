#pragma once
// URIs as OAuth clients register them. Spec: Client-Server API › Redirect URI validation; RFC 3986, RFC 8252.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace peyk::oauth {

struct Uri {
    std::string scheme;  // lower case
    std::string host;    // lower case; IPv6 in brackets; empty when there is no authority
    std::optional<std::uint16_t> port;
    bool has_authority = false;
    bool has_userinfo = false;
    bool has_fragment = false;
    std::string path;   // as written
    std::string query;  // as written, without the question mark
};

// Absolute URIs of printable ASCII, at most 2,048 bytes. Nothing that a browser would read in another way: no
// backslash, no quotes or brackets outside of an IPv6 host, no escapes in the host.
std::optional<Uri> parse_uri(std::string_view text);

// `host` is `base`, or a subdomain of it when `base` has a dot.
bool is_within(std::string_view host, std::string_view base);
// "app.example.com" as "com.example.app".
std::string reversed(std::string_view host);
bool is_loopback(const Uri& uri);  // http on localhost, 127.0.0.1 or [::1]

}  // namespace peyk::oauth
