#pragma once
// What is left of an event when its sender or a moderator takes it back, and what signatures and event ids cover.
// Spec: Room Versions › n › Redactions.

#include <span>
#include <string>
#include <string_view>

#include "core/json.h"
#include "core/room_rules.h"

namespace peyk {

// The redacted form: keeps `signatures` and `hashes`, drops `unsigned` and everything that the version does not
// protect.
json::Object redact(json::Object pdu, const RoomRules& rules);

// Appends write(redact(pdu, rules)) to `out` without building it, and without the `signatures`: the text that is
// signed, and hashed for the event id.
void write_redacted(std::string& out, const json::Object& pdu, const RoomRules& rules);
// The same for `content` alone.
void write_redacted_content(std::string& out, std::string_view type, const json::Object& content,
                            const RoomRules& rules);

}  // namespace peyk
