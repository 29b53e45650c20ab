#pragma once
// A room event as parsed from its federation form (PDU). Immutable once made and shared by pointer.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/json.h"

namespace peyk {

struct RoomRules;

// What of an event only servers ask for.
struct Pdu {
    std::int64_t depth = 0;
    std::vector<EventId> prev_events;
    std::vector<EventId> auth_events;
    std::string json;  // all of it, canonical, with signatures, without `unsigned`
    bool operator==(const Pdu&) const = default;
};

struct Event {
    EventId id;
    RoomId room;
    UserId sender;
    std::string type;
    std::optional<std::string> state_key;
    std::int64_t origin_server_ts = 0;
    std::optional<EventId> redacts;  // top level or content, as the room version has it
    json::Object content;
    std::optional<Pdu> pdu = {};  // none: read for clients, which need no more than the above

    bool is_state() const { return state_key.has_value(); }
    bool is(std::string_view wanted_type) const { return type == wanted_type; }
    bool is(std::string_view wanted_type, std::string_view wanted_key) const {
        return type == wanted_type && state_key && *state_key == wanted_key;
    }

    // Reads a PDU's object. The event id is computed (versions 3 and later) or read. Checks what the event format of
    // the version demands: types of the fields, sizes of identifiers, 65,536 bytes of canonical JSON.
    // Spec: Server-Server API › PDUs; Client-Server API › Size limits. Errors: bad_request (M_BAD_JSON), too_large.
    static Result<std::shared_ptr<const Event>> from_pdu(json::Object pdu, const RoomRules& rules);
    // The same from stored text: `json` was checked when it was stored, and the id is known.
    static Result<std::shared_ptr<const Event>> from_stored(EventId id, std::string json, const RoomRules& rules);
};
using EventPtr = std::shared_ptr<const Event>;

// What a redaction points at in the room versions that have it in its content.
std::optional<EventId> target_in_content(const Event& event);

}  // namespace peyk
