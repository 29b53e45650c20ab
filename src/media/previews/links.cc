#include "media/previews/links.h"

#include <algorithm>
#include <array>

#include "core/host_names.h"
#include "core/patterns.h"

namespace peyk::media {
namespace {

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Spec: WHATWG URL › 4.4: spaces and controls at the ends and line breaks anywhere do not count.
std::string trimmed(std::string_view text) {
    auto is_edge = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
    while (!text.empty() && is_edge(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_edge(text.back())) text.remove_suffix(1);
    std::string out(text);
    std::erase_if(out, [](char c) { return c == '\t' || c == '\n' || c == '\r'; });
    return out;
}

// What may not stand in a path or query becomes %XX; what is encoded already stays.
std::string encoded(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    constexpr std::string_view kNever = " \"<>`{}|^\\";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= 0x20 || byte >= 0x7f || kNever.contains(c)) {
            out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
        } else {
            out += c;
        }
    }
    return out;
}

// "host:port", the host in the letters of the DNS. A user name stays where it is and is refused later.
std::string ascii_authority(std::string_view text) {
    if (is_ascii(text) || text.contains('@')) return std::string(text);
    const auto colon = text.rfind(':');
    const auto host = ascii_host_name(text.substr(0, colon));
    if (!host) return std::string(text);  // refused later, for its letters
    return *host + (colon == std::string_view::npos ? "" : std::string(text.substr(colon)));
}

// Everything in ASCII.
std::string normalized(std::string_view text) {
    const auto link = trimmed(text);
    const auto scheme = link.find("://");
    if (scheme == std::string::npos) return encoded(link);
    const auto authority = scheme + 3;
    const auto rest = std::min(link.find_first_of("/?#\\", authority), link.size());
    return link.substr(0, authority) + ascii_authority(std::string_view(link).substr(authority, rest - authority)) +
           encoded(std::string_view(link).substr(rest));
}

// Names that lead nowhere outside, or must not be asked for there. Spec: RFC 6761, 6762, 7686, 8375; ICANN (.internal).
bool is_inner_name(std::string_view host) {
    constexpr std::array kInner{"localhost", "local",     "internal", "intranet", "lan",
                                "home",      "home.arpa", "onion",    "invalid",  "localdomain"};
    if (!host.contains('.') && !host.contains(':')) return true;
    return std::ranges::any_of(kInner, [host](std::string_view name) {
        return host == name ||
               (host.size() > name.size() && host.ends_with(name) && host[host.size() - name.size() - 1] == '.');
    });
}

// Browsers do not speak HTTP to ports that other protocols use (WHATWG Fetch › Port blocking); below 1024 nobody needs
// any but the two of HTTP. The last are stores that would take a request for commands.
bool is_web_port(std::uint16_t port) {
    constexpr std::array<std::uint16_t, 26> kOthers{1719,  1720, 1723, 2049, 3659, 4045, 4190,  5060, 5061,
                                                    6000,  6566, 6665, 6666, 6667, 6668, 6669,  6679, 6697,
                                                    10080, 2375, 3306, 5432, 6379, 9200, 11211, 27017};
    if (port < 1024) return port == 80 || port == 443;
    return std::ranges::find(kOthers, port) == kOthers.end();
}

}  // namespace

Result<http::Url> parse_link(std::string_view text) { return http::Url::parse(normalized(text)); }

Result<http::Url> resolve_link(const http::Url& base, std::string_view text) {
    const auto link = normalized(text);
    return base.resolve(link);
}

LinkPolicy::LinkPolicy(Options options) : inner_names_(options.inner_names) {
    for (auto& pattern : options.blocked_hosts) {
        const bool below = pattern.starts_with("*.");
        const auto host = ascii_host_name(std::string_view(pattern).substr(below ? 2 : 0));
        blocked_.push_back(host ? (below ? "*." : "") + *host : std::move(pattern));
    }
}

bool LinkPolicy::allows(const http::Url& url) const {
    std::string_view host = url.host;
    if (host.ends_with('.')) host.remove_suffix(1);
    if (host.empty() || !is_web_port(url.port) || (!inner_names_ && is_inner_name(host))) return false;
    return std::ranges::none_of(
        blocked_, [host](const std::string& pattern) { return glob_matches(pattern, host, QuestionMark::itself); });
}

}  // namespace peyk::media
