#include "oauth/uri.h"

#include <algorithm>
#include <charconv>

namespace peyk::oauth {
namespace {

constexpr std::size_t kMaxUri = 2048;

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    return out;
}

// What RFC 3986 allows anywhere; brackets only mean an IPv6 host.
bool is_uri_char(char c) {
    return is_alpha(c) || is_digit(c) || std::string_view("-._~:/?#[]@!$&'()*+,;=%").contains(c);
}

bool is_host(std::string_view host) {
    if (host.starts_with('[')) {
        auto inside = host.substr(1, host.size() - 2);
        return host.size() > 4 && host.ends_with(']') &&
               std::ranges::all_of(inside, [](char c) { return std::string_view("0123456789abcdef:.").contains(c); });
    }
    if (host.empty() || host.size() > 253 || host.starts_with('.') || host.contains("..")) return false;
    return std::ranges::all_of(
        host, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_'; });
}

// "user@host:port" into its parts.
bool parse_authority(std::string_view text, Uri& uri) {
    uri.has_authority = true;
    if (auto at = text.rfind('@'); at != std::string_view::npos) {
        uri.has_userinfo = true;
        text.remove_prefix(at + 1);
    }
    auto end = text.starts_with('[') ? text.find(']') : text.find(':');
    if (text.starts_with('[')) {
        if (end == std::string_view::npos) return false;
        ++end;
    }
    uri.host = lower(text.substr(0, end));
    if (!is_host(uri.host)) return false;
    if (end == std::string_view::npos || end == text.size()) return true;
    auto port = text.substr(end + 1);
    std::uint16_t number = 0;
    auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (text[end] != ':' || error != std::errc{} || stop != port.data() + port.size()) return false;
    uri.port = number;
    return true;
}

}  // namespace

std::optional<Uri> parse_uri(std::string_view text) {
    if (text.size() > kMaxUri || !std::ranges::all_of(text, is_uri_char)) return std::nullopt;
    auto colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0 || !is_alpha(text[0])) return std::nullopt;
    Uri uri;
    uri.scheme = lower(text.substr(0, colon));
    for (char c : uri.scheme) {
        if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return std::nullopt;
    }
    text.remove_prefix(colon + 1);
    if (auto hash = text.find('#'); hash != std::string_view::npos) {
        uri.has_fragment = true;
        text = text.substr(0, hash);
    }
    if (auto question = text.find('?'); question != std::string_view::npos) {
        uri.query = text.substr(question + 1);
        text = text.substr(0, question);
    }
    if (text.starts_with("//")) {
        text.remove_prefix(2);
        auto slash = std::min(text.find('/'), text.size());
        if (!parse_authority(text.substr(0, slash), uri)) return std::nullopt;
        text.remove_prefix(slash);
    }
    if (text.contains('[') || text.contains(']') || uri.query.contains('[') || uri.query.contains(']'))
        return std::nullopt;
    uri.path = text;
    return uri;
}

bool is_within(std::string_view host, std::string_view base) {
    if (host == base) return true;
    return base.contains('.') && !base.starts_with('[') && host.size() > base.size() + 1 && host.ends_with(base) &&
           host[host.size() - base.size() - 1] == '.';
}

std::string reversed(std::string_view host) {
    std::string out;
    while (!host.empty()) {
        auto dot = host.rfind('.');
        out += host.substr(dot == std::string_view::npos ? 0 : dot + 1);
        if (dot == std::string_view::npos) break;
        out += '.';
        host = host.substr(0, dot);
    }
    return out;
}

bool is_loopback(const Uri& uri) {
    return uri.scheme == "http" && uri.has_authority &&
           (uri.host == "localhost" || uri.host == "127.0.0.1" || uri.host == "[::1]");
}

}  // namespace peyk::oauth
