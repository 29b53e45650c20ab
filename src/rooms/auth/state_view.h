#pragma once
// What the rules ask of a state, in their own words. Internal to rooms/auth.

#include "rooms/auth/auth.h"

namespace peyk::rooms {

// Where somebody stands towards a room, as the rules see it; rooms/events has the stored form, Standing.
enum class Standing : unsigned char { leave, invite, join, knock, ban, unknown };

inline Standing membership_from(std::string_view text) {
    if (text == "join") return Standing::join;
    if (text == "leave") return Standing::leave;
    if (text == "invite") return Standing::invite;
    if (text == "ban") return Standing::ban;
    if (text == "knock") return Standing::knock;
    return Standing::unknown;
}

inline std::string_view string_in(const json::Object& content, std::string_view key) {
    const json::Value* value = content.find(key);
    return value && value->string() ? std::string_view(*value->string()) : std::string_view{};
}

// Lives as long as one decision.
class StateView {
public:
    StateView(const RoomRules& rules, const StateLookup& lookup)
        : rules_(rules),
          lookup_(lookup),
          create_(lookup("m.room.create", "")),
          levels_(lookup("m.room.power_levels", ""), create_, rules) {}

    const EventPtr& create() const { return create_; }
    const PowerLevels& levels() const { return levels_; }
    // Somebody who never was in the room has left it.
    Standing membership(std::string_view user) const {
        auto event = lookup_("m.room.member", user);
        return event ? membership_from(string_in(event->content, "membership")) : Standing::leave;
    }
    // A room without the event takes invited users only.
    std::string join_rule() const {
        auto event = lookup_("m.room.join_rules", "");
        return event ? std::string(string_in(event->content, "join_rule")) : std::string("invite");
    }
    EventPtr third_party_invite(std::string_view token) const { return lookup_("m.room.third_party_invite", token); }
    const RoomRules& rules() const { return rules_; }

private:
    const RoomRules& rules_;
    const StateLookup& lookup_;
    EventPtr create_;
    PowerLevels levels_;
};

inline Verdict allow(Rule rule) { return {true, rule}; }
inline Verdict reject(Rule rule) { return {false, rule}; }

Verdict check_membership(const Event& event, const StateView& state);
Verdict check_power_levels(const Event& event, const StateView& state);

}  // namespace peyk::rooms
