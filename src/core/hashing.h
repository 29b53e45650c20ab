#pragma once
// Hashes of events and the ids made of them. Spec: Server-Server API › Signing Events.

#include <array>
#include <string>
#include <string_view>

#include "base/error.h"
#include "core/ids.h"
#include "core/json.h"
#include "core/room_rules.h"

namespace peyk {

struct Sha256 {
    std::array<char, 32> bytes{};
    std::string_view view() const { return {bytes.data(), bytes.size()}; }
    bool operator==(const Sha256&) const = default;
};

Sha256 sha256(std::string_view bytes);  // any thread

// Of everything but `unsigned`, `signatures` and `hashes`.
Sha256 content_hash(const json::Object& pdu);
// Whether hashes.sha256 is there and right. If it is not, the sender gave us a redacted copy or a changed one, and
// only the redacted form may be used.
bool content_hash_matches(const json::Object& pdu);
// Of the redacted form without `signatures`.
Sha256 reference_hash(const json::Object& pdu, const RoomRules& rules);

// The id that a reference hash gives in this version. Only for versions whose ids are hashes.
EventId event_id_from_hash(const Sha256& hash, const RoomRules& rules);
// Computes the id, or reads `event_id` in the versions that choose it. Errors: bad_request (M_BAD_JSON).
Result<EventId> event_id_of(const json::Object& pdu, const RoomRules& rules);

// Version 12: the room's id is the id of its create event with another sigil.
RoomId room_id_of_create(const EventId& create);
EventId create_of_room_id(const RoomId& room);

}  // namespace peyk
