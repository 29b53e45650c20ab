#include "sync/filter.h"

#include <algorithm>

#include "users/filters.h"

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
    if (definition && definition->get_string("event_format") == "federation") out.form = EventForm::federation;
    if (room) out.include_leave = room->get_bool("include_leave").value_or(false);
    return out;
}

bool Filter::wants_room(std::string_view room) const { return !not_rooms.has(room) && (!rooms || rooms->has(room)); }

SharedFilters::SharedFilters() : none_(std::make_shared<const Filter>(Filter::parse(nullptr).value())) {}

Result<SharedFilters::Ptr> SharedFilters::parse(const std::string& text) {
    {
        std::lock_guard lock(mutex_);
        if (auto found = kept_.find(text); found != kept_.end()) return found->second;
    }
    PEYK_TRY(auto definition, json::parse_object(text));
    PEYK_CHECK(users::check_filter(definition));
    json::Value value(std::move(definition));
    PEYK_TRY(auto parsed, Filter::parse(&value));
    auto filter = std::make_shared<const Filter>(std::move(parsed));
    if (text.size() > kMaxText) return filter;
    std::lock_guard lock(mutex_);
    // Whoever makes up filters without end gets them parsed, not kept.
    if (kept_.size() >= kMaxKept) std::erase_if(kept_, [](const auto& kept) { return kept.second.use_count() == 1; });
    if (kept_.size() < kMaxKept) kept_.emplace(text, filter);
    return filter;
}

}  // namespace peyk::sync
