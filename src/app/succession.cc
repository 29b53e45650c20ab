// What a user had set for a room goes over to the room that takes its place: tags, the mark as a direct chat, push
// rules. Spec: Client-Server API › Room Upgrades.

#include "app/adapters.h"
#include "users/push_rules.h"

namespace peyk::app {
namespace {

// The user's rules for the one room become rules for the other as well.
Result<void> copy_rules(users::PushRuleset& rules, const RoomId& from, const RoomId& to, std::size_t max_rules) {
    for (std::string_view kind : {"override", "room", "underride"}) {
        auto rule = rules.rule(kind, from.view());
        if (!rule || rules.rule(kind, to.view())) continue;
        bool enabled = json::Value(*rule).get_bool("enabled").value_or(true);
        if (auto* conditions = rule->find("conditions"); conditions && conditions->array()) {
            for (auto& condition : *conditions->array()) {
                if (condition.get_string("key") == "room_id" && condition.get_string("pattern") == from.view())
                    condition.object()->set("pattern", to.str());
            }
        }
        PEYK_CHECK(rules.put(kind, to.str(), *rule, {.after = from.str()}, max_rules));
        if (!enabled) PEYK_CHECK(rules.set_enabled(kind, to.view(), false));
    }
    return {};
}

// {user id: [room ids]}: the new room stands wherever the old one does.
void copy_direct(json::Object& content, const RoomId& from, const RoomId& to) {
    json::Object out = content;
    for (const auto& [user, listed] : content) {
        const auto* old = listed.array();
        if (!old || std::ranges::find(*old, json::Value(from.str())) == old->end()) continue;
        auto rooms = *old;
        if (std::ranges::find(rooms, json::Value(to.str())) == rooms.end()) rooms.push_back(to.str());
        out.set(user, std::move(rooms));
    }
    content = std::move(out);
}

}  // namespace

Task<Result<void>> SettingsOfSuccessors::joined_successor(UserId user, RoomId from, RoomId to) {
    auto& data = users_.account_data;
    auto number = users_.accounts.number(user);
    PEYK_CO_TRY(auto old_tags, data.tags(number, from));
    PEYK_CO_TRY(auto new_tags, data.tags(number, to));
    const auto* tags = old_tags.find("tags")->object();
    const auto* have = new_tags.find("tags")->object();
    for (const auto& [tag, content] : tags ? *tags : json::Object{}) {
        if (!content.is_object() || (have && have->contains(tag))) continue;
        PEYK_CO_CHECK(co_await data.put_tag(number, to, tag, *content.object()));
    }
    users::AccountData::Edit direct = [from, to](json::Object& content) -> Result<void> {
        copy_direct(content, from, to);
        return {};
    };
    PEYK_CO_CHECK(co_await data.edit(number, std::nullopt, "m.direct", std::move(direct)));
    users::AccountData::Edit rules = [user, from, to, most = users_.options().max_push_rules](json::Object& stored) {
        users::PushRuleset ruleset(user, stored);
        auto done = copy_rules(ruleset, from, to, most);
        stored = ruleset.stored();
        return done;
    };
    std::string type(users::kPushRulesType);
    co_return co_await data.edit(number, std::nullopt, std::move(type), std::move(rules));
}

}  // namespace peyk::app
