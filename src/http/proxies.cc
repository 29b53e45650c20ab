#include "http/proxies.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>

namespace peyk::http {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

ClientAddress mapped(const void* four_bytes) {
    ClientAddress address;
    std::ranges::copy(kMapped, address.bytes.begin());
    std::memcpy(address.bytes.data() + 12, four_bytes, 4);
    return address;
}

std::optional<ClientAddress> parse_literal(std::string_view text) {
    char buffer[INET6_ADDRSTRLEN] = {};
    if (text.empty() || text.size() >= sizeof buffer) return std::nullopt;
    text.copy(buffer, text.size());
    ClientAddress address;
    if (in_addr four{}; inet_pton(AF_INET, buffer, &four) == 1) return mapped(&four);
    if (inet_pton(AF_INET6, buffer, address.bytes.data()) == 1) return address;
    return std::nullopt;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

}  // namespace

std::optional<ClientAddress> parse_address(std::string_view text) {
    if (text.starts_with('[')) {
        auto end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        return parse_literal(text.substr(1, end - 1));
    }
    if (auto address = parse_literal(text)) return address;
    auto colon = text.find(':');  // "192.0.2.1:1234"
    if (colon == std::string_view::npos || text.rfind(':') != colon) return std::nullopt;
    return parse_literal(text.substr(0, colon));
}

ClientAddress address_of(const sockaddr_storage& from) {
    ClientAddress address;
    if (from.ss_family == AF_INET) return mapped(&reinterpret_cast<const sockaddr_in&>(from).sin_addr);
    if (from.ss_family == AF_INET6) {
        std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr, 16);
    }
    return address;
}

Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& entries) {
    TrustedProxies proxies;
    for (const std::string& entry : entries) {
        if (entry == "unix:") {
            proxies.unix_ = true;
            continue;
        }
        auto slash = entry.find('/');
        auto address = parse_literal(std::string_view(entry).substr(0, slash));
        if (!address) return fail(Errc::bad_request, fmt::format("'{}' is no address or range of a proxy", entry));
        bool four = std::ranges::equal(kMapped, std::span(address->bytes).first(12)) && !entry.contains(':');
        int bits = 128;
        if (slash != std::string::npos) {
            auto [end, error] = std::from_chars(entry.data() + slash + 1, entry.data() + entry.size(), bits);
            if (error != std::errc() || end != entry.data() + entry.size() || bits < 0 || bits > (four ? 32 : 128)) {
                return fail(Errc::bad_request, fmt::format("'{}' has no valid length of its prefix", entry));
            }
            if (four) bits += 96;
        }
        proxies.ranges_.push_back({*address, bits});
    }
    return proxies;
}

bool TrustedProxies::trusts(const ClientAddress& address) const {
    return std::ranges::any_of(ranges_, [&](const Range& range) {
        auto whole = static_cast<std::size_t>(range.bits / 8);
        if (std::memcmp(range.address.bytes.data(), address.bytes.data(), whole) != 0) return false;
        if (range.bits % 8 == 0) return true;
        auto mask = static_cast<std::uint8_t>(0xff << (8 - range.bits % 8));
        return (range.address.bytes[whole] & mask) == (address.bytes[whole] & mask);
    });
}

ClientAddress TrustedProxies::client(const ClientAddress& peer, const Headers& headers) const {
    std::string hops;  // several fields are one list
    for (const auto& [name, value] : headers) {
        if (name.size() == 15 && strcasecmp(name.c_str(), "x-forwarded-for") == 0) {
            hops += hops.empty() ? value : "," + value;
        }
    }
    auto found = peer;
    auto rest = std::string_view(hops);
    while (!rest.empty()) {
        auto comma = rest.rfind(',');
        auto hop = trim(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(0, comma);
        auto address = parse_address(hop);
        if (!address) break;  // who wrote this is not to be believed further
        found = *address;
        if (!trusts(found)) break;
    }
    return found;
}

}  // namespace peyk::http
