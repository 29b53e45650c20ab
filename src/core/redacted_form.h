#pragma once
// An event as its redaction would leave it. Spec: Room Versions › n › Redactions.

#include "core/event.h"
#include "core/room_rules.h"

namespace peyk {

// With the same id. Errors: of Event::from_stored().
Result<EventPtr> redacted_form(const Event& event, const RoomRules& rules);

}  // namespace peyk
