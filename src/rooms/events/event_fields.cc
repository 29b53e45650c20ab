#include "rooms/events/event_fields.h"

#include <span>

#include "core/errors.h"
#include "core/patterns.h"

namespace peyk::rooms {
namespace {

constexpr std::size_t kMaxPaths = 100;
constexpr std::string_view kEnvelope[] = {"event_id", "origin_server_ts", "sender", "state_key", "type"};

void take(json::Object& into, const json::Object& from, std::span<const std::string> path) {
    const auto* found = from.find(path.front());
    if (!found) return;
    if (path.size() == 1) {
        into.set(path.front(), *found);
        return;
    }
    if (!found->is_object()) return;
    auto* known = into.find(path.front());
    if (!known) {
        json::Object inner;
        take(inner, *found->object(), path.subspan(1));
        if (!inner.empty()) into.set(path.front(), std::move(inner));
    } else if (known->is_object()) {
        take(*known->object(), *found->object(), path.subspan(1));
    }
}

}  // namespace

Result<EventFields> EventFields::parse(const json::Value* list) {
    EventFields out;
    if (!list || list->is_null()) return out;
    if (!list->array() || list->array()->size() > kMaxPaths)
        return m::bad_json(fmt::format("'event_fields' must be a list of at most {} strings", kMaxPaths));
    for (const auto& item : *list->array()) {
        if (!item.string()) return m::bad_json("'event_fields' must be a list of strings");
        out.paths_.push_back(split_property_path(*item.string()));
    }
    return out;
}

json::Object EventFields::pick(const json::Object& event) const {
    json::Object out;
    for (auto member : kEnvelope) {
        if (const auto* value = event.find(member)) out.set(std::string(member), *value);
    }
    out.set("content", json::Object{});
    for (const auto& path : paths_) take(out, event, path);
    return out;
}

Result<void> EventFields::apply(std::string& out, std::size_t start) const {
    if (all()) return {};
    PEYK_TRY(auto event, json::parse_object(std::string_view(out).substr(start)));
    out.resize(start);
    json::write_to(out, pick(event));
    return {};
}

}  // namespace peyk::rooms
