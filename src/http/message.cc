#include "http/message.h"

#include <algorithm>

#include "base/bytes.h"

namespace peyk::http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::ranges::equal(a, b, {}, lower, lower);
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

enum class Plus : unsigned char { literal, space };

std::optional<std::string> decode(std::string_view text, Plus plus) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (text.size() - i < 3) return std::nullopt;
            int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus == Plus::space) {
            c = ' ';
        }
        if (c == '\0') return std::nullopt;
        out += c;
    }
    if (!is_utf8(out)) return std::nullopt;
    return out;
}

// Calls `visit(name, value)`, both still encoded, for each parameter until it returns false.
template <class Visit>
void each_parameter(std::string_view query, Visit visit) {
    while (!query.empty()) {
        auto end = std::min(query.find('&'), query.size());
        auto pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty()) continue;
        auto equals = std::min(pair.find('='), pair.size());
        if (!visit(pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size())))) return;
    }
}

bool names(std::string_view encoded, std::string_view name) {
    if (encoded == name) return true;
    if (encoded.find_first_of("%+") == std::string_view::npos) return false;
    auto decoded = decode(encoded, Plus::space);
    return decoded && *decoded == name;
}

}  // namespace

std::string_view method_name(Method method) {
    switch (method) {
        case Method::get: return "GET";
        case Method::head: return "HEAD";
        case Method::post: return "POST";
        case Method::put: return "PUT";
        case Method::del: return "DELETE";
        case Method::options: return "OPTIONS";
        case Method::patch: return "PATCH";
        case Method::other: break;
    }
    return "OTHER";
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
    for (const auto& [key, value] : fields_) {
        if (same_name(key, name)) return value;
    }
    return std::nullopt;
}

void Headers::set(std::string name, std::string value) {
    std::erase_if(fields_, [&](const auto& field) { return same_name(field.first, name); });
    add(std::move(name), std::move(value));
}

std::string_view Request::capture(std::string_view name) const {
    for (const auto& [key, value] : captures) {
        if (key == name) return value;
    }
    return {};
}

std::optional<std::string> Request::parameter(std::string_view name) const {
    std::optional<std::string> found;
    each_parameter(query, [&](std::string_view key, std::string_view value) {
        if (!names(key, name)) return true;
        found = decode(value, Plus::space);
        return false;
    });
    return found;
}

bool Request::query_is_text() const {
    if (std::ranges::none_of(query, [](char c) { return c == '%' || static_cast<signed char>(c) < 0; })) return true;
    bool text = true;
    each_parameter(query, [&](std::string_view key, std::string_view value) {
        text = decode(key, Plus::space) && decode(value, Plus::space);
        return text;
    });
    return text;
}

std::vector<std::string> Request::parameters(std::string_view name) const {
    std::vector<std::string> found;
    each_parameter(query, [&](std::string_view key, std::string_view value) {
        if (!names(key, name)) return true;
        if (auto decoded = decode(value, Plus::space)) found.push_back(*std::move(decoded));
        return true;
    });
    return found;
}

Response Response::json(int status, std::string body) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = std::move(body);
    response.compressible = true;
    return response;
}

Response Response::html(int status, std::string body) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "text/html; charset=utf-8");
    response.body = std::move(body);
    response.compressible = true;
    return response;
}

std::optional<std::string> percent_decode(std::string_view text) { return decode(text, Plus::literal); }

std::string percent_encode(std::string_view text) {
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (char c : text) {
        bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '.' || c == '_' || c == '~';
        if (unreserved) {
            out += c;
        } else {
            auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        }
    }
    return out;
}

}  // namespace peyk::http
