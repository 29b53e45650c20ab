#include "core/ids.h"

#include <arpa/inet.h>

#include "base/bytes.h"
#include "core/errors.h"

namespace peyk {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

// 1 to 5 digits; a number that no port can have is refused too.
bool is_port(std::string_view text) {
    if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit)) return false;
    int port = 0;
    for (char c : text) port = port * 10 + (c - '0');
    return port <= 65535;
}

bool is_ipv6(std::string_view text) {
    if (text.size() < 2 || text.size() > 45) return false;
    in6_addr address{};
    return inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

// Text of digits and dots in four parts is an IPv4 literal, and its parts must then be bytes.
bool is_bad_ipv4(std::string_view host) {
    int parts = 1, digits = 0, value = 0;
    bool fits = true;
    for (char c : host) {
        if (c == '.') {
            fits = fits && digits > 0;
            ++parts, digits = 0, value = 0;
        } else if (is_digit(c)) {
            fits = fits && ++digits <= 3;
            value = fits ? value * 10 + (c - '0') : value;
            fits = fits && value <= 255;
        } else {
            return false;
        }
    }
    return parts == 4 && !(fits && digits > 0);
}

bool is_dns_name(std::string_view host) {
    auto is_dns_char = [](char c) { return is_digit(c) || is_lower(c) || is_upper(c) || c == '-' || c == '.'; };
    return !host.empty() && host.size() <= kMaxIdBytes && std::all_of(host.begin(), host.end(), is_dns_char) &&
           !is_bad_ipv4(host);
}

// Spec: Appendices › Server Name. Case matters, nothing is normalised.
bool is_server_name(std::string_view text) {
    if (text.starts_with('[')) {
        auto close = text.find(']');
        if (close == std::string_view::npos || !is_ipv6(text.substr(1, close - 1))) return false;
        auto rest = text.substr(close + 1);
        return rest.empty() || (rest[0] == ':' && is_port(rest.substr(1)));
    }
    auto colon = text.find(':');
    if (colon == std::string_view::npos) return is_dns_name(text);
    return is_dns_name(text.substr(0, colon)) && is_port(text.substr(colon + 1));
}

bool is_opaque(std::string_view text) { return text.find('\0') == std::string_view::npos && is_utf8(text); }

enum class Domain : unsigned char { required, optional };
enum class Localpart : unsigned char { may_be_empty, not_empty };

// Spec: Appendices › Common Identifier Format.
bool is_sigil_id(std::string_view text, char sigil, Domain domain, Localpart localpart) {
    if (!text.starts_with(sigil)) return false;
    text.remove_prefix(1);
    auto colon = text.find(':');
    if (colon == std::string_view::npos && domain == Domain::required) return false;
    auto local = text.substr(0, colon);
    if (local.empty() && localpart == Localpart::not_empty) return false;
    if (!is_opaque(local)) return false;
    return colon == std::string_view::npos || is_server_name(text.substr(colon + 1));
}

// The grammar of each tag; the length is checked for all alike.
struct Grammar {
    static bool fits(UserTag*, std::string_view text) {
        return is_sigil_id(text, '@', Domain::required, Localpart::may_be_empty);
    }
    static bool fits(RoomTag*, std::string_view text) {
        return is_sigil_id(text, '!', Domain::optional, Localpart::not_empty);
    }
    static bool fits(EventTag*, std::string_view text) {
        return is_sigil_id(text, '$', Domain::optional, Localpart::not_empty);
    }
    static bool fits(AliasTag*, std::string_view text) {
        return is_sigil_id(text, '#', Domain::required, Localpart::not_empty);
    }
    static bool fits(ServerTag*, std::string_view text) { return is_server_name(text); }
    static bool fits(DeviceTag*, std::string_view text) {
        auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
        return !text.empty() && std::none_of(text.begin(), text.end(), is_control) && is_utf8(text);
    }
    static bool fits(VersionTag*, std::string_view text) {
        auto is_version_char = [](char c) { return is_lower(c) || is_digit(c) || c == '.' || c == '-'; };
        return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), is_version_char);
    }

    static constexpr const char* name(UserTag*) { return "not a user id"; }
    static constexpr const char* name(RoomTag*) { return "not a room id"; }
    static constexpr const char* name(EventTag*) { return "not an event id"; }
    static constexpr const char* name(AliasTag*) { return "not a room alias"; }
    static constexpr const char* name(ServerTag*) { return "not a server name"; }
    static constexpr const char* name(DeviceTag*) { return "not a device id"; }
    static constexpr const char* name(VersionTag*) { return "not a room version"; }
};

}  // namespace

template <class Tag>
Result<Id<Tag>> Id<Tag>::parse(std::string_view text) {
    constexpr Tag* tag = nullptr;
    if (text.size() > kMaxIdBytes || !Grammar::fits(tag, text)) return m::invalid_param(Grammar::name(tag));
    return Id(std::string(text));
}

bool is_new_localpart(std::string_view text) {
    auto is_user_char = [](char c) {
        return is_lower(c) || is_digit(c) || std::string_view("._=-/+").find(c) != std::string_view::npos;
    };
    return !text.empty() && std::all_of(text.begin(), text.end(), is_user_char);
}

template class Id<UserTag>;
template class Id<RoomTag>;
template class Id<EventTag>;
template class Id<AliasTag>;
template class Id<ServerTag>;
template class Id<DeviceTag>;
template class Id<VersionTag>;

}  // namespace peyk
