#pragma once
// RoomEventFilter. Spec: Client-Server API › Filtering.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "rooms/events/stored_event.h"
#include "rooms/relations/relation_index.h"

namespace peyk::rooms {

// Names of a filter. Looking for one costs the logarithm of their number.
class Names {
public:
    Names() = default;
    explicit Names(std::vector<std::string> names);
    bool has(std::string_view name) const;
    bool empty() const { return sorted_.empty(); }
    const std::vector<std::string>& list() const { return sorted_; }

private:
    std::vector<std::string> sorted_;
};

// Types of a filter, in which '*' stands for any text. Few have one.
class TypePatterns {
public:
    static constexpr std::size_t kMaxWild = 100;

    TypePatterns() = default;
    // Errors: M_BAD_JSON for more than kMaxWild with a star.
    static Result<TypePatterns> make(std::vector<std::string> types);
    bool match(std::string_view type) const;
    bool empty() const { return plain_.empty() && wild_.empty(); }

private:
    Names plain_;
    std::vector<std::string> wild_;
};

struct EventFilter {
    std::size_t limit = 0;
    std::optional<TypePatterns> types;
    std::optional<Names> senders, rooms;
    TypePatterns not_types;
    Names not_senders, not_rooms;
    std::optional<bool> contains_url;
    // MSC3874: the event's own relation. MSC3440: an event of these types and senders relates to it.
    std::optional<Names> rel_types, related_by_rel_types, related_by_senders;
    Names not_rel_types;
    bool lazy_load_members = false;
    bool include_redundant_members = false;
    bool unread_thread_notifications = false;

    // Errors: M_BAD_JSON for members of a wrong type.
    static Result<EventFilter> parse(const json::Value* filter, std::size_t default_limit, std::size_t max_limit);

    // All but related_by_*, which is RelatedFilter's to say.
    bool wants(const Event& event) const;
    bool asks_for_relations() const { return related_by_rel_types || related_by_senders; }
    bool wants_type(std::string_view type, std::string_view sender) const;
    bool wants_room(std::string_view room) const;
    bool takes_everything() const;  // wants() is true for all events
};

// The part of a filter that asks for what relates to an event. Made once for a page.
class RelatedFilter {
public:
    RelatedFilter(const EventFilter& filter, const RelationIndex& index);
    // Whether an event of the wanted types and senders, that `seen` says may be seen, relates to it: true when the
    // filter does not ask. Blocking.
    using Seen = std::function<Result<bool>(const Child&)>;
    Result<bool> wants(RoomNumber room, const EventId& event, const Seen& seen) const;

private:
    bool fits(const Child& child) const;

    const EventFilter& filter_;
    const RelationIndex& index_;
    std::vector<UserNumber> senders_;  // sorted
};

}  // namespace peyk::rooms
