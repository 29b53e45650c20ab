#include "rooms/auth/auth.h"

#include "rooms/auth/state_view.h"

namespace peyk::rooms {
namespace {

// Version 12, rule 1.4: every one of `additional_creators` is a user id.
bool creators_are_user_ids(const json::Object& content) {
    const json::Value* others = content.find("additional_creators");
    if (!others) return true;
    const json::Array* list = others->array();
    return list && std::all_of(list->begin(), list->end(), [](const json::Value& entry) {
               return entry.string() && UserId::parse(*entry.string()).has_value();
           });
}

bool names_creators(const json::Object& content, const RoomRules& rules) {
    if (!rules.creator_from_sender) return content.contains("creator");
    return !rules.additional_creators || creators_are_user_ids(content);
}

// Version 12: the id is the event's own hash, which is so by construction for an event that was read as a PDU.
bool may_make_room_id(const Event& event, const RoomRules& rules) {
    if (rules.room_id_is_create_hash) return event.room.view().substr(1) == event.id.view().substr(1);
    return event.room.server() == event.sender.server();
}

// Rule 1.
Verdict check_create(const Event& event, const RoomRules& rules) {
    // 1.1: nothing comes before the beginning.
    if (!event.pdu.value().prev_events.empty()) return reject(Rule::create_prev_events);
    // 1.2: the id is of the sender's server; from version 12 on it is nobody's choice.
    if (!may_make_room_id(event, rules)) return reject(Rule::create_room_id);
    // 1.3: a version that is named must be one that we know.
    if (const json::Value* version = event.content.find("room_version")) {
        if (!version->string() || !find_room_rules(*version->string())) return reject(Rule::create_version);
    }
    // 1.4: up to version 10 a creator, from version 12 on creators that are users.
    if (!names_creators(event.content, rules)) return reject(Rule::create_creator);
    return allow(Rule::create_allowed);
}

// Version 12 rule 2, and what versions before it say in 2.4.
std::optional<Verdict> check_room(const Event& event, const RoomRules& rules, const EventPtr& create) {
    if (!create) return reject(rules.room_id_is_create_hash ? Rule::room_unknown : Rule::auth_without_create);
    if (rules.room_id_is_create_hash && create->id.view().substr(1) != event.room.view().substr(1)) {
        return reject(Rule::room_unknown);
    }
    return std::nullopt;
}

// Rule 3 (version 12: 4): a room can be closed to other servers.
bool is_shut_out(const Event& event, const Event& create) {
    const json::Value* federate = create.content.find("m.federate");
    return federate && federate->boolean() == false && event.sender.server() != create.sender.server();
}

// Versions 1 to 5, rule 4.
Verdict check_aliases(const Event& event) {
    if (!event.state_key) return reject(Rule::aliases_state_key);
    if (*event.state_key != event.sender.server()) return reject(Rule::aliases_server);
    return allow(Rule::aliases_allowed);
}

// Versions 1 and 2, rule 11. Ids name their servers there.
Verdict check_redaction(const Event& event, const StateView& state) {
    if (state.levels().user_level(event.sender.view()) >= state.levels().redact_level())
        return allow(Rule::redaction_level);
    if (event.redacts && event.redacts->server() == event.id.server()) return allow(Rule::redaction_same_server);
    return reject(Rule::redaction_refused);
}

// The rules for types other than create, aliases and member.
Verdict check_others(const Event& event, const StateView& state) {
    if (state.membership(event.sender.view()) != Standing::join) return reject(Rule::sender_outside);
    const PowerLevels& levels = state.levels();
    const Level power = levels.user_level(event.sender.view());
    if (event.is("m.room.third_party_invite")) return {power >= levels.invite_level(), Rule::third_party_invite_level};
    const auto kind = event.is_state() ? PowerLevels::EventKind::state : PowerLevels::EventKind::message;
    if (power < levels.event_level(event.type, kind)) return reject(Rule::event_level);
    // State under a user's id is that user's own.
    if (event.state_key && event.state_key->starts_with('@') && *event.state_key != event.sender.view()) {
        return reject(Rule::state_key_of_another);
    }
    if (event.is("m.room.power_levels")) return check_power_levels(event, state);
    if (state.rules().redaction_in_auth && event.is("m.room.redaction")) return check_redaction(event, state);
    return allow(Rule::otherwise);
}

}  // namespace

Verdict authorise(const Event& event, const RoomRules& rules, const StateLookup& lookup) {
    if (event.is("m.room.create")) return check_create(event, rules);
    const StateView state(rules, lookup);
    if (auto verdict = check_room(event, rules, state.create())) return *verdict;
    if (is_shut_out(event, *state.create())) return reject(Rule::federation);
    if (rules.aliases_auth_rule && event.is("m.room.aliases")) return check_aliases(event);
    if (event.is("m.room.member")) return check_membership(event, state);
    return check_others(event, state);
}

bool may_redact(const Event& redaction, const Event& target, const PowerLevels& levels) {
    return levels.user_level(redaction.sender.view()) >= levels.redact_level() ||
           redaction.sender.server() == target.sender.server();
}

}  // namespace peyk::rooms
