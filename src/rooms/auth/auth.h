#pragma once
// Who may do what in a room: the authorisation rules of all room versions as pure functions of an event and a state.
// Spec: Room Versions › n › Authorisation rules; Server-Server API › Auth events selection.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.h"
#include "core/room_rules.h"
#include "rooms/auth/power_levels.h"
#include "rooms/auth/rule.h"

namespace peyk::rooms {

// The state event under (type, state_key), or null. It must never answer with a rejected event. In every version it
// answers ("m.room.create", "") with the room's create event, although version 12 has it in nobody's auth_events.
using StateLookup = std::function<EventPtr(std::string_view type, std::string_view state_key)>;

struct Verdict {
    bool allowed = false;
    Rule rule = Rule::otherwise;  // that decided
    explicit operator bool() const { return allowed; }
    std::string_view reason() const { return rule_reason(rule); }
};

// All rules but those about the event's own auth_events (check_auth_events) and signatures (required_signers): the
// state may be that of the auth events, the state before the event, or the current one.
Verdict authorise(const Event& event, const RoomRules& rules, const StateLookup& state);

// An event that auth_events names, as we hold it.
struct AuthEvent {
    EventPtr event;
    bool rejected = false;
};
// The rules about auth_events themselves. `entries` are the events that are named there; one that cannot be had is the
// caller's to fetch first. A create event has none and is not asked about. Allowed means: go on to authorise().
Verdict check_auth_events(const Event& event, const RoomRules& rules, std::span<const AuthEvent> entries);

struct StateKey {
    std::string type;
    std::string key;
    auto operator<=>(const StateKey&) const = default;
};
// Which state makes an event's auth_events, whether or not the room has it. Empty for a create event.
std::vector<StateKey> auth_types_for_event(std::string_view type, const std::optional<std::string>& state_key,
                                           const UserId& sender, const json::Object& content, const RoomRules& rules);
std::vector<StateKey> auth_types_for_event(const Event& event, const RoomRules& rules);

// The servers whose signatures must be on a received event. The sender's server is exempt for a third-party invite.
// Spec: Server-Server API › Validating hashes and signatures on received events; rule "authorising user".
std::vector<ServerName> required_signers(const Event& event, const RoomRules& rules);

// From version 3 on every redaction event is authorised like any other, and this decides whether it takes effect.
// `levels` are those of the state before the redaction. Spec: Room Versions › 3 › Handling redactions.
bool may_redact(const Event& redaction, const Event& target, const PowerLevels& levels);

}  // namespace peyk::rooms
