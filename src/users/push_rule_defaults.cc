// Spec: Client-Server API › Predefined Rules (version 1.17, without the legacy mention rules). With those of MSC3930
// for polls, which is accepted and not in the specification yet: each under its final name, for the final type of
// event, and under the name that clients know today, for the type that they send today.

#include "base/error.h"
#include "users/push_rules.h"

namespace peyk::users {
namespace {

constexpr std::string_view kUserPlaceholder = "\x01user";

constexpr std::string_view kOverride = R"([
{"rule_id":".m.rule.master","default":true,"enabled":false,"conditions":[],"actions":[]},
{"rule_id":".m.rule.suppress_notices","default":true,"enabled":true,"conditions":[
  {"kind":"event_match","key":"content.msgtype","pattern":"m.notice"}],"actions":[]},
{"rule_id":".m.rule.invite_for_me","default":true,"enabled":true,"conditions":[
  {"kind":"event_match","key":"type","pattern":"m.room.member"},
  {"kind":"event_match","key":"content.membership","pattern":"invite"},
  {"kind":"event_match","key":"state_key","pattern":"\u0001user"}],
 "actions":["notify",{"set_tweak":"sound","value":"default"}]},
{"rule_id":".m.rule.member_event","default":true,"enabled":true,"conditions":[
  {"kind":"event_match","key":"type","pattern":"m.room.member"}],"actions":[]},
{"rule_id":".m.rule.is_user_mention","default":true,"enabled":true,"conditions":[
  {"kind":"event_property_contains","key":"content.m\\.mentions.user_ids","value":"\u0001user"}],
 "actions":["notify",{"set_tweak":"sound","value":"default"},{"set_tweak":"highlight"}]},
{"rule_id":".m.rule.is_room_mention","default":true,"enabled":true,"conditions":[
  {"kind":"event_property_is","key":"content.m\\.mentions.room","value":true},
  {"kind":"sender_notification_permission","key":"room"}],
 "actions":["notify",{"set_tweak":"highlight"}]},
{"rule_id":".m.rule.tombstone","default":true,"enabled":true,"conditions":[
  {"kind":"event_match","key":"type","pattern":"m.room.tombstone"},
  {"kind":"event_match","key":"state_key","pattern":""}],
 "actions":["notify",{"set_tweak":"highlight"}]},
{"rule_id":".m.rule.reaction","default":true,"enabled":true,"conditions":[
  {"kind":"event_match","key":"type","pattern":"m.reaction"}],"actions":[]},
{"rule_id":".m.rule.room.server_acl","default":true,"enabled":true,"conditions":[
  {"kind":"event_match","key":"type","pattern":"m.room.server_acl"},
  {"kind":"event_match","key":"state_key","pattern":""}],"actions":[]},
{"rule_id":".m.rule.poll_response","default":true,"enabled":true,"conditions":[
  {"kind":"event_property_is","key":"type","value":"m.poll.response"}],"actions":[]},
{"rule_id":".org.matrix.msc3930.rule.poll_response","default":true,"enabled":true,"conditions":[
  {"kind":"event_property_is","key":"type","value":"org.matrix.msc3381.poll.response"}],"actions":[]},
{"rule_id":".m.rule.suppress_edits","default":true,"enabled":true,"conditions":[
  {"kind":"event_property_is","key":"content.m\\.relates_to.rel_type","value":"m.replace"}],"actions":[]}
])";

