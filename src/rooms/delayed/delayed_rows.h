#pragma once
// How delayed events are written to rows.

#include "rooms/delayed/delayed_events.h"

namespace peyk::rooms {

std::string encode_delayed(const DelayedEvent& event);
Result<DelayedEvent> decode_delayed(std::string_view bytes);

}  // namespace peyk::rooms
