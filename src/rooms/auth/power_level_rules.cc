// The rules for m.room.power_levels: 10 in versions 1 to 5 and 12, 9 between. Comments count as version 12 does.

#include "rooms/auth/state_view.h"

namespace peyk::rooms {
namespace {

constexpr std::array<std::string_view, 7> kScalars{"users_default", "events_default", "state_default", "ban",
                                                   "redact",        "kick",           "invite"};

const json::Object kEmpty;

const json::Object& map_in(const json::Object& content, std::string_view key) {
    const json::Value* value = content.find(key);
    return value && value->object() ? *value->object() : kEmpty;
}

// Absent, or an object of levels.
bool is_level_map(const json::Value* value, LevelForm form) {
    if (!value) return true;
    const json::Object* map = value->object();
    return map && std::all_of(map->begin(), map->end(),
                              [form](const json::Member& entry) { return read_level(entry.value, form).has_value(); });
}

// 10.1 to 10.4: the shape of the new content.
std::optional<Verdict> check_shape(const json::Object& content, const StateView& state) {
    const RoomRules& rules = state.rules();
    if (rules.integer_power_levels()) {
        for (auto key : kScalars) {
            const json::Value* value = content.find(key);
            if (value && !value->is_integer()) return reject(Rule::levels_not_integers);
        }
        for (auto key : {"events", "notifications"}) {
            if (!is_level_map(content.find(key), LevelForm::integer)) return reject(Rule::level_maps_not_integers);
        }
    }
    if (!is_level_map(content.find("users"), rules.level_form)) return reject(Rule::users_malformed);
    const json::Object& users = map_in(content, "users");
    for (const auto& [user, level] : users) {
        if (!UserId::parse(user)) return reject(Rule::users_malformed);
        if (rules.creators_infinite_power && is_creator(*state.create(), user, rules))
            return reject(Rule::users_list_creator);
    }
    return std::nullopt;
}

struct Limits {
    Level power;  // the sender's
    LevelForm form;
};

enum class Breach : unsigned char { none, current, next };

// One level before and after. Null is absent. Levels are compared as numbers: "50" and 50 are no change.
Breach compare(const json::Value* before, const json::Value* after, Limits limits) {
    if (before && after && *before == *after) return Breach::none;
    auto current = before ? read_level(*before, limits.form) : std::nullopt;
    auto next = after ? read_level(*after, limits.form) : std::nullopt;
    // Up to version 9 nothing else keeps out a level that cannot be read; it is not within anybody's power.
    if (after && !next) return Breach::next;
    if (current == next) return Breach::none;
    if (current && *current > limits.power) return Breach::current;
    if (next && *next > limits.power) return Breach::next;
    return Breach::none;
}

// Calls check(key, before, after) for the keys of both; stops at the first breach.
template <class Check>
Breach compare_maps(const json::Object& before, const json::Object& after, Check check) {
    for (const auto& [key, value] : before) {
        if (auto breach = check(key, &value, after.find(key)); breach != Breach::none) return breach;
    }
    for (const auto& [key, value] : after) {
        if (before.contains(key)) continue;
        if (auto breach = check(key, nullptr, &value); breach != Breach::none) return breach;
    }
    return Breach::none;
}

// 10.6
Breach compare_scalars(const json::Object& before, const json::Object& after, Limits limits) {
    for (auto key : kScalars) {
        if (auto breach = compare(before.find(key), after.find(key), limits); breach != Breach::none) return breach;
    }
    return Breach::none;
}

// 10.7, 10.8: `events`, and `notifications` from version 6 on.
Breach compare_entries(const json::Object& before, const json::Object& after, Limits limits, const RoomRules& rules) {
    auto check = [&](std::string_view, const json::Value* was, const json::Value* is) {
        return compare(was, is, limits);
    };
    auto breach = compare_maps(map_in(before, "events"), map_in(after, "events"), check);
    if (breach == Breach::none && rules.notifications_checked) {
        breach = compare_maps(map_in(before, "notifications"), map_in(after, "notifications"), check);
    }
    return breach;
}

// 10.9, 10.10: nobody touches an equal, but everybody may step down.
Breach compare_users(const json::Object& before, const json::Object& after, Limits limits, std::string_view sender) {
    auto check = [&](std::string_view user, const json::Value* was, const json::Value* is) {
        auto current = was ? read_level(*was, limits.form) : std::nullopt;
        auto next = is ? read_level(*is, limits.form) : std::nullopt;
        if (current == next) return Breach::none;
        if (user != sender && current && *current >= limits.power) return Breach::current;
        return next && *next > limits.power ? Breach::next : Breach::none;
    };
    return compare_maps(map_in(before, "users"), map_in(after, "users"), check);
}

}  // namespace

Verdict check_power_levels(const Event& event, const StateView& state) {
    if (auto verdict = check_shape(event.content, state)) return *verdict;
    const EventPtr& current = state.levels().event();
    // 10.5
    if (!current) return allow(Rule::levels_first);
    const Limits limits{state.levels().user_level(event.sender.view()), state.rules().level_form};
    const json::Object& before = current->content;
    switch (compare_scalars(before, event.content, limits)) {
        case Breach::current: return reject(Rule::level_current_too_high);
        case Breach::next: return reject(Rule::level_new_too_high);
        case Breach::none: break;
    }
    switch (compare_entries(before, event.content, limits, state.rules())) {
        case Breach::current: return reject(Rule::entry_current_too_high);
        case Breach::next: return reject(Rule::entry_new_too_high);
        case Breach::none: break;
    }
    switch (compare_users(before, event.content, limits, event.sender.view())) {
        case Breach::current: return reject(Rule::user_current_too_high);
        case Breach::next: return reject(Rule::user_new_too_high);
        case Breach::none: break;
    }
    return allow(Rule::levels_allowed);
}

}  // namespace peyk::rooms
