#pragma once
// The part of an address that a request needs. Spec: RFC 3986, http and https only.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace peyk::http {

struct Url {
    bool tls = true;
    std::string host;  // lower case; an IPv6 literal without its brackets
    std::uint16_t port = 443;
    std::string target = "/";  // path and query, percent-encoded; no fragment

    // Errors: bad_request for another scheme, a user name, characters that must be encoded, an impossible port, or more
    // than 8 KiB.
    static Result<Url> parse(std::string_view text);
    // What a Location field means at this address. Errors: as parse().
    Result<Url> resolve(std::string_view location) const;

    std::string authority() const;  // the Host field: with the port unless it is the usual one
    std::string str() const;
    bool same_origin(const Url& other) const { return tls == other.tls && port == other.port && host == other.host; }
    bool operator==(const Url&) const = default;
};

}  // namespace peyk::http
