#pragma once
// Makes a local event: writes its canonical JSON, hashes and signs it. The parts are written once each; no tree of the
// whole event is built and nothing is parsed again.

#include <span>

#include "core/event.h"
#include "core/room_rules.h"
#include "core/signing.h"

namespace peyk {

// An event of the oldest versions is referenced by id and hash, later ones by id alone.
struct EventReference {
    EventId id;
    std::string reference_hash_base64 = {};  // only looked at when the room version has pairs; may be empty
};

// For prev_events and auth_events. Computes the hash where the version has it, at the cost of parsing the event.
EventReference reference_to(const Event& event, const RoomRules& rules);

struct EventDraft {
    UserId sender;
    std::optional<RoomId> room = {};  // absent exactly for a create event of a version whose room id is its hash
    std::string type;
    std::optional<std::string> state_key = {};
    json::Object content = {};
    std::optional<EventId> redacts = {};  // put where the room version has it
    std::int64_t origin_server_ts = 0;    // ms since 1970
    std::int64_t depth = 1;
    std::vector<EventReference> prev_events = {};
    std::vector<EventReference> auth_events = {};
    std::optional<EventId> id = {};  // needed where the version lets servers choose ids, ignored elsewhere
};

// Errors: bad_request (M_BAD_JSON: content that the room version refuses, too many references, no room or id where one
// is needed), too_large (M_TOO_LARGE: more than 65,536 bytes, or a type or state key of more than 255). Any thread.
Result<EventPtr> build_event(EventDraft draft, const ServerName& server, const SigningKey& key, const RoomRules& rules);

}  // namespace peyk
