#pragma once
// The filter of /v3/sync. Spec: Client-Server API › Filtering.

#include <memory>
#include <mutex>
#include <unordered_map>

#include "rooms/events/event_fields.h"
#include "rooms/timeline/event_filter.h"

namespace peyk::sync {

using rooms::EventFilter;

enum class EventForm : std::uint8_t { client, federation };

struct Filter {
    std::optional<rooms::Names> rooms;
    rooms::Names not_rooms;
    bool include_leave = false;
    EventFilter timeline, state, ephemeral, room_account_data, account_data, presence;
    rooms::EventFields fields = {};  // of room events
    EventForm form = EventForm::client;

    // Null: no filter. Errors: M_BAD_JSON.
    static Result<Filter> parse(const json::Value* definition);
    bool wants_room(std::string_view room) const;
};

// Purpose:  parsed filters, one of each text for all requests: a filter takes 1.2 kB, and most devices have the same
// few. Runs on:  any thread; never blocks for long.
class SharedFilters {
public:
    using Ptr = std::shared_ptr<const Filter>;
    SharedFilters();
    const Ptr& none() const { return none_; }
    // Errors: M_NOT_JSON, M_BAD_JSON.
    Result<Ptr> parse(const std::string& text);

private:
    static constexpr std::size_t kMaxKept = 256, kMaxText = 4096;
    Ptr none_;
    std::mutex mutex_;
    std::unordered_map<std::string, Ptr> kept_;
};

}  // namespace peyk::sync
