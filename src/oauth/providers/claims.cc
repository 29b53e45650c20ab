#include "oauth/providers/claims.h"

#include <algorithm>

#include "base/bytes.h"
#include "core/ids.h"
#include "core/text_fold.h"

namespace peyk::oauth {
namespace {

constexpr std::size_t kMaxName = 64, kMaxDisplayName = 200, kMaxClaim = 256;

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

// Characters of user names out of any text.
std::string plain(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        auto ascii = std::ranges::find_if_not(text, is_ascii) - text.begin();
        for (char c : text.substr(0, static_cast<std::size_t>(ascii))) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
            if (c == ' ') c = '.';
            if (is_new_localpart({&c, 1})) out += c;
        }
        text.remove_prefix(static_cast<std::size_t>(ascii));
        auto other = static_cast<std::size_t>(std::ranges::find_if(text, is_ascii) - text.begin());
        // Letters with accents and digits of other scripts have ASCII forms; the rest has none.
        for (char c : fold_text_utf8(text.substr(0, other))) {
            if (is_ascii(c) && c != ' ') out += c;
        }
        text.remove_prefix(other);
    }
    return out;
}

std::string text_of(const json::Value* value) {
    if (!value) return {};
    if (auto number = value->integer()) return std::to_string(*number);
    if (!value->string()) return {};
    auto text = std::string_view(*value->string()).substr(0, kMaxClaim);
    return plain(text.substr(0, text.find('@')));
}

bool is_one_of(const json::Value& value, std::string_view wanted) {
    if (value.string()) return *value.string() == wanted;
    if (auto flag = value.boolean()) return wanted == (*flag ? "true" : "false");
    if (auto number = value.integer()) return wanted == std::to_string(*number);
    const auto* list = value.array();
    return list && std::ranges::find(*list, json::Value(wanted)) != list->end();
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    return out;
}

bool is_of_a_domain(const ProviderOptions& options, const json::Object& claims) {
    const auto* email = claims.find("email");
    const auto* verified = claims.find("email_verified");
    // An address that nobody has confirmed says nothing.
    if (!email || !email->string() || !verified || verified->boolean() != true) return false;
    auto at = email->string()->rfind('@');
    if (at == std::string::npos) return false;
    auto domain = lower(std::string_view(*email->string()).substr(at + 1));
    return std::ranges::any_of(options.email_domains, [&](const auto& one) { return lower(one) == domain; });
}

}  // namespace

std::optional<NameTemplate> NameTemplate::parse(std::string_view text) {
    NameTemplate out;
    out.texts_.emplace_back();
    while (!text.empty()) {
        auto open = std::min(text.find_first_of("{}"), text.size());
        auto before = text.substr(0, open);
        if (!before.empty() && !is_new_localpart(before)) return std::nullopt;
        out.texts_.back() += before;
        text.remove_prefix(open);
        if (text.empty()) break;
        auto close = text.find('}');
        if (text.front() == '}' || close == std::string_view::npos || close == 1) return std::nullopt;
        auto name = text.substr(1, close - 1);
        if (name.contains('{')) return std::nullopt;
        out.claims_.emplace_back(name);
        out.texts_.emplace_back();
        text.remove_prefix(close + 1);
    }
    if (out.claims_.empty()) return std::nullopt;
    return out;
}

std::string NameTemplate::of(const json::Object& claims) const {
    std::string out = texts_.front();
    for (std::size_t i = 0; i < claims_.size(); ++i) {
        auto text = text_of(find_claim(claims, claims_[i]));
        if (text.empty()) return {};
        out += text + texts_[i + 1];
    }
    auto begin = std::min(out.find_first_not_of('.'), out.size());
    out = out.substr(begin, kMaxName);
    while (out.ends_with('.')) out.pop_back();
    return is_new_localpart(out) ? out : std::string();
}

const json::Value* find_claim(const json::Object& claims, std::string_view name) {
    if (const auto* whole = claims.find(name)) return whole;
    const auto* inside = &claims;
    while (inside) {
        auto dot = name.find('.');
        const auto* value = inside->find(name.substr(0, dot));
        if (!value || dot == std::string_view::npos) return value;
        name.remove_prefix(dot + 1);
        inside = value->object();
    }
    return nullptr;
}

bool may_come(const ProviderOptions& options, const json::Object& claims) {
    if (!options.email_domains.empty() && !is_of_a_domain(options, claims)) return false;
    return std::ranges::all_of(options.required_claims, [&](const auto& wanted) {
        const auto* value = find_claim(claims, wanted.first);
        return value && is_one_of(*value, wanted.second);
    });
}

std::vector<std::string> claims_asked(const ProviderOptions& options) {
    std::vector<std::string> out;
    if (!options.email_domains.empty()) out = {"email", "email_verified"};
    for (const auto& [name, value] : options.required_claims) out.push_back(name);
    return out;
}

std::string display_name(const json::Object& claims) {
    const auto* name = claims.find("name");
    if (!name || !name->string()) return {};
    const auto& text = *name->string();
    bool control = std::ranges::any_of(text, [](char c) { return is_ascii(c) && (c < 0x20 || c == 0x7f); });
    return control || text.size() > kMaxDisplayName ? std::string() : text;
}

}  // namespace peyk::oauth
