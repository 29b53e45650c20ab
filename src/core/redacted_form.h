#pragma once
// An event as its redaction would leave it. Spec: Room Versions › n › Redactions.

#include "core/event.h"
#include "core/room_rules.h"

namespace peyk {

// With the same id. `event`: with its PDU. Errors: of Event::from_stored().
Result<EventPtr> redacted_form(const Event& event, const RoomRules& rules);
// What a client may see of it, without a PDU.
Result<EventPtr> redacted_for_clients(const Event& event, const RoomRules& rules);

}  // namespace peyk
