#pragma once
// What an event says about its relation to another event. Pure.
// Spec: Client-Server API › Forming relationships between events.

#include <optional>
#include <string>
#include <string_view>

#include "core/event.h"

namespace peyk::rooms {

// The types that the server does something with; stored in rows, so numbers stay.
enum class RelationKind : std::uint8_t { other = 0, thread = 1, replace = 2, reference = 3, annotation = 4 };
RelationKind relation_kind(std::string_view rel_type);
std::string_view relation_text(RelationKind kind);  // empty for `other`

struct Relation {
    RelationKind kind;
    std::string type;  // rel_type as the event has it
    EventId parent;
    std::optional<std::string> key;  // annotations: what they say
};

// Nothing when the event relates to none, or when the relation does not match the schema: those are ignored. Rich
// replies have no rel_type and are no relations in this sense.
std::optional<Relation> relation_of(const Event& event);

}  // namespace peyk::rooms
