#pragma once
// RoomEventFilter. Spec: Client-Server API › Filtering.

#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "rooms/events/stored_event.h"

namespace peyk::rooms {

struct EventFilter {
    std::size_t limit;
    std::optional<std::vector<std::string>> types, senders, rooms;
    std::vector<std::string> not_types, not_senders, not_rooms;
    std::optional<bool> contains_url;
    bool lazy_load_members = false;
    bool include_redundant_members = false;

    // Errors: M_BAD_JSON for members of a wrong type.
    static Result<EventFilter> parse(const json::Value* filter, std::size_t default_limit, std::size_t max_limit);

    bool wants(const Event& event) const;
    bool wants_type(std::string_view type, std::string_view sender) const;
    bool wants_room(std::string_view room) const;
    bool takes_everything() const;  // wants() is true for all events
};

}  // namespace peyk::rooms
