#include "sync/filter.h"

#include <algorithm>

namespace peyk::sync {
namespace {
constexpr std::size_t kTimelineLimit = 10, kMaxTimeline = 100, kUnlimited = 1'000'000;
}

Result<Filter> Filter::parse(const json::Value* definition) {
    const json::Value* room = definition ? definition->get("room") : nullptr;
    auto part = [](const json::Value* of, std::string_view key) { return of ? of->get(key) : nullptr; };
    // Only rooms, not_rooms of the room part itself.
    PEYK_TRY(auto outer, EventFilter::parse(room, kUnlimited, kUnlimited));
    PEYK_TRY(auto timeline, EventFilter::parse(part(room, "timeline"), kTimelineLimit, kMaxTimeline));
    PEYK_TRY(auto state, EventFilter::parse(part(room, "state"), kUnlimited, kUnlimited));
    PEYK_TRY(auto ephemeral, EventFilter::parse(part(room, "ephemeral"), kUnlimited, kUnlimited));
    PEYK_TRY(auto room_data, EventFilter::parse(part(room, "account_data"), kUnlimited, kUnlimited));
    PEYK_TRY(auto data, EventFilter::parse(part(definition, "account_data"), kUnlimited, kUnlimited));
    PEYK_TRY(auto presence, EventFilter::parse(part(definition, "presence"), kUnlimited, kUnlimited));
    Filter out{outer.rooms,          outer.not_rooms,      false,           std::move(timeline), std::move(state),
               std::move(ephemeral), std::move(room_data), std::move(data), std::move(presence)};
    PEYK_TRY(out.fields, rooms::EventFields::parse(part(definition, "event_fields")));
    if (room) out.include_leave = room->get_bool("include_leave").value_or(false);
    return out;
}

bool Filter::wants_room(std::string_view room) const {
    auto has = [&](const auto& list) { return std::find(list.begin(), list.end(), room) != list.end(); };
    return !has(not_rooms) && (!rooms || has(*rooms));
}

}  // namespace peyk::sync
