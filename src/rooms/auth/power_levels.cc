#include "rooms/auth/power_levels.h"

#include <cmath>
#include <cstdlib>

namespace peyk::rooms {
namespace {

// Levels that do not fit are held below those of creators, so that even a nonsensical one is no creator's.
constexpr Level kMaxLevel = kCreatorLevel - 1;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Spaces around, one sign, decimal digits with any number of leading zeros.
std::optional<Level> read_integer_text(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
    Level level = 0;
    for (char c : text) {
        const Level digit = c - '0';
        level = level > (kMaxLevel - digit) / 10 ? kMaxLevel : level * 10 + digit;
        if (level == kMaxLevel) break;
    }
    return negative ? -level : level;
}

// A number that is no small integer: cut at the decimal point. Too large for a double is refused.
std::optional<Level> read_number_text(const std::string& text) {
    if (text.find_first_of(".eE") == std::string::npos) return read_integer_text(text);
    const double number = std::trunc(std::strtod(text.c_str(), nullptr));
    if (!std::isfinite(number)) return std::nullopt;
    constexpr double kLimit = 9.2e18;  // below 2^63
    return static_cast<Level>(std::clamp(number, -kLimit, kLimit));
}

}  // namespace

std::optional<Level> read_level(const json::Value& value, LevelForm form) {
    if (auto integer = value.integer()) return integer;
    if (form == LevelForm::integer) return std::nullopt;
    if (auto* text = value.string()) return read_integer_text(*text);
    if (form == LevelForm::number_or_string && value.raw_number()) return read_number_text(value.raw_number()->text);
    return std::nullopt;
}

bool is_creator(const Event& create, std::string_view user, const RoomRules& rules) {
    if (!rules.creator_from_sender) {
        const json::Value* creator = create.content.find("creator");
        return creator && creator->string() && *creator->string() == user;
    }
    if (create.sender.view() == user) return true;
    if (!rules.additional_creators) return false;
    const json::Value* others = create.content.find("additional_creators");
    if (!others || !others->array()) return false;
    return std::any_of(others->array()->begin(), others->array()->end(),
                       [user](const json::Value& v) { return v.string() && *v.string() == user; });
}

const json::Value* PowerLevels::find(std::string_view key) const {
    return levels_ ? levels_->content.find(key) : nullptr;
}

Level PowerLevels::named(std::string_view key, Level otherwise) const {
    const json::Value* value = find(key);
    return value ? read_level(*value, rules_->level_form).value_or(otherwise) : otherwise;
}

std::optional<Level> PowerLevels::entry(std::string_view map, std::string_view key) const {
    const json::Value* entries = find(map);
    const json::Value* value = entries ? entries->get(key) : nullptr;
    return value ? read_level(*value, rules_->level_form) : std::nullopt;
}

Level PowerLevels::user_level(std::string_view user) const {
    const bool created =
        create_ && (rules_->creators_infinite_power || !levels_) && is_creator(*create_, user, *rules_);
    if (created) return rules_->creators_infinite_power ? kCreatorLevel : 100;
    if (auto level = entry("users", user)) return *level;
    return named("users_default", 0);
}

Level PowerLevels::default_level() const { return named("users_default", 0); }

Level PowerLevels::event_level(std::string_view type, EventKind kind) const {
    if (auto level = entry("events", type)) return *level;
    return kind == EventKind::state ? named("state_default", 50) : named("events_default", 0);
}

Level PowerLevels::notification_level(std::string_view name) const { return entry("notifications", name).value_or(50); }

}  // namespace peyk::rooms