constexpr std::string_view kUnderride = R"([
{"rule_id":".m.rule.call","default":true,"enabled":true,"conditions":[
  {"kind":"event_match","key":"type","pattern":"m.call.invite"}],
 "actions":["notify",{"set_tweak":"sound","value":"ring"}]},
{"rule_id":".m.rule.encrypted_room_one_to_one","default":true,"enabled":true,"conditions":[
  {"kind":"room_member_count","is":"2"},
  {"kind":"event_match","key":"type","pattern":"m.room.encrypted"}],
 "actions":["notify",{"set_tweak":"sound","value":"default"}]},
{"rule_id":".m.rule.room_one_to_one","default":true,"enabled":true,"conditions":[
  {"kind":"room_member_count","is":"2"},
  {"kind":"event_match","key":"type","pattern":"m.room.message"}],
 "actions":["notify",{"set_tweak":"sound","value":"default"}]},
{"rule_id":".m.rule.message","default":true,"enabled":true,"conditions":[
  {"kind":"event_match","key":"type","pattern":"m.room.message"}],"actions":["notify"]},
{"rule_id":".m.rule.encrypted","default":true,"enabled":true,"conditions":[
  {"kind":"event_match","key":"type","pattern":"m.room.encrypted"}],"actions":["notify"]},
{"rule_id":".m.rule.poll_start_one_to_one","default":true,"enabled":true,"conditions":[
  {"kind":"room_member_count","is":"2"},
  {"kind":"event_property_is","key":"type","value":"m.poll.start"}],
 "actions":["notify",{"set_tweak":"sound","value":"default"}]},
{"rule_id":".m.rule.poll_start","default":true,"enabled":true,"conditions":[
  {"kind":"event_property_is","key":"type","value":"m.poll.start"}],"actions":["notify"]},
{"rule_id":".m.rule.poll_end_one_to_one","default":true,"enabled":true,"conditions":[
  {"kind":"room_member_count","is":"2"},
  {"kind":"event_property_is","key":"type","value":"m.poll.end"}],
 "actions":["notify",{"set_tweak":"sound","value":"default"}]},
{"rule_id":".m.rule.poll_end","default":true,"enabled":true,"conditions":[
  {"kind":"event_property_is","key":"type","value":"m.poll.end"}],"actions":["notify"]},
{"rule_id":".org.matrix.msc3930.rule.poll_start_one_to_one","default":true,"enabled":true,"conditions":[
  {"kind":"room_member_count","is":"2"},
  {"kind":"event_property_is","key":"type","value":"org.matrix.msc3381.poll.start"}],
 "actions":["notify",{"set_tweak":"sound","value":"default"}]},
{"rule_id":".org.matrix.msc3930.rule.poll_start","default":true,"enabled":true,"conditions":[
  {"kind":"event_property_is","key":"type","value":"org.matrix.msc3381.poll.start"}],"actions":["notify"]},
{"rule_id":".org.matrix.msc3930.rule.poll_end_one_to_one","default":true,"enabled":true,"conditions":[
  {"kind":"room_member_count","is":"2"},
  {"kind":"event_property_is","key":"type","value":"org.matrix.msc3381.poll.end"}],
 "actions":["notify",{"set_tweak":"sound","value":"default"}]},
{"rule_id":".org.matrix.msc3930.rule.poll_end","default":true,"enabled":true,"conditions":[
  {"kind":"event_property_is","key":"type","value":"org.matrix.msc3381.poll.end"}],"actions":["notify"]}
])";

json::Array parse_rules(std::string_view text) {
    auto rules = json::parse(text);
    if (!rules || !rules->array()) panic("the default push rules do not parse");
    return *std::move(*rules).array();
}

void fill_in(json::Value& rule, const UserId& user) {
    auto* conditions = rule.object()->find("conditions");
    for (auto& condition : *conditions->array()) {
        for (std::string_view key : {"pattern", "value"}) {
            auto* value = condition.object()->find(key);
            if (value && value->string() && *value->string() == kUserPlaceholder) *value = json::Value(user.str());
        }
    }
}

}  // namespace

bool is_push_rule_kind(std::string_view kind) {
    return kind == "override" || kind == "content" || kind == "room" || kind == "sender" || kind == "underride";
}

json::Array default_push_rules(std::string_view kind, const UserId& user) {
    static const json::Array override_rules = parse_rules(kOverride);
    static const json::Array underride_rules = parse_rules(kUnderride);
    json::Array rules;
    if (kind == "override") rules = override_rules;
    if (kind == "underride") rules = underride_rules;
    for (auto& rule : rules) fill_in(rule, user);
    return rules;
}

}  // namespace peyk::users
