#include "oauth/providers/cas_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "oauth/providers/xml.h"

namespace peyk::oauth {
namespace {

constexpr std::string_view kSpace = "http://www.yale.edu/tp/cas";

std::string trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    auto begin = text.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return {};
    return std::string(text.substr(begin, text.find_last_not_of(kBlank) - begin + 1));
}

// The one child of that name; null: none, and `several` when there are more.
const XmlElement* only(const XmlElement& parent, std::string_view name, bool& several) {
    const XmlElement* found = nullptr;
    for (const auto& child : parent.children) {
        if (!child.is(kSpace, name)) continue;
        if (found) several = true;
        found = &child;
    }
    return found;
}

// By the code of a failure; what is written for people is not for a log.
Trouble trouble_of(std::string_view code) {
    struct Known {
        std::string_view code;
        Fault fault;
        std::string_view why;
    };
    static constexpr std::array kKnown{
        Known{"INVALID_TICKET", Fault::over, "it does not know the ticket"},
        Known{"INVALID_TICKET_SPEC", Fault::untrusted,
              "the person was not asked anew, or it was not asked as it wants"},
        Known{"INVALID_SERVICE", Fault::mismatch, "the ticket is of another service than this server"},
        Known{"INVALID_REQUEST", Fault::mismatch, "it does not understand the request"},
        Known{"UNAUTHORIZED_SERVICE", Fault::mismatch, "this server is not among its services"},
        Known{"INTERNAL_ERROR", Fault::unreachable, "it is in trouble itself"}};
    auto found = std::ranges::find(kKnown, code, &Known::code);
    if (found != kKnown.end()) return {found->fault, std::string(found->why)};
    return {Fault::mismatch, "it refuses the ticket"};
}

void add(json::Object& claims, const std::string& name, std::string value) {
    auto* there = claims.find(name);
    if (!there) {
        claims.set(name, std::move(value));
        return;
    }
    json::Array list = there->array() ? *there->array() : json::Array{*there};
    list.emplace_back(std::move(value));
    claims.set(name, std::move(list));
}

json::Object attributes_of(const XmlElement* list) {
    json::Object out;
    std::size_t values = 0;
    if (!list) return out;
    for (const auto& one : list->children) {
        auto value = trimmed(one.text);
        if (!one.plain || value.empty() || value.size() > kMaxCasValue) continue;
        if (++values > kMaxCasValues) break;
        add(out, one.name, std::move(value));
    }
    return out;
}

void stand_in(json::Object& claims, std::string_view name, std::initializer_list<std::string_view> others) {
    if (claims.contains(name)) return;
    for (auto other : others) {
        const auto* value = claims.find(other);
        if (!value || !value->string()) continue;
        claims.set(std::string(name), std::string(*value->string()));
        return;
    }
}

}  // namespace

Outcome<json::Object> read_cas_answer(std::string_view text) {
    auto root = parse_xml(text);
    if (!root || !root->is(kSpace, "serviceResponse"))
        return stopped(Fault::untrusted, "its answer is not one of the CAS protocol");
    bool several = false;
    const auto* good = only(*root, "authenticationSuccess", several);
    const auto* bad = only(*root, "authenticationFailure", several);
    if (several || !good == !bad) return stopped(Fault::untrusted, "its answer says yes and no");
    if (bad) {
        auto code = std::ranges::find(bad->attributes, "code", &XmlAttribute::name);
        return std::unexpected(trouble_of(code == bad->attributes.end() ? std::string_view() : code->value));
    }
    const auto* user = only(*good, "user", several);
    const auto* attributes = only(*good, "attributes", several);
    const auto* proxies = only(*good, "proxies", several);
    // A ticket that another service was given for the person: that service could be anybody here.
    if (proxies && !proxies->children.empty())
        return stopped(Fault::untrusted, "the ticket came by way of another service");
    auto name = user ? trimmed(user->text) : std::string();
    bool control = std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (several || !user || !user->plain || name.empty() || name.size() > kMaxCasUser || control)
        return stopped(Fault::untrusted, "its answer names nobody");
    auto claims = attributes_of(attributes);
    claims.set("user", name);
    stand_in(claims, "preferred_username", {"user"});
    stand_in(claims, "name", {"displayName", "cn"});
    return claims;
}

}  // namespace peyk::oauth
