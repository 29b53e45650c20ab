#pragma once
// Push rules as data: the default rules, what the user made of them, and the rules that the user added. Evaluation is
// another module's. Spec: Client-Server API › Push Rules.

#include <optional>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/json.h"

namespace peyk::users {

inline constexpr std::string_view kPushRulesType = "m.push_rules";

// The default rules of one kind with the user's id filled in, in order of priority; `.m.rule.master` is the first
// override rule.
json::Array default_push_rules(std::string_view kind, const UserId& user);
bool is_push_rule_kind(std::string_view kind);  // override, content, room, sender, underride

// Purpose:  a ruleset as a value: decoded from what is stored (only what differs from the defaults, so that new
//           versions of the defaults reach everyone), changed, encoded again.
class PushRuleset {
public:
    PushRuleset(UserId user, json::Object stored) : user_(std::move(user)), stored_(std::move(stored)) {}

    // {"override": […], …} with every rule as clients see it, most important first.
    json::Object to_json() const;
    // Errors of all below: M_INVALID_PARAM (kind), M_NOT_FOUND (rule).
    Result<json::Array> rules(std::string_view kind) const;
    Result<json::Object> rule(std::string_view kind, std::string_view id) const;

    struct Place {
        std::optional<std::string> before = {};  // next more important than this one
        std::optional<std::string> after = {};
    };
    // `body` as in PUT /pushrules/global/{kind}/{id}. Errors: M_INVALID_PARAM, M_MISSING_PARAM, M_BAD_JSON,
    // M_TOO_LARGE (more than `max_rules` of the user).
    Result<void> put(std::string_view kind, const std::string& id, const json::Object& body, const Place& place,
                     std::size_t max_rules);
    Result<void> remove(std::string_view kind, std::string_view id);
    Result<void> set_enabled(std::string_view kind, std::string_view id, bool enabled);
    Result<void> set_actions(std::string_view kind, std::string_view id, json::Array actions);

    const json::Object& stored() const { return stored_; }

private:
    json::Array& own(std::string_view kind);
    const json::Array* own(std::string_view kind) const;
    Result<json::Object*> editable(std::string_view kind, std::string_view id);
    json::Array all(std::string_view kind) const;

    UserId user_;
    json::Object stored_;
};

}  // namespace peyk::users
