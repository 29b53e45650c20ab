#pragma once
// The power levels of a room at one moment. Nothing is copied or parsed ahead: a level is looked up in the event's
// content when asked for, since one decision needs few of the thousands that a large room may have.
// Spec: Client-Server API › m.room.power_levels; Room Versions › 12 (creators), 1 to 9 (levels written otherwise).

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "core/event.h"
#include "core/room_rules.h"

namespace peyk::rooms {

using Level = std::int64_t;
// Above every level that can be written: creators of version 12.
inline constexpr Level kCreatorLevel = std::numeric_limits<Level>::max();

// A level as the version allows it to be written; nothing for any other value.
std::optional<Level> read_level(const json::Value& value, LevelForm form);

// Whether the user created the room: its creator, or any of its creators where there can be more.
bool is_creator(const Event& create, std::string_view user, const RoomRules& rules);

class PowerLevels {
public:
    // Either may be null: without levels the defaults hold, without a create event nobody is a creator.
    PowerLevels(EventPtr levels, EventPtr create, const RoomRules& rules)
        : levels_(std::move(levels)), create_(std::move(create)), rules_(&rules) {}

    Level user_level(std::string_view user) const;
    Level default_level() const;  // of users without an entry who created nothing
    enum class EventKind : unsigned char { message, state };
    Level event_level(std::string_view type, EventKind kind) const;
    Level invite_level() const { return named("invite", 0); }
    Level kick_level() const { return named("kick", 50); }
    Level ban_level() const { return named("ban", 50); }
    Level redact_level() const { return named("redact", 50); }
    Level notification_level(std::string_view name) const;  // "room" for @room

    const EventPtr& event() const { return levels_; }

private:
    const json::Value* find(std::string_view key) const;
    Level named(std::string_view key, Level otherwise) const;
    std::optional<Level> entry(std::string_view map, std::string_view key) const;

    EventPtr levels_;
    EventPtr create_;
    const RoomRules* rules_;
};

}  // namespace peyk::rooms
