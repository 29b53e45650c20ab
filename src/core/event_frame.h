#pragma once
// The canonical text of an event, taken apart: what its content, its hash and its signature stand between. Written once
// for the three texts that an event is made from, and again for the text of an event whose members are stored singly.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/event.h"
#include "core/room_rules.h"

namespace peyk {

struct EventDraft;

// Who signed, as `signatures` has it, and the signature in base64.
struct EventSignature {
    std::string_view server;
    std::string_view key_id;  // with the algorithm: "ed25519:a"
    std::string_view base64;
};

// Purpose:  all members of one event but content, hashes and signatures, in the order of their keys: that order is what
//           makes the text canonical. Spec: Server-Server API › PDUs.
// Runs on:  any thread. Holds copies of what it was made from.
class EventFrame {
public:
    EventFrame(const EventDraft& draft, const RoomRules& rules);
    // Of an event with a PDU that has no `json` yet. Only for versions whose ids are hashes: the oldest ones refer to
    // events by hashes too, which Event does not have. `has_room_id`: false for a create event that makes the room's
    // id.
    EventFrame(const Event& event, const RoomRules& rules);

    // What the content hash covers.
    std::string hashed_text(std::string_view content) const;
    // What is signed, and gives the event its id. `content`: as a redaction leaves it.
    std::string redacted_text(std::string_view content, std::string_view hash_base64) const;
    // The whole event.
    std::string whole_text(std::string_view content, std::string_view hash_base64,
                           const EventSignature& signature) const;

    struct Parts {
        std::string_view content, hash_base64, signature_base64;
    };
    // The parts of which whole_text() makes exactly `text`, which is the JSON of an event, as views into it. Nothing
    // when there are none: the event has other members, other signatures, or another frame.
    std::optional<Parts> split(std::string_view text, std::string_view server, std::string_view key_id) const;

private:
    struct Members;
    EventFrame(const Members& members, const RoomRules& rules);

    // In the order of the text. Between the first two stands the content.
    std::string auth_events_;  // {"auth_events":[…],"content":
    std::string depth_;        // ,"depth":… and, where ids are chosen, "event_id"
    std::string times_;        // ,"origin_server_ts":…,"prev_events":[…]
    std::string redacts_;      // of a redaction that has it here; not part of the redacted text
    std::string sender_;       // ,"room_id":"…","sender":"…"
    std::string type_;         // ,"state_key":"…","type":"…"}
};

}  // namespace peyk
