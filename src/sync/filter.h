#pragma once
// The filter of /v3/sync. Spec: Client-Server API › Filtering.

#include "rooms/events/event_fields.h"
#include "rooms/timeline/event_filter.h"

namespace peyk::sync {

using rooms::EventFilter;

struct Filter {
    std::optional<std::vector<std::string>> rooms;
    std::vector<std::string> not_rooms;
    bool include_leave = false;
    EventFilter timeline, state, ephemeral, room_account_data, account_data, presence;
    rooms::EventFields fields = {};  // of room events

    // Null: no filter. Errors: M_BAD_JSON.
    static Result<Filter> parse(const json::Value* definition);
    bool wants_room(std::string_view room) const;
};

}  // namespace peyk::sync
