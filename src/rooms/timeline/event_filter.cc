#include "rooms/timeline/event_filter.h"

#include <algorithm>

#include "core/errors.h"
#include "core/patterns.h"

namespace peyk::rooms {
namespace {

constexpr std::size_t kMaxList = 1000;
constexpr std::size_t kMaxLooked = 1000;  // related events that fit, and may not be seen

Result<std::optional<std::vector<std::string>>> strings(const json::Value& filter, std::string_view key) {
    const auto* value = filter.get(key);
    if (!value) return std::nullopt;
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
    if (!value) return std::nullopt;
    if (!value->boolean()) return m::bad_json(fmt::format("'{}' in a filter must be true or false", key));
    return *value->boolean();
}

Result<std::optional<Names>> names(const json::Value& filter, std::string_view key) {
    PEYK_TRY(auto list, strings(filter, key));
    if (!list) return std::nullopt;
    return Names(*std::move(list));
}

Result<std::optional<TypePatterns>> types_of(const json::Value& filter, std::string_view key) {
    PEYK_TRY(auto list, strings(filter, key));
    if (!list) return std::nullopt;
    PEYK_TRY(auto patterns, TypePatterns::make(*std::move(list)));
    return patterns;
}

}  // namespace

Names::Names(std::vector<std::string> names) : sorted_(std::move(names)) {
    std::ranges::sort(sorted_);
    auto twice = std::ranges::unique(sorted_);
    sorted_.erase(twice.begin(), twice.end());
}

bool Names::has(std::string_view name) const { return std::ranges::binary_search(sorted_, name); }

Result<TypePatterns> TypePatterns::make(std::vector<std::string> types) {
    TypePatterns out;
    auto is_plain = [](const std::string& type) { return type.find('*') == std::string::npos; };
    auto wild = std::ranges::partition(types, is_plain);
    if (wild.size() > kMaxWild)
        return m::bad_json(fmt::format("A filter must have at most {} types with a '*'", kMaxWild));
    out.wild_.assign(std::make_move_iterator(wild.begin()), std::make_move_iterator(wild.end()));
    types.erase(wild.begin(), wild.end());
    out.plain_ = Names(std::move(types));
    return out;
}

bool TypePatterns::match(std::string_view type) const {
    return plain_.has(type) ||
           std::ranges::any_of(wild_, [&](const auto& one) { return glob_matches(one, type, QuestionMark::itself); });
}

Result<EventFilter> EventFilter::parse(const json::Value* filter, std::size_t default_limit, std::size_t max_limit) {
    EventFilter out;
    out.limit = default_limit;
    if (!filter) return out;
    if (!filter->is_object()) return m::bad_json("A filter must be an object");
    if (const auto* limit = filter->get("limit"); limit) {
        if (!limit->integer() || *limit->integer() < 0)
            return m::bad_json("'limit' in a filter must be a whole number");
        out.limit = std::min<std::size_t>(static_cast<std::size_t>(*limit->integer()), max_limit);
    }
    PEYK_TRY(out.types, types_of(*filter, "types"));
    PEYK_TRY(out.senders, names(*filter, "senders"));
    PEYK_TRY(out.rooms, names(*filter, "rooms"));
    PEYK_TRY(auto not_types, types_of(*filter, "not_types"));
    PEYK_TRY(auto not_senders, names(*filter, "not_senders"));
    PEYK_TRY(auto not_rooms, names(*filter, "not_rooms"));
    out.not_types = std::move(not_types).value_or(TypePatterns());
    out.not_senders = std::move(not_senders).value_or(Names());
    out.not_rooms = std::move(not_rooms).value_or(Names());
    // The names that clients use before and after the proposals settled.
    for (auto prefix : {"", "org.matrix.msc3874."}) {
        PEYK_TRY(auto own, names(*filter, fmt::format("{}rel_types", prefix)));
        PEYK_TRY(auto refused, names(*filter, fmt::format("{}not_rel_types", prefix)));
        if (own) out.rel_types = std::move(own);
        if (refused) out.not_rel_types = *std::move(refused);
    }
    PEYK_TRY(out.related_by_rel_types, names(*filter, "related_by_rel_types"));
    PEYK_TRY(out.related_by_senders, names(*filter, "related_by_senders"));
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
    if (not_types.match(type) || not_senders.has(sender)) return false;
    if (types && !types->match(type)) return false;
    return !senders || senders->has(sender);
}

bool EventFilter::wants(const Event& event) const {
    if (!wants_type(event.type, event.sender.view())) return false;
    if (contains_url) {
        const auto* url = event.content.find("url");
        if ((url && url->is_string()) != *contains_url) return false;
    }
    if (rel_types || !not_rel_types.empty()) {
        auto relation = relation_of(event);
        if (relation && not_rel_types.has(relation->type)) return false;
        if (rel_types && (!relation || !rel_types->has(relation->type))) return false;
    }
    return true;
}

RelatedFilter::RelatedFilter(const EventFilter& filter, const RelationIndex& index) : filter_(filter), index_(index) {
    if (!filter.related_by_senders) return;
    for (const auto& sender : filter.related_by_senders->list()) senders_.push_back(index.number(sender));
    std::ranges::sort(senders_);
}

bool RelatedFilter::fits(const Child& child) const {
    if (filter_.related_by_rel_types && !filter_.related_by_rel_types->has(child.relation_type())) return false;
    return !filter_.related_by_senders || std::ranges::binary_search(senders_, child.sender);
}

Result<bool> RelatedFilter::wants(RoomNumber room, const EventId& event, const Seen& seen) const {
    if (!filter_.asks_for_relations()) return true;
    PEYK_TRY(auto children, index_.children(room, event));
    std::size_t looked = 0;
    for (const auto& child : *children) {
        if (!fits(child)) continue;
        if (looked++ == kMaxLooked) return false;
        PEYK_TRY(bool may, seen(child));
        if (may) return true;
    }
    return false;
}

bool EventFilter::wants_room(std::string_view room) const {
    if (not_rooms.has(room)) return false;
    return !rooms || rooms->has(room);
}

bool EventFilter::takes_everything() const {
    return !types && !senders && not_types.empty() && not_senders.empty() && !contains_url && !rel_types &&
           not_rel_types.empty() && !asks_for_relations();
}

}  // namespace peyk::rooms
