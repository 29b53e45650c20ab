#include "users/push_rules.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/errors.h"

namespace peyk::users {
namespace {

constexpr std::string_view kDefaults = "defaults";
constexpr std::string_view kMaster = ".m.rule.master";
constexpr std::size_t kMaxRuleId = 255;
constexpr std::size_t kMaxConditions = 50;
constexpr std::size_t kMaxActions = 20;
constexpr std::array<std::string_view, 5> kKinds{"override", "content", "room", "sender", "underride"};

bool is_rule(const json::Value& rule, std::string_view id) { return rule.get_string("rule_id") == id; }

auto find_rule(const json::Array& rules, std::string_view id) {
    return std::ranges::find_if(rules, [&](const json::Value& rule) { return is_rule(rule, id); });
}

Result<void> check_kind(std::string_view kind) {
    if (is_push_rule_kind(kind)) return {};
    return m::invalid_param("Unknown kind of push rule");
}

// Spec: Client-Server API › Actions, and the historical ones that clients still send.
Result<void> check_actions(const json::Array& actions) {
    if (actions.size() > kMaxActions) return m::too_large("A push rule has too many actions");
    for (const auto& action : actions) {
        if (const auto* word = action.string()) {
            if (*word != "notify" && *word != "dont_notify" && *word != "coalesce")
                return m::invalid_param("Unknown action of a push rule");
        } else if (!action.object()) {
            return m::bad_json("An action is a word or an object");
        } else if (!action.get_string("set_tweak")) {
            return m::invalid_param("An action is a word or an object with 'set_tweak'");
        }
    }
    return {};
}

Result<void> need(const json::Value& condition, std::string_view key) {
    if (condition.get(key)) return {};
    return m::missing_param(fmt::format("A condition lacks '{}'", key));
}

bool is_plain(const json::Value& value) {
    return value.is_null() || value.string() || value.boolean() || value.integer();
}

Result<void> check_types(const json::Value& condition) {
    for (std::string_view key : {"kind", "key", "pattern", "is"}) {
        const auto* value = condition.get(key);
        if (value && !value->string()) return m::bad_json(fmt::format("'{}' of a condition must be a string", key));
    }
    const auto* value = condition.get("value");
    if (value && !is_plain(*value))
        return m::bad_json("'value' of a condition must be a string, a whole number, true, false or null");
    return {};
}

// Spec: Client-Server API › Conditions. Of kinds that nobody knows nothing is known, and they never hold.
Result<void> check_condition(const json::Value& condition) {
    if (!condition.object()) return m::bad_json("A condition must be an object");
    PEYK_CHECK(check_types(condition));
    auto kind = condition.get_string("kind");
    if (!kind) return m::missing_param("A condition lacks 'kind'");
    bool match = kind == "event_match";
    bool property = kind == "event_property_is" || kind == "event_property_contains";
    if (match || property || kind == "sender_notification_permission") PEYK_CHECK(need(condition, "key"));
    if (match) PEYK_CHECK(need(condition, "pattern"));
    if (property) PEYK_CHECK(need(condition, "value"));
    if (kind == "room_member_count") PEYK_CHECK(need(condition, "is"));
    return {};
}

Result<void> check_conditions(const json::Array& conditions) {
    if (conditions.size() > kMaxConditions) return m::too_large("A push rule has too many conditions");
    for (const auto& condition : conditions) PEYK_CHECK(check_condition(condition));
    return {};
}

Result<json::Object> parse_rule(std::string_view kind, const std::string& id, const json::Object& body) {
    if (id.empty() || id.size() > kMaxRuleId || id.find_first_of("/\\") != std::string::npos)
        return m::invalid_param("A rule id has 1 to 255 bytes and no slashes");
    if (id.starts_with('.')) return m::invalid_param("Rule ids that begin with a dot are the server's");
    // The id of a rule for a room or a sender is theirs; another never matches, and does no harm.
    json::Object rule{{"rule_id", id}, {"default", false}, {"enabled", true}};
    const auto* actions = body.find("actions");
    if (!actions) return m::missing_param("'actions' is missing");
    if (!actions->array()) return m::bad_json("'actions' must be an array");
    PEYK_CHECK(check_actions(*actions->array()));
    rule.set("actions", *actions);
    // Of every kind, also where the kind does not use them.
    const auto* pattern = body.find("pattern");
    if (pattern && !pattern->string()) return m::bad_json("'pattern' must be a string");
    const auto* conditions = body.find("conditions");
    if (conditions && !conditions->array()) return m::bad_json("'conditions' must be an array");
    if (conditions) PEYK_CHECK(check_conditions(*conditions->array()));
    if (kind == "content") {
        if (!pattern) return m::missing_param("'pattern' is missing");
        rule.set("pattern", *pattern);
    }
    if (kind == "override" || kind == "underride") {
        rule.set("conditions", conditions ? *conditions : json::Value(json::Array{}));
    }
    return rule;
}

}  // namespace

const json::Array* PushRuleset::own(std::string_view kind) const {
    const auto* rules = stored_.find(kind);
    return rules ? rules->array() : nullptr;
}

json::Array& PushRuleset::own(std::string_view kind) {
    auto* rules = stored_.find(kind);
    if (!rules || !rules->array()) {
        stored_.set(std::string(kind), json::Array{});
        rules = stored_.find(kind);
    }
    return *rules->array();
}

json::Array PushRuleset::all(std::string_view kind) const {
    auto rules = default_push_rules(kind, user_);
    if (const auto* edits = stored_.find(kDefaults); edits && edits->object()) {
        for (auto& rule : rules) {
            const auto* edit = edits->get(*rule.get_string("rule_id"));
            if (!edit || !edit->object()) continue;
            for (const auto& [key, value] : *edit->object()) rule.object()->set(key, value);
        }
    }
    // The user's own rules stand before the defaults, but behind the master switch.
    auto at = rules.begin();
    if (at != rules.end() && is_rule(*at, kMaster)) ++at;
    if (const auto* mine = own(kind)) rules.insert(at, mine->begin(), mine->end());
    return rules;
}

json::Object PushRuleset::to_json() const {
    json::Object out;
    for (auto kind : kKinds) out.set(std::string(kind), all(kind));
    return out;
}

Result<json::Array> PushRuleset::rules(std::string_view kind) const {
    PEYK_CHECK(check_kind(kind));
    return all(kind);
}

Result<json::Object> PushRuleset::rule(std::string_view kind, std::string_view id) const {
    PEYK_CHECK(check_kind(kind));
    auto rules = all(kind);
    auto found = find_rule(rules, id);
    if (found == rules.end()) return m::not_found("There is no such push rule");
    return *found->object();
}

Result<void> PushRuleset::put(std::string_view kind, const std::string& id, const json::Object& body,
                              const Place& place, std::size_t max_rules) {
    PEYK_CHECK(check_kind(kind));
    PEYK_TRY(auto rule, parse_rule(kind, id, body));
    auto rules = own(kind);
    auto old = find_rule(rules, id);
    bool is_new = old == rules.end();
    std::size_t at = is_new ? 0 : static_cast<std::size_t>(old - rules.begin());
    if (!is_new) {
        rule.set("enabled", old->get_bool("enabled").value_or(true));
        rules.erase(old);
    }
    std::size_t count = 0;
    for (auto each : kKinds) count += own(each).size();
    if (is_new && count >= max_rules) return m::too_large("There are too many push rules");
    // Spec: PUT /pushrules/global/{kind}/{ruleId}: `before` wins when both are given.
    if (place.before || place.after) {
        const auto& neighbour = place.before ? *place.before : *place.after;
        if (neighbour.starts_with('.')) return m::invalid_param("Rules cannot be placed among the server's");
        auto beside = find_rule(rules, neighbour);
        if (beside == rules.end()) return m::not_found("The rule to place this one by does not exist");
        at = static_cast<std::size_t>(beside - rules.begin()) + (place.before ? 0 : 1);
    }
    rules.insert(rules.begin() + static_cast<std::ptrdiff_t>(at), std::move(rule));
    own(kind) = std::move(rules);
    return {};
}

Result<void> PushRuleset::remove(std::string_view kind, std::string_view id) {
    PEYK_CHECK(check_kind(kind));
    if (id.starts_with('.')) {
        PEYK_CHECK(rule(kind, id));
        return m::invalid_param("The server's rules can be disabled, but not deleted");
    }
    auto& rules = own(kind);
    auto found = find_rule(rules, id);
    if (found == rules.end()) return m::not_found("There is no such push rule");
    rules.erase(found);
    return {};
}

// The object that holds the user's say about a rule: the rule itself, or what differs from a default.
Result<json::Object*> PushRuleset::editable(std::string_view kind, std::string_view id) {
    PEYK_CHECK(rule(kind, id));
    if (!id.starts_with('.')) {
        for (auto& rule : own(kind)) {
            if (is_rule(rule, id)) return rule.object();
        }
        return m::not_found("There is no such push rule");
    }
    if (!stored_.find(kDefaults)) stored_.set(std::string(kDefaults), json::Object{});
    auto* edits = stored_.find(kDefaults)->object();
    if (!edits->find(id)) edits->set(std::string(id), json::Object{});
    return edits->find(id)->object();
}

Result<void> PushRuleset::set_enabled(std::string_view kind, std::string_view id, bool enabled) {
    PEYK_TRY(auto* rule, editable(kind, id));
    rule->set("enabled", enabled);
    return {};
}

Result<void> PushRuleset::set_actions(std::string_view kind, std::string_view id, json::Array actions) {
    PEYK_CHECK(check_actions(actions));
    PEYK_TRY(auto* rule, editable(kind, id));
    rule->set("actions", std::move(actions));
    return {};
}

}  // namespace peyk::users
