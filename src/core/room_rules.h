#pragma once
// Room versions as data. Code asks `rules.knocking`, never what number the version has.
// Spec: Room Versions › 1 to 12.

#include <array>
#include <string_view>

namespace peyk {

enum class EventIdFormat : unsigned char {
    own,            // chosen by the server: $opaque:server; prev_events and auth_events are [id, hashes] pairs
    hash_base64,    // reference hash in the standard alphabet
    hash_base64url  // reference hash in the URL-safe alphabet
};

enum class StateResolution : unsigned char { v1, v2, v2_1 };

// How power levels may be written.
enum class LevelForm : unsigned char {
    number_or_string,  // integers, floats (cut at the decimal point) and strings of an integer
    integer_or_string,
    integer
};

struct RoomRules {
    std::string_view version;
    EventIdFormat event_id_format = EventIdFormat::own;
    StateResolution state_resolution = StateResolution::v1;

    // Event format.
    bool strict_canonical_json = false;   // no numbers but integers within 53 bits
    bool enforce_key_validity = false;    // a signing key must be valid at the event's time
    bool room_id_is_create_hash = false;  // create has no room_id; '!' and the create event's hash is the room's id
    bool redacts_in_content = false;      // the target of a redaction is in content, not at the top level

    // Redaction: what survives.
    bool redaction_keeps_origin = true;             // top level: origin, membership, prev_state
    bool redaction_keeps_aliases = true;            // m.room.aliases: aliases
    bool redaction_keeps_allow = false;             // m.room.join_rules: allow
    bool redaction_keeps_authorising_user = false;  // m.room.member: join_authorised_via_users_server
    bool redaction_keeps_all_of_create = false;     // m.room.create: everything, else creator
    bool redaction_keeps_redacts = false;           // m.room.redaction: redacts
    bool redaction_keeps_invite_level = false;      // m.room.power_levels: invite
    bool redaction_keeps_signed_invite = false;     // m.room.member: third_party_invite.signed

    // Authorisation.
    bool redaction_in_auth = true;       // who may redact is an authorisation rule, else it is judged afterwards
    bool aliases_auth_rule = true;       // m.room.aliases needs a state_key of the sender's server, and nothing else
    bool notifications_checked = false;  // changes of `notifications` levels need power
    bool knocking = false;               // membership and join rule "knock"
    bool restricted_joins = false;       // join rule "restricted"
    bool knock_restricted = false;       // join rule "knock_restricted"
    LevelForm level_form = LevelForm::number_or_string;
    bool creator_from_sender = false;      // the creator is the sender of the create event, not content.creator
    bool create_in_auth_events = true;     // the create event is one of the selected auth events
    bool additional_creators = false;      // content.additional_creators of the create event counts
    bool creators_infinite_power = false;  // creators stand above every level and outside of power_levels

    constexpr bool integer_power_levels() const { return level_form == LevelForm::integer; }
};

// Versions 1 to 12, in order.
extern const std::array<RoomRules, 12> kRoomRules;

// What new rooms get.
inline constexpr std::string_view kDefaultRoomVersion = "12";

// Null for a version that is not known here. The pointer stays valid for good.
const RoomRules* find_room_rules(std::string_view version);
const RoomRules& default_room_rules();

}  // namespace peyk
