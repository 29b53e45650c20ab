#include "rooms/timeline/event_filter.h"

#include <algorithm>

#include "core/errors.h"
#include "core/patterns.h"

namespace peyk::rooms {
namespace {

constexpr std::size_t kMaxList = 1000;

Result<std::optional<std::vector<std::string>>> strings(const json::Value& filter, std::string_view key) {
    const auto* value = filter.get(key);
    if (!value || value->is_null()) return std::nullopt;
    if (!value->array() || value->array()->size() > kMaxList)
        return m::bad_json(fmt::format("'{}' in a filter must be a list of at most {} strings", key, kMaxList));
    std::vector<std::string> out;
    for (const auto& item : *value->array()) {
        if (!item.string()) return m::bad_json(fmt::format("'{}' in a filter must be a list of strings", key));
        out.push_back(*item.string());
    }
    return out;
}

Result<std::optional<bool>> boolean(const json::Value& filter, std::string_view key) {
    const auto* value = filter.get(key);
    if (!value || value->is_null()) return std::nullopt;
    if (!value->boolean()) return m::bad_json(fmt::format("'{}' in a filter must be true or false", key));
    return *value->boolean();
}

bool any(const std::vector<std::string>& patterns, std::string_view text) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const auto& pattern) { return glob_matches(pattern, text, QuestionMark::itself); });
}

bool has(const std::vector<std::string>& list, std::string_view text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

Result<EventFilter> EventFilter::parse(const json::Value* filter, std::size_t default_limit, std::size_t max_limit) {
    EventFilter out;
    out.limit = default_limit;
    if (!filter || filter->is_null()) return out;
    if (!filter->is_object()) return m::bad_json("A filter must be an object");
    if (const auto* limit = filter->get("limit"); limit && !limit->is_null()) {
        if (!limit->integer() || *limit->integer() < 0)
            return m::bad_json("'limit' in a filter must be a whole number");
        out.limit = std::min<std::size_t>(static_cast<std::size_t>(*limit->integer()), max_limit);
    }
    PEYK_TRY(out.types, strings(*filter, "types"));
    PEYK_TRY(out.senders, strings(*filter, "senders"));
    PEYK_TRY(out.rooms, strings(*filter, "rooms"));
    PEYK_TRY(auto not_types, strings(*filter, "not_types"));
    PEYK_TRY(auto not_senders, strings(*filter, "not_senders"));
    PEYK_TRY(auto not_rooms, strings(*filter, "not_rooms"));
    out.not_types = std::move(not_types).value_or(std::vector<std::string>{});
    out.not_senders = std::move(not_senders).value_or(std::vector<std::string>{});
    out.not_rooms = std::move(not_rooms).value_or(std::vector<std::string>{});
    // The names that clients use before and after the proposals settled.
    for (auto prefix : {"", "org.matrix.msc3874."}) {
        PEYK_TRY(auto own, strings(*filter, fmt::format("{}rel_types", prefix)));
        PEYK_TRY(auto refused, strings(*filter, fmt::format("{}not_rel_types", prefix)));
        if (own) out.rel_types = std::move(own);
        if (refused) out.not_rel_types = *std::move(refused);
    }
    PEYK_TRY(out.related_by_rel_types, strings(*filter, "related_by_rel_types"));
    PEYK_TRY(out.related_by_senders, strings(*filter, "related_by_senders"));
    PEYK_TRY(out.contains_url, boolean(*filter, "contains_url"));
    PEYK_TRY(auto lazy, boolean(*filter, "lazy_load_members"));
    PEYK_TRY(auto redundant, boolean(*filter, "include_redundant_members"));
    PEYK_TRY(auto threads, boolean(*filter, "unread_thread_notifications"));
    out.unread_thread_notifications = threads.value_or(false);
    out.lazy_load_members = lazy.value_or(false);
    out.include_redundant_members = redundant.value_or(false);
    return out;
}

bool EventFilter::wants_type(std::string_view type, std::string_view sender) const {
    if (any(not_types, type) || has(not_senders, sender)) return false;
    if (types && !any(*types, type)) return false;
    return !senders || has(*senders, sender);
}

bool EventFilter::wants(const Event& event) const {
    if (!wants_type(event.type, event.sender.view())) return false;
    if (contains_url) {
        const auto* url = event.content.find("url");
        if ((url && url->is_string()) != *contains_url) return false;
    }
    if (rel_types || !not_rel_types.empty()) {
        auto relation = relation_of(event);
        if (relation && has(not_rel_types, relation->type)) return false;
        if (rel_types && (!relation || !has(*rel_types, relation->type))) return false;
    }
    return true;
}

Result<bool> EventFilter::wants_related(const RelationIndex& index, RoomNumber room, const EventId& event) const {
    if (!asks_for_relations()) return true;
    PEYK_TRY(auto children, index.children(room, event));
    for (const auto& child : *children) {
        if (related_by_rel_types && !has(*related_by_rel_types, child.relation_type())) continue;
        if (related_by_senders && std::ranges::none_of(*related_by_senders, [&](const auto& sender) {
                return index.number(sender) == child.sender;
            }))
            continue;
        return true;
    }
    return false;
}

bool EventFilter::wants_room(std::string_view room) const {
    if (has(not_rooms, room)) return false;
    return !rooms || has(*rooms, room);
}

bool EventFilter::takes_everything() const {
    return !types && !senders && not_types.empty() && not_senders.empty() && !contains_url && !rel_types &&
           not_rel_types.empty() && !asks_for_relations();
}

}  // namespace peyk::rooms
