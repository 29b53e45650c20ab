#pragma once
// The authorisation rules by name. Their numbers differ between room versions (and the text of version 12 has one
// number twice), so code and tests go by the name, and rule_number() says where a version has it.

#include <string>
#include <string_view>

#include "core/room_rules.h"

namespace peyk::rooms {

enum class Rule : unsigned char {
    // The event is m.room.create.
    create_prev_events,
    create_room_id,
    create_version,
    create_creator,
    create_allowed,
    // Version 12: the room id is that of an accepted create event.
    room_unknown,
    // The event's auth_events.
    auth_duplicate,
    auth_superfluous,
    auth_rejected,
    auth_without_create,
    auth_other_room,
    federation,
    // m.room.aliases, where it has a rule.
    aliases_state_key,
    aliases_server,
    aliases_allowed,
    // m.room.member.
    member_incomplete,
    member_authoriser,
    join_first,
    join_for_another,
    join_banned,
    join_invited,
    join_restricted_inside,
    join_restricted_authoriser,
    join_restricted_allowed,
    join_public,
    join_refused,
    third_party_banned,
    third_party_unsigned,
    third_party_incomplete,
    third_party_other_user,
    third_party_no_event,
    third_party_other_sender,
    third_party_allowed,
    third_party_bad_signature,
    invite_from_outside,
    invite_of_member,
    invite_allowed,
    invite_level,
    leave_self,
    leave_from_outside,
    unban_level,
    kick_allowed,
    kick_refused,
    ban_from_outside,
    ban_allowed,
    ban_refused,
    knock_join_rule,
    knock_for_another,
    knock_allowed,
    knock_refused,
    membership_unknown,
    // Every other type.
    sender_outside,
    third_party_invite_level,
    event_level,
    state_key_of_another,
    // m.room.power_levels.
    levels_not_integers,
    level_maps_not_integers,
    users_malformed,
    users_list_creator,
    levels_first,
    level_current_too_high,
    level_new_too_high,
    entry_current_too_high,
    entry_new_too_high,
    user_current_too_high,
    user_new_too_high,
    levels_allowed,
    // m.room.redaction, where it has a rule.
    redaction_level,
    redaction_same_server,
    redaction_refused,
    otherwise,
};

// As the version's page counts it, for example "5.3.5.2". Empty for a rule that the version does not have.
std::string rule_number(Rule rule, const RoomRules& rules);
// Why, for people: fixed text without anything from the event.
std::string_view rule_reason(Rule rule);

}  // namespace peyk::rooms
