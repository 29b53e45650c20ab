#include "core/room_rules.h"

namespace peyk {
namespace {

// Each version is the one before it and what it changed.
constexpr std::array<RoomRules, 12> make_room_rules() {
    std::array<RoomRules, 12> all{};
    RoomRules rules;
    std::size_t next = 0;
    auto add = [&](std::string_view version) {
        rules.version = version;
        all[next++] = rules;
    };
    add("1");
    rules.state_resolution = StateResolution::v2;
    add("2");
    rules.event_id_format = EventIdFormat::hash_base64;
    rules.redaction_in_auth = false;
    add("3");
    rules.event_id_format = EventIdFormat::hash_base64url;
    add("4");
    rules.enforce_key_validity = true;
    add("5");
    rules.strict_canonical_json = true;
    rules.level_form = LevelForm::integer_or_string;
    rules.aliases_auth_rule = false;
    rules.redaction_keeps_aliases = false;
    rules.notifications_checked = true;
    add("6");
    rules.knocking = true;
    add("7");
    rules.restricted_joins = true;
    rules.redaction_keeps_allow = true;
    add("8");
    rules.redaction_keeps_authorising_user = true;
    add("9");
    rules.level_form = LevelForm::integer;
    rules.knock_restricted = true;
    add("10");
    rules.redaction_keeps_origin = false;
    rules.redaction_keeps_all_of_create = true;
    rules.redaction_keeps_redacts = true;
    rules.redaction_keeps_invite_level = true;
    rules.redaction_keeps_signed_invite = true;
    rules.redacts_in_content = true;
    rules.creator_from_sender = true;
    add("11");
    rules.room_id_is_create_hash = true;
    rules.create_in_auth_events = false;
    rules.additional_creators = true;
    rules.creators_infinite_power = true;
    rules.state_resolution = StateResolution::v2_1;
    add("12");
    return all;
}

}  // namespace

constinit const std::array<RoomRules, 12> kRoomRules = make_room_rules();

const RoomRules* find_room_rules(std::string_view version) {
    auto at =
        std::find_if(kRoomRules.begin(), kRoomRules.end(), [&](const auto& rules) { return rules.version == version; });
    return at == kRoomRules.end() ? nullptr : &*at;
}

const RoomRules& default_room_rules() { return kRoomRules.back(); }

}  // namespace peyk
