#pragma once
// Addresses as they stand in messages and pages, and which of them are fetched at all. Where a name leads to is judged
// later, at the connection (http/client/address_policy.h).

#include <string>
#include <string_view>
#include <vector>

#include "http/client/url.h"

namespace peyk::media {

// With letters of all scripts, spaces at the ends and line breaks within, as browsers take them. Errors: bad_request
// for all that http::Url::parse() refuses: other schemes, user names, impossible ports.
Result<http::Url> parse_link(std::string_view text);
// What `text` in a page at `base` means. Errors: as parse_link().
Result<http::Url> resolve_link(const http::Url& base, std::string_view text);

class LinkPolicy {
public:
    struct Options {
        // Host names; "*.example.org" is every name below it.
        std::vector<std::string> blocked_hosts = {};
        bool inner_names = false;  // test suites: names without a dot
    };
    explicit LinkPolicy(Options options);

    // False: a blocked host, a name that only the own network knows, or a port that other protocols use.
    bool allows(const http::Url& url) const;

private:
    std::vector<std::string> blocked_;
    bool inner_names_;
};

}  // namespace peyk::media
