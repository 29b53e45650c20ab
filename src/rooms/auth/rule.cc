#include "rooms/auth/rule.h"

#include <fmt/format.h>

namespace peyk::rooms {
namespace {

// Which number each group has at the top level. Spec: Room Versions › n › Authorisation rules.
struct Numbers {
    int auth_events, federation, aliases, member, joined, third_party, level, state_key, power_levels, redaction,
        otherwise;
};

Numbers numbers_of(const RoomRules& rules) {
    int next = 2;                          // 1 is the create event
    next += rules.room_id_is_create_hash;  // version 12 puts the room id before the auth events
    Numbers n{};
    n.auth_events = next++;
    n.federation = next++;
    n.aliases = rules.aliases_auth_rule ? next++ : 0;
    n.member = next++;
    n.joined = next++;
    n.third_party = next++;
    n.level = next++;
    n.state_key = next++;
    n.power_levels = next++;
    n.redaction = rules.redaction_in_auth ? next++ : 0;
    n.otherwise = next;
    return n;
}

std::string join_number(const std::string& join, Rule rule, const RoomRules& rules) {
    const int restricted = rules.restricted_joins ? 5 : 0;
    const int behind = rules.restricted_joins ? 6 : 5;
    switch (rule) {
        case Rule::join_first: return join + ".1";
        case Rule::join_for_another: return join + ".2";
        case Rule::join_banned: return join + ".3";
        case Rule::join_invited: return join + ".4";
        case Rule::join_restricted_inside: return restricted ? join + ".5.1" : "";
        case Rule::join_restricted_authoriser: return restricted ? join + ".5.2" : "";
        case Rule::join_restricted_allowed: return restricted ? join + ".5.3" : "";
        case Rule::join_public: return fmt::format("{}.{}", join, behind);
        default: return fmt::format("{}.{}", join, behind + 1);
    }
}

int offset(Rule rule, Rule first) { return static_cast<int>(rule) - static_cast<int>(first); }

std::string member_number(int member, Rule rule, const RoomRules& rules) {
    const int join = rules.restricted_joins ? 3 : 2;  // the authoriser's signature comes in between
    auto at = [&](int branch, int step) { return fmt::format("{}.{}.{}", member, join + branch, step); };
    if (rule == Rule::member_incomplete) return fmt::format("{}.1", member);
    if (rule == Rule::member_authoriser) return rules.restricted_joins ? fmt::format("{}.2.1", member) : "";
    if (rule == Rule::membership_unknown) return fmt::format("{}.{}", member, join + (rules.knocking ? 5 : 4));
    if (rule <= Rule::join_refused) return join_number(fmt::format("{}.{}", member, join), rule, rules);
    if (rule <= Rule::third_party_bad_signature) {
        return fmt::format("{}.{}.1.{}", member, join + 1, 1 + offset(rule, Rule::third_party_banned));
    }
    if (rule <= Rule::invite_level) return at(1, 2 + offset(rule, Rule::invite_from_outside));
    if (rule <= Rule::kick_refused) return at(2, 1 + offset(rule, Rule::leave_self));
    if (rule <= Rule::ban_refused) return at(3, 1 + offset(rule, Rule::ban_from_outside));
    return rules.knocking ? at(4, 1 + offset(rule, Rule::knock_join_rule)) : "";
}

std::string levels_number(int levels, Rule rule, const RoomRules& rules) {
    const int checks = rules.integer_power_levels() ? 2 : 0;  // scalars and maps come before `users`
    const int users = checks + 1;
    const int first = users + 1 + rules.creators_infinite_power;  // the creators' rule comes in between
    auto at = [&](int step) { return fmt::format("{}.{}", levels, step); };
    switch (rule) {
        case Rule::levels_not_integers: return checks ? at(1) : "";
        case Rule::level_maps_not_integers: return checks ? at(2) : "";
        case Rule::users_malformed: return at(users);
        case Rule::users_list_creator: return rules.creators_infinite_power ? at(users + 1) : "";
        case Rule::levels_first: return at(first);
        case Rule::level_current_too_high: return at(first + 1) + ".1";
        case Rule::level_new_too_high: return at(first + 1) + ".2";
        case Rule::entry_current_too_high: return at(first + 2) + ".1";
        case Rule::entry_new_too_high: return at(first + 3) + ".1";
        case Rule::user_current_too_high: return at(first + 4) + ".1";
        case Rule::user_new_too_high: return at(first + 5) + ".1";
        // The page of version 12 gives its last two the number 10.10; this is the second.
        default: return at(first + 6);
    }
}

std::string create_number(Rule rule, const RoomRules& rules) {
    const bool has_creator_rule = !rules.creator_from_sender || rules.additional_creators;
    if (rule == Rule::create_creator) return has_creator_rule ? "1.4" : "";
    if (rule == Rule::create_allowed) return has_creator_rule ? "1.5" : "1.4";
    return fmt::format("1.{}", 1 + offset(rule, Rule::create_prev_events));
}

std::string step_if(int number, int step) { return number ? fmt::format("{}.{}", number, step) : std::string(); }

}  // namespace

std::string rule_number(Rule rule, const RoomRules& rules) {
    const Numbers n = numbers_of(rules);
    if (rule <= Rule::create_allowed) return create_number(rule, rules);
    if (rule == Rule::room_unknown) return rules.room_id_is_create_hash ? "2" : "";
    if (rule == Rule::auth_without_create && !rules.create_in_auth_events) return "";
    if (rule <= Rule::auth_other_room) return step_if(n.auth_events, 1 + offset(rule, Rule::auth_duplicate));
    if (rule == Rule::federation) return std::to_string(n.federation);
    if (rule <= Rule::aliases_allowed) return step_if(n.aliases, 1 + offset(rule, Rule::aliases_state_key));
    if (rule <= Rule::membership_unknown) return member_number(n.member, rule, rules);
    if (rule == Rule::sender_outside) return std::to_string(n.joined);
    if (rule == Rule::third_party_invite_level) return step_if(n.third_party, 1);
    if (rule == Rule::event_level) return std::to_string(n.level);
    if (rule == Rule::state_key_of_another) return std::to_string(n.state_key);
    if (rule <= Rule::levels_allowed) return levels_number(n.power_levels, rule, rules);
    if (rule <= Rule::redaction_refused) return step_if(n.redaction, 1 + offset(rule, Rule::redaction_level));
    return std::to_string(n.otherwise);
}

std::string_view rule_reason(Rule rule) {
    switch (rule) {
        case Rule::create_prev_events: return "a create event has no events before it";
        case Rule::create_room_id: return "the create event's room id is not one that its sender can make";
        case Rule::create_version: return "the room version is not known";
        case Rule::create_creator: return "the create event does not name its creators properly";
        case Rule::create_allowed: return "the room begins";
        case Rule::room_unknown: return "the room id is not that of an accepted create event";
        case Rule::auth_duplicate: return "auth_events has two events for the same state";
        case Rule::auth_superfluous: return "auth_events has an event that does not authorise this one";
        case Rule::auth_rejected: return "auth_events has a rejected event";
        case Rule::auth_without_create: return "the room's create event is missing";
        case Rule::auth_other_room: return "auth_events has an event of another room";
        case Rule::federation: return "the room is for users of its own server";
        case Rule::aliases_state_key: return "an aliases event needs a state key";
        case Rule::aliases_server: return "aliases belong to the sender's server";
        case Rule::aliases_allowed: return "aliases of the sender's own server";
        case Rule::member_incomplete: return "a member event needs a state key and a membership";
        case Rule::member_authoriser: return "the authorising user is not a user id";
        case Rule::join_first: return "the creator joins the new room";
        case Rule::join_for_another: return "nobody joins for somebody else";
        case Rule::join_banned: return "the user is banned from the room";
        case Rule::join_invited: return "the user was invited or is in the room";
        case Rule::join_restricted_inside: return "the user was invited or is in the room";
        case Rule::join_restricted_authoriser: return "no member with the power to invite vouches for the join";
        case Rule::join_restricted_allowed: return "a member with the power to invite vouches for the join";
        case Rule::join_public: return "the room is public";
        case Rule::join_refused: return "the user was not invited to the room";
        case Rule::third_party_banned: return "the invited user is banned from the room";
        case Rule::third_party_unsigned: return "the third-party invite has no proof";
        case Rule::third_party_incomplete: return "the third-party invite's proof lacks its user or token";
        case Rule::third_party_other_user: return "the third-party invite's proof is for somebody else";
        case Rule::third_party_no_event: return "there is no third-party invite for the token";
        case Rule::third_party_other_sender: return "the third-party invite was sent by somebody else";
        case Rule::third_party_allowed: return "the third-party invite's proof holds";
        case Rule::third_party_bad_signature: return "the third-party invite's proof does not hold";
        case Rule::invite_from_outside: return "the inviting user is not in the room";
        case Rule::invite_of_member: return "the invited user is in the room already or banned";
        case Rule::invite_allowed: return "the inviting user has the power to invite";
        case Rule::invite_level: return "the sender has not the power to invite";
        case Rule::leave_self: return "only an invite, a knock or a join can be left";
        case Rule::leave_from_outside: return "the sender is not in the room";
        case Rule::unban_level: return "the sender has not the power to lift a ban";
        case Rule::kick_allowed: return "the sender has the power to remove the user";
        case Rule::kick_refused: return "the sender has not the power to remove the user";
        case Rule::ban_from_outside: return "the sender is not in the room";
        case Rule::ban_allowed: return "the sender has the power to ban the user";
        case Rule::ban_refused: return "the sender has not the power to ban the user";
        case Rule::knock_join_rule: return "the room does not take knocks";
        case Rule::knock_for_another: return "nobody knocks for somebody else";
        case Rule::knock_allowed: return "the room takes knocks";
        case Rule::knock_refused: return "the user is banned, invited or in the room already";
        case Rule::membership_unknown: return "the membership is not known";
        case Rule::sender_outside: return "the sender is not in the room";
        case Rule::third_party_invite_level: return "inviting takes the invite level";
        case Rule::event_level: return "the sender has not the power to send events of this type";
        case Rule::state_key_of_another: return "the state key is another user's id";
        case Rule::levels_not_integers: return "a power level is not an integer";
        case Rule::level_maps_not_integers: return "power levels of events or notifications are not integers";
        case Rule::users_malformed: return "the users' power levels are malformed";
        case Rule::users_list_creator: return "creators have no power level";
        case Rule::levels_first: return "the first power levels of the room";
        case Rule::level_current_too_high: return "a level to be changed is above the sender's";
        case Rule::level_new_too_high: return "a new level is above the sender's";
        case Rule::entry_current_too_high: return "an entry to be changed is above the sender's level";
        case Rule::entry_new_too_high: return "a new entry is above the sender's level";
        case Rule::user_current_too_high: return "a user to be changed is not below the sender";
        case Rule::user_new_too_high: return "a user's new level is above the sender's";
        case Rule::levels_allowed: return "the power levels change within the sender's power";
        case Rule::redaction_level: return "the sender has the power to redact";
        case Rule::redaction_same_server: return "the redacted event is of the same server";
        case Rule::redaction_refused: return "the sender has not the power to redact";
        case Rule::otherwise: return "the sender has the power to send it";
    }
    return "";
}

}  // namespace peyk::rooms
