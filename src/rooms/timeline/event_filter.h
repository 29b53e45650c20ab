#pragma once
// RoomEventFilter. Spec: Client-Server API › Filtering.

#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "rooms/events/stored_event.h"
#include "rooms/relations/relation_index.h"

namespace peyk::rooms {

struct EventFilter {
    std::size_t limit = 0;
    std::optional<std::vector<std::string>> types, senders, rooms;
    std::vector<std::string> not_types, not_senders, not_rooms;
    std::optional<bool> contains_url;
    // MSC3874: the event's own relation. MSC3440: an event of these types and senders relates to it.
    std::optional<std::vector<std::string>> rel_types, related_by_rel_types, related_by_senders;
    std::vector<std::string> not_rel_types;
    bool lazy_load_members = false;
    bool include_redundant_members = false;
    bool unread_thread_notifications = false;

    // Errors: M_BAD_JSON for members of a wrong type.
    static Result<EventFilter> parse(const json::Value* filter, std::size_t default_limit, std::size_t max_limit);

    // All but related_by_*, which is wants_related()'s to say.
    bool wants(const Event& event) const;
    bool asks_for_relations() const { return related_by_rel_types || related_by_senders; }
    // Whether an event of the wanted types and senders relates to it: true when the filter does not ask. Blocking.
    Result<bool> wants_related(const RelationIndex& index, RoomNumber room, const EventId& event) const;
    bool wants_type(std::string_view type, std::string_view sender) const;
    bool wants_room(std::string_view room) const;
    bool takes_everything() const;  // wants() is true for all events
};

}  // namespace peyk::rooms
