#include "http/client/url.h"

#include <algorithm>
#include <charconv>

namespace peyk::http {
namespace {

constexpr std::size_t kMaxUrl = 8192;
constexpr std::size_t kMaxHost = 253;

std::unexpected<Error> bad(std::string_view why) {
    return fail(Errc::bad_request, "not a usable address: " + std::string(why));
}

bool letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

Result<std::uint16_t> parse_port(std::string_view text) {
    unsigned port = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0 || port > 65535)
        return bad("impossible port");
    return static_cast<std::uint16_t>(port);
}

Result<void> parse_authority(std::string_view text, Url& url) {
    if (text.contains('@')) return bad("a user name is not sent");
    auto colon = text.rfind(':');
    if (text.starts_with('[')) {
        auto close = text.find(']');
        if (close == std::string_view::npos) return bad("']' is missing");
        url.host = text.substr(1, close - 1);
        if (url.host.empty() || url.host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string::npos)
            return bad("not an IPv6 address");
        text.remove_prefix(close + 1);
        if (!text.empty() && text.front() != ':') return bad("text behind ']'");
        colon = text.empty() ? std::string_view::npos : 0;
    } else {
        url.host = text.substr(0, colon);
        bool good = std::ranges::all_of(url.host,
                                        [](char c) { return letter_or_digit(c) || c == '.' || c == '-' || c == '_'; });
        if (url.host.empty() || url.host.size() > kMaxHost || !good) return bad("not a host name");
    }
    std::ranges::transform(url.host, url.host.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    url.port = url.tls ? 443 : 80;
    if (colon != std::string_view::npos && colon + 1 < text.size()) {
        PEYK_TRY(url.port, parse_port(text.substr(colon + 1)));
    }
    return {};
}

bool is_visible(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

// RFC 3986, 5.2.4, for an absolute path.
std::string without_dots(std::string_view path) {
    std::string out;
    while (!path.empty()) {
        auto end = std::min(path.find('/', 1), path.size());
        auto segment = path.substr(0, end);
        path.remove_prefix(end);
        bool last = path.empty();
        if (segment == "/.") {
            if (last) out += '/';
        } else if (segment == "/..") {
            out.erase(std::min(out.rfind('/'), out.size()));
            if (last) out += '/';
        } else {
            out += segment;
        }
    }
    return out.empty() ? "/" : out;
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
    if (text.size() > kMaxUrl) return bad("too long");
    if (!is_visible(text)) return bad("unencoded characters");
    Url url;
    auto scheme_end = text.find("://");
    if (scheme_end == std::string_view::npos) return bad("no scheme");
    std::string scheme(text.substr(0, scheme_end));
    std::ranges::transform(scheme, scheme.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (scheme != "http" && scheme != "https") return bad("only http and https are spoken");
    url.tls = scheme == "https";
    text.remove_prefix(scheme_end + 3);
    text = text.substr(0, text.find('#'));
    auto rest = std::min(text.find_first_of("/?\\"), text.size());
    if (rest < text.size() && text[rest] == '\\') return bad("a backslash");
    PEYK_CHECK(parse_authority(text.substr(0, rest), url));
    url.target = text.substr(rest);
    if (!url.target.starts_with('/')) url.target.insert(0, "/");
    return url;
}

Result<Url> Url::resolve(std::string_view location) const {
    if (location.size() > kMaxUrl || !is_visible(location)) return bad("unencoded characters");
    auto scheme_end = location.find_first_of(":/?#");
    if (scheme_end != std::string_view::npos && scheme_end > 0 && location[scheme_end] == ':') return parse(location);
    if (location.starts_with("//")) return parse((tls ? "https:" : "http:") + std::string(location));
    auto next = *this;
    location = location.substr(0, location.find('#'));
    if (location.empty()) return next;
    auto path = std::string_view(target).substr(0, target.find('?'));
    if (location.front() == '?') {
        next.target = std::string(path) + std::string(location);
        return next;
    }
    auto query = std::min(location.find('?'), location.size());
    std::string joined(location.substr(0, query));
    if (location.front() != '/') joined = std::string(path.substr(0, path.rfind('/') + 1)) + joined;
    next.target = without_dots(joined) + std::string(location.substr(query));
    return next;
}

std::string Url::authority() const {
    auto out = host.contains(':') ? "[" + host + "]" : host;
    if (port != (tls ? 443 : 80)) out += ":" + std::to_string(port);
    return out;
}

std::string Url::str() const { return (tls ? "https://" : "http://") + authority() + target; }

}  // namespace peyk::http
