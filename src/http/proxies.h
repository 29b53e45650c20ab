#pragma once
// Who the client is when proxies stand in between.

#include <sys/socket.h>

#include <optional>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace peyk::http {

std::optional<ClientAddress> parse_address(std::string_view text);  // "192.0.2.1", "2001:db8::1", "[…]:port" too
ClientAddress address_of(const sockaddr_storage& address);          // zeros for a unix socket

// Purpose:  the addresses whose X-Forwarded-For is believed.
class TrustedProxies {
public:
    // Entries: an address, a CIDR range, or "unix:" for whoever comes through a unix socket. Errors: bad_request.
    static Result<TrustedProxies> parse(const std::vector<std::string>& entries);
    bool trusts(const ClientAddress& address) const;
    bool trusts_unix() const { return unix_; }
    // The last hop that is not trusted, read from the right. `peer` is trusted already.
    ClientAddress client(const ClientAddress& peer, const Headers& headers) const;

private:
    struct Range {
        ClientAddress address;
        int bits;  // of 128
    };
    std::vector<Range> ranges_;
    bool unix_ = false;
};

}  // namespace peyk::http
