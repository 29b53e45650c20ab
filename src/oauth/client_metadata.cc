#include "oauth/client_metadata.h"

#include <fmt/format.h>

#include <algorithm>

#include "oauth/uri.h"

namespace peyk::oauth {
namespace {

constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxRedirects = 20;
constexpr std::string_view kBadMetadata = "invalid_client_metadata";
constexpr std::string_view kBadRedirect = "invalid_redirect_uri";
constexpr std::string_view kGrants[] = {kGrantCode, kGrantRefresh, kGrantDevice};

std::string without_port(const Uri& uri) {
    return fmt::format("{}://{}{}{}{}", uri.scheme, uri.host, uri.path, uri.query.empty() ? "" : "?", uri.query);
}

Expected<std::string> text_of(const json::Object& body, std::string_view key) {
    const auto* value = body.find(key);
    if (!value || value->is_null()) return std::string();
    if (!value->string()) return refuse(kBadMetadata, fmt::format("'{}' must be a string", key));
    return *value->string();
}

Expected<std::vector<std::string>> list_of(const json::Object& body, std::string_view key) {
    std::vector<std::string> out;
    const auto* value = body.find(key);
    if (!value || value->is_null()) return out;
    if (!value->array() || value->array()->size() > kMaxRedirects)
        return refuse(kBadMetadata, fmt::format("'{}' must be an array of at most {} strings", key, kMaxRedirects));
    for (const auto& item : *value->array()) {
        if (!item.string()) return refuse(kBadMetadata, fmt::format("'{}' must be an array of strings", key));
        out.push_back(*item.string());
    }
    return out;
}

// A page of the client: HTTPS, without a password, on the client's host or below it.
Expected<std::string> page_of(const json::Object& body, std::string_view key, std::string_view base) {
    auto text = text_of(body, key);
    if (!text || text->empty()) return text;
    auto uri = parse_uri(*text);
    if (!uri || uri->scheme != "https" || !uri->has_authority || uri->has_userinfo)
        return refuse(kBadMetadata, fmt::format("'{}' must be an HTTPS URL without user or password", key));
    if (!base.empty() && !is_within(uri->host, base))
        return refuse(kBadMetadata, fmt::format("'{}' must be on the host of 'client_uri' or below it", key));
    return text;
}

bool is_web_redirect(const Uri& uri, std::string_view base) {
    return uri.scheme == "https" && uri.has_authority && !uri.has_userinfo && is_within(uri.host, base);
}

bool is_native_redirect(const Uri& uri, std::string_view base) {
    if (is_loopback(uri)) return !uri.port && !uri.has_userinfo;
    if (uri.scheme == "https") return is_web_redirect(uri, base);
    if (uri.scheme == "http" || uri.has_authority || !base.contains('.') || base.starts_with('[')) return false;
    auto prefix = reversed(base);
    return uri.scheme == prefix || uri.scheme.starts_with(prefix + ".");
}

Expected<void> check_redirects(const ClientMetadata& client) {
    auto base = client.host();
    for (const auto& text : client.redirect_uris) {
        auto uri = parse_uri(text);
        if (!uri) return refuse(kBadRedirect, "A redirect URI is not a URI that this server accepts");
        if (uri->has_fragment) return refuse(kBadRedirect, "A redirect URI must not have a fragment");
        bool good = client.native ? is_native_redirect(*uri, base) : is_web_redirect(*uri, base);
        if (!good)
            return refuse(kBadRedirect, client.native
                                            ? "A native client's redirect URI is HTTPS below 'client_uri', a scheme "
                                              "that begins with its reversed host, or http on loopback without a port"
                                            : "A web client's redirect URI is HTTPS, on the host of 'client_uri' or "
                                              "below it");
    }
    return {};
}

}  // namespace

#define OAUTH_TRY(into, ...)                                            \
    do {                                                                \
        auto value_ = (__VA_ARGS__);                                    \
        if (!value_) return std::unexpected(std::move(value_).error()); \
        into = *std::move(value_);                                      \
    } while (false)

Expected<ClientMetadata> ClientMetadata::parse(const json::Object& body) {
    ClientMetadata out;
    OAUTH_TRY(out.uri, page_of(body, "client_uri", ""));
    if (out.uri.empty()) return refuse(kBadMetadata, "'client_uri' is missing");
    auto base = out.host();
    OAUTH_TRY(out.name, text_of(body, "client_name"));
    if (out.name.size() > kMaxName || std::ranges::any_of(out.name, [](char c) { return c >= 0 && c < 0x20; }))
        return refuse(kBadMetadata, fmt::format("'client_name' has at most {} bytes, without controls", kMaxName));
    OAUTH_TRY(out.logo_uri, page_of(body, "logo_uri", base));
    OAUTH_TRY(out.tos_uri, page_of(body, "tos_uri", base));
    OAUTH_TRY(out.policy_uri, page_of(body, "policy_uri", base));
    std::string type, method;
    OAUTH_TRY(type, text_of(body, "application_type"));
    if (!type.empty() && type != "web" && type != "native")
        return refuse(kBadMetadata, "'application_type' must be 'web' or 'native'");
    out.native = type == "native";
    OAUTH_TRY(method, text_of(body, "token_endpoint_auth_method"));
    if (!method.empty() && method != "none")
        return refuse(kBadMetadata, "'token_endpoint_auth_method' must be 'none': clients have no secrets here");

    std::vector<std::string> grants, types;
    OAUTH_TRY(grants, list_of(body, "grant_types"));
    OAUTH_TRY(types, list_of(body, "response_types"));
    if (!body.contains("grant_types")) grants = {std::string(kGrantCode), std::string(kGrantRefresh)};
    for (auto known : kGrants) {
        if (std::ranges::find(grants, known) != grants.end()) out.grants.emplace_back(known);
    }
    if (!out.may(kGrantCode) && !out.may(kGrantDevice))
        return refuse(kBadMetadata, "'grant_types' has no grant that this server knows");
    OAUTH_TRY(out.redirect_uris, list_of(body, "redirect_uris"));
    if (out.may(kGrantCode)) {
        if (body.contains("response_types") && std::ranges::find(types, "code") == types.end())
            return refuse(kBadMetadata, "'response_types' must have 'code'");
        if (out.redirect_uris.empty()) return refuse(kBadRedirect, "'redirect_uris' is missing");
    }
    if (auto good = check_redirects(out); !good) return std::unexpected(std::move(good).error());
    return out;
}

json::Object ClientMetadata::encode() const {
    auto list = [](const std::vector<std::string>& items) {
        json::Array out;
        for (const auto& item : items) out.emplace_back(item);
        return out;
    };
    json::Object out{{"client_uri", uri},
                     {"application_type", native ? "native" : "web"},
                     {"token_endpoint_auth_method", "none"},
                     {"grant_types", list(grants)}};
    if (!name.empty()) out.set("client_name", name);
    if (!logo_uri.empty()) out.set("logo_uri", logo_uri);
    if (!tos_uri.empty()) out.set("tos_uri", tos_uri);
    if (!policy_uri.empty()) out.set("policy_uri", policy_uri);
    if (!redirect_uris.empty()) out.set("redirect_uris", list(redirect_uris));
    if (may(kGrantCode)) out.set("response_types", json::Array{"code"});
    return out;
}

bool ClientMetadata::may(std::string_view grant) const { return std::ranges::find(grants, grant) != grants.end(); }

bool ClientMetadata::allows(std::string_view redirect_uri) const {
    if (std::ranges::find(redirect_uris, redirect_uri) != redirect_uris.end()) return true;
    auto asked = parse_uri(redirect_uri);
    if (!asked || !is_loopback(*asked) || asked->has_userinfo || asked->has_fragment || !native) return false;
    return std::ranges::any_of(redirect_uris, [&](const std::string& text) {
        auto known = parse_uri(text);
        return known && is_loopback(*known) && without_port(*known) == without_port(*asked);
    });
}

std::string ClientMetadata::host() const {
    auto parsed = parse_uri(uri);
    return parsed ? parsed->host : std::string();
}

std::string ClientMetadata::shown_name() const { return name.empty() ? host() : name; }

}  // namespace peyk::oauth
