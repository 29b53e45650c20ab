#include "rooms/retention/policy.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/errors.h"

namespace peyk::rooms {
namespace {

Result<std::optional<Millis>> read_lifetime(const json::Object& content, std::string_view key) {
    const auto* value = content.find(key);
    if (!value || value->is_null()) return std::nullopt;
    auto number = value->integer();
    if (!number || *number < 0) return m::bad_json(fmt::format("'{}' must be null or a number of milliseconds", key));
    return Millis{*number};
}

}  // namespace

Result<RetentionPolicy> parse_retention(const json::Object& content) {
    RetentionPolicy out;
    PEYK_TRY(out.max_lifetime, read_lifetime(content, "max_lifetime"));
    PEYK_TRY(out.min_lifetime, read_lifetime(content, "min_lifetime"));
    if (out.max_lifetime && out.min_lifetime && *out.max_lifetime < *out.min_lifetime)
        return m::bad_json("'max_lifetime' must not be less than 'min_lifetime'");
    return out;
}

std::optional<Millis> lifetime_of(const RetentionRules& rules, const RetentionPolicy* policy) {
    constexpr Millis kNone{0};
    if (!rules.enabled) return std::nullopt;
    if (!policy) return rules.default_lifetime == kNone ? std::nullopt : std::optional(rules.default_lifetime);
    auto wanted = policy->max_lifetime;
    if (wanted) wanted = std::max(*wanted, rules.shortest);
    if (rules.longest != kNone) wanted = std::min(wanted.value_or(rules.longest), rules.longest);
    return wanted;
}

json::Object retention_configuration(const RetentionRules& rules) {
    json::Object policies, limits, bounds;
    if (rules.enabled) {
        if (rules.default_lifetime.count() > 0)
            policies.set("*", json::Object{{"max_lifetime", rules.default_lifetime.count()}});
        if (rules.shortest.count() > 0) bounds.set("min", rules.shortest.count());
        if (rules.longest.count() > 0) bounds.set("max", rules.longest.count());
        if (!bounds.empty()) limits.set("max_lifetime", std::move(bounds));
    }
    return {{"policies", std::move(policies)}, {"limits", std::move(limits)}};
}

}  // namespace peyk::rooms
