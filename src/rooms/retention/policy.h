#pragma once
// How long the events of a room live: what its members ask for, within what the server's operator allows. Pure.
// MSC1763, as in use: `m.room.retention`, milliseconds.

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "core/json.h"

namespace peyk::rooms {

// What the operator allows. Nothing vanishes unless `enabled`.
struct RetentionRules {
    bool enabled = false;
    Millis default_lifetime{0};  // of events in rooms that say nothing; 0: for ever
    Millis shortest{0};          // what a room may ask for at least
    Millis longest{0};           // and at most; also of rooms that ask for ever. 0: no bound
};

// The state event, under the name that servers and clients use, and under the one that the proposal asks for until it
// is accepted. The first one that is there counts.
inline constexpr std::string_view kRetentionType = "m.room.retention";
inline constexpr std::string_view kUnstableRetentionType = "org.matrix.msc1763.retention";
inline bool is_retention_type(std::string_view type) {
    return type == kRetentionType || type == kUnstableRetentionType;
}

// What a room says of itself. Absent: nothing.
struct RetentionPolicy {
    std::optional<Millis> max_lifetime, min_lifetime;
};

// Errors: M_BAD_JSON: not null and no integer within [0, 2^53 - 1], or the largest is below the least.
Result<RetentionPolicy> parse_retention(const json::Object& content);

// How long an event lives that is no state; nullopt: for ever. `policy` null: the room says nothing.
// NOTSPEC: a room that asks for no max_lifetime keeps its events for ever (or `longest`), where the proposal would take
// the shortest time that is allowed: an empty event is how a room takes its wish back, and must not destroy anything.
// min_lifetime asks that nothing goes earlier, which nothing does.
std::optional<Millis> lifetime_of(const RetentionRules& rules, const RetentionPolicy* policy);

// What clients are told. MSC1763: GET …/retention/configuration.
json::Object retention_configuration(const RetentionRules& rules);

}  // namespace peyk::rooms
