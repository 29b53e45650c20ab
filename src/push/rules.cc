#include "push/rules.h"

#include <charconv>

#include "core/patterns.h"

namespace peyk::push {
namespace {

using Kind = Condition::Kind;

constexpr std::array<std::string_view, 5> kOrder{"override", "content", "room", "sender", "underride"};
constexpr std::size_t kMaxRules = 2'000;

bool is_literal(std::string_view pattern) { return pattern.find_first_of("*?") == std::string_view::npos; }

Condition matching(std::string_view key, std::string_view pattern) {
    Condition out;
    out.path = split_property_path(key);
    if (pattern == kSomebody) {
        out.kind = key == "state_key" ? Kind::is_about_reader : Kind::never;
        return out;
    }
    out.kind = key == "content.body" ? Kind::match_words : Kind::match;
    out.glob = std::make_shared<const Glob>(pattern);
    return out;
}

// Spec: room_member_count: a decimal with an optional sign of comparison in front.
Condition counting(std::string_view text) {
    Condition out;
    auto digits = text.find_first_of("0123456789");
    if (digits == std::string_view::npos || text.size() - digits > 9) return out;
    out.sign = text.substr(0, digits);
    if (out.sign.empty()) out.sign = "==";
    if (out.sign != "==" && out.sign != "<" && out.sign != ">" && out.sign != "<=" && out.sign != ">=") return out;
    auto [end, error] = std::from_chars(text.data() + digits, text.data() + text.size(), out.count);
    if (error == std::errc() && end == text.data() + text.size()) out.kind = Kind::members;
    return out;
}

Condition comparing(Kind kind, std::string_view key, const json::Value& value) {
    Condition out;
    if (value.is_array() || value.is_object() || value.raw_number()) return out;
    out.path = split_property_path(key);
    if (value.string() && *value.string() == kSomebody) {
        if (kind == Kind::contains && key == R"(content.m\.mentions.user_ids)") out.kind = Kind::mentions_reader;
        return out;
    }
    out.kind = kind;
    out.value = value;
    return out;
}

Condition compile_condition(const json::Value& condition) {
    auto kind = condition.get_string("kind").value_or("");
    auto key = condition.get_string("key");
    auto pattern = condition.get_string("pattern");
    const auto* value = condition.get("value");
    Condition out;
    if (kind == "event_match" && key && pattern) return matching(*key, *pattern);
    if (kind == "event_property_is" && key && value) return comparing(Kind::is, *key, *value);
    if (kind == "event_property_contains" && key && value) return comparing(Kind::contains, *key, *value);
    if (kind == "room_member_count") return counting(condition.get_string("is").value_or(""));
    if (kind == "sender_notification_permission" && key) {
        out.kind = Kind::permission;
        out.key = *key;
    }
    if (kind == "contains_display_name") out.kind = Kind::display_name;
    return out;  // Spec: a condition of unknown kind does not match
}

Actions compile_actions(const json::Value& rule) {
    Actions out;
    const auto* list = rule.get_array("actions");
    if (!list) return out;
    json::Array known;
    for (const auto& action : *list) {
        if (action.string() && *action.string() == "notify") {
            out.notify = true;
        } else if (action.get_string("set_tweak") == "highlight") {
            const auto* value = action.get("value");
            out.highlight = !value || value->boolean().value_or(true);
        } else if (!action.object()) {
            continue;  // dont_notify and coalesce are history
        }
        known.push_back(action);
    }
    out.highlight = out.highlight && out.notify;
    out.json = json::write(json::Value(std::move(known)));
    return out;
}

// A condition that says which room it is, without wildcards.
std::optional<std::string_view> named_room(const json::Value& condition) {
    if (condition.get_string("key") != "room_id") return std::nullopt;
    auto kind = condition.get_string("kind");
    if (kind == "event_property_is") return condition.get_string("value");
    auto pattern = condition.get_string("pattern");
    if (kind == "event_match" && pattern && is_literal(*pattern)) return pattern;
    return std::nullopt;
}

// What can matter in the room.
bool concerns(std::string_view kind, const json::Value& rule, std::string_view room) {
    if (!rule.get_bool("enabled").value_or(true)) return false;
    if (kind == "room") return rule.get_string("rule_id") == room;
    const auto* conditions = rule.get_array("conditions");
    if (!conditions) return true;
    return std::ranges::all_of(*conditions, [&](const json::Value& condition) {
        auto named = named_room(condition);
        return !named || folded(*named) == folded(room);
    });
}

Result<bool> holds(const Condition& condition, EventView& view, const Reader& reader, std::size_t reach) {
    switch (condition.kind) {
        case Kind::match:
        case Kind::match_words: {
            const auto* value = view.at(condition.path);
            if (!value || !value->string()) return false;
            auto text = std::u32string_view(view.folded_text(*value->string())).substr(0, reach);
            return condition.kind == Kind::match ? condition.glob->matches(text) : condition.glob->matches_words(text);
        }
        case Kind::is: {
            const auto* value = view.at(condition.path);
            return value && *value == condition.value;
        }
        case Kind::contains: {
            const auto* value = view.at(condition.path);
            if (!value || !value->array()) return false;
            return std::ranges::find(*value->array(), condition.value) != value->array()->end();
        }
        case Kind::members: {
            std::int64_t count = view.members();
            if (condition.sign == "<") return count < condition.count;
            if (condition.sign == ">") return count > condition.count;
            if (condition.sign == "<=") return count <= condition.count;
            if (condition.sign == ">=") return count >= condition.count;
            return count == condition.count;
        }
        case Kind::permission: return view.may_notify(condition.key);
        case Kind::display_name: return view.is_named(reader.user, reach);
        case Kind::mentions_reader: return reader.mentioned;
        case Kind::is_about_reader: return reader.subject;
        case Kind::never: return false;
    }
    return false;
}

}  // namespace

const json::Value* EventView::at(const std::vector<std::string>& path) {
    if (path.front() == "content" && path.size() > 1) {
        const auto* value = event().content.find(path[1]);
        for (std::size_t i = 2; value && i < path.size(); ++i) value = value->get(path[i]);
        return value;
    }
    if (path.size() != 1) return nullptr;
    if (!top_) {
        top_ = json::Object{{"type", event().type},
                            {"sender", event().sender.str()},
                            {"room_id", room_.id.str()},
                            {"event_id", event().id.str()},
                            {"origin_server_ts", event().origin_server_ts}};
        if (event().state_key) top_->set("state_key", *event().state_key);
        if (event().redacts) top_->set("redacts", event().redacts->str());
    }
    return top_->find(path.front());
}

const std::u32string& EventView::folded_text(const std::string& text) {
    constexpr std::size_t kKept = 8;
    for (const auto& [known, form] : folded_) {
        if (known == &text) return form;
    }
    if (folded_.size() == kKept) folded_.pop_front();
    return folded_.emplace_back(&text, folded(text)).second;
}

Result<bool> EventView::may_notify(const std::string& key) {
    for (const auto& [known, may] : permissions_) {
        if (known == key) return may;
    }
    PEYK_TRY(bool may, source_.may_notify(room_, stored_, key));
    permissions_.emplace_back(key, may);
    return may;
}

Result<std::u32string> EventView::folded_name(std::string_view user) {
    PEYK_TRY(auto member, source_.state(room_, stored_.before, "m.room.member", user));
    const auto* name = member ? member->event->content.find("displayname") : nullptr;
    return name && name->string() ? folded(*name->string()) : std::u32string();
}

Result<bool> EventView::is_named(std::string_view user, std::size_t within) {
    if (named_ && named_->first == user) return named_->second;
    bool found = false;
    const auto* body = at({"content", "body"});
    if (body && body->string()) {
        PEYK_TRY(auto name, folded_name(user));
        auto text = std::u32string_view(folded_text(*body->string())).substr(0, within);
        found = !name.empty() && Glob::literal(name).matches_words(text);
    }
    named_.emplace(user, found);
    return found;
}

std::size_t RuleSet::reach() const {
    constexpr std::size_t kWork = 2'000'000, kLeast = 512;  // characters × patterns; characters
    return std::max(kLeast, kWork / std::max<std::size_t>(1, patterns_));
}

bool RuleSet::names_rooms(const json::Object& rules) {
    for (const auto& [kind, list] : rules) {
        if (!list.array()) continue;
        if (kind == "room" && !list.array()->empty()) return true;
        for (const auto& rule : *list.array()) {
            const auto* conditions = rule.get_array("conditions");
            if (conditions && std::ranges::any_of(*conditions, [](const auto& each) { return !!named_room(each); }))
                return true;
        }
    }
    return false;
}

std::shared_ptr<const RuleSet> RuleSet::compile(const json::Object& rules, std::string_view room,
                                                const std::function<std::uint64_t(std::string_view)>& hash) {
    auto out = std::make_shared<RuleSet>();
    std::string text;
    for (auto kind : kOrder) {
        const auto* list = rules.find(kind);
        if (!list || !list->array()) continue;
        for (const auto& rule : *list->array()) {
            if (out->rules_.size() >= kMaxRules || !concerns(kind, rule, room)) continue;
            Rule made;
            made.actions = compile_actions(rule);
            text += kind;
            if (kind == "content") {
                auto pattern = rule.get_string("pattern").value_or("");
                made.conditions.push_back(matching("content.body", pattern));
                json::write_string(text, pattern);
            } else if (kind == "sender") {
                auto sender = rule.get_string("rule_id").value_or("");
                made.conditions.push_back(comparing(Kind::is, "sender", json::Value(sender)));
                json::write_string(text, sender);
            } else if (const auto* conditions = rule.get_array("conditions")) {
                for (const auto& condition : *conditions) made.conditions.push_back(compile_condition(condition));
                json::write_to(text, json::Value(*conditions));
            }
            // What is shown differs more than what is counted: outcomes are shared by what they say of counting.
            text += made.actions.notify ? made.actions.highlight ? "!" : "+" : "-";
            for (const auto& condition : made.conditions) {
                out->personal_ = out->personal_ || condition.kind == Kind::display_name;
                if (condition.glob) ++out->patterns_;
            }
            out->rules_.push_back(std::move(made));
        }
    }
    out->id_ = hash(text) | 1;
    return out;
}

Result<const Actions*> RuleSet::evaluate(EventView& view, const Reader& reader) const {
    const auto reach = this->reach();
    for (const auto& rule : rules_) {
        bool matches = true;
        for (const auto& condition : rule.conditions) {
            PEYK_TRY(bool good, holds(condition, view, reader, reach));
            if (good) continue;
            matches = false;
            break;
        }
        if (matches) return &rule.actions;
    }
    return nullptr;
}

}  // namespace peyk::push
