#pragma once
// How an event is written to its row, and read again byte for byte. docs/decisions/0205-rows-without-what-is-known.md

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rooms/events/room_info.h"
#include "rooms/events/stored_event.h"

namespace peyk::rooms {

// Header: flags, others, members, joined, invited, next node; for state events also what was before, and `replaces`.
// Numbers only.
std::string encode_header(const StoredEvent& event);
Result<void> decode_header(std::string_view bytes, StoredEvent& into);

// What a reference by number stands for.
struct EventName {
    EventId id;
    std::string state_key;
};
using EventNamePtr = std::shared_ptr<const EventName>;

// Row of kStateNames. Neither redaction nor lifetime ends a name, so that nothing which refers to it is lost with the
// event's own row.
std::string encode_name(const Event& state);
Result<EventNamePtr> decode_name(std::string_view bytes);

// Where reading an event looks up the numbers in its row. Only state events are referred to by number.
class EventNames {
public:
    virtual ~EventNames() = default;
    virtual Result<EventNamePtr> name(EventNumber number) const = 0;  // may block; corrupt when there is no such event
};

// An event of auth_events, and its number in the room.
struct AuthReference {
    EventNumber number = 0;
    EventPtr event;
};

// What the server knows of an event that it has built.
struct EventOrigin {
    std::string_view server;
    std::string_view key_id;
    std::span<const AuthReference> auth_events;  // in the order of the event's
};

struct EncodedBody {
    std::string bytes;
    std::size_t noise = 0;  // of Change::put
    bool refers = false;    // to auth_events by number: their names must be there, or come in the same change
};

// The body of an event's row: what cannot be had from elsewhere, if the event is one that this server has built, and
// comes out of that again exactly as it is, which is checked here; else everything.
EncodedBody encode_body(const StoredEvent& event, const RoomInfo& room, const EventOrigin& origin);
// Everything: id, transaction and JSON. For what must be readable without anything else. Rows of before format 3 have
// this.
std::string encode_whole_body(const StoredEvent& event);

// Without the PDU a state event needs one name at most, and a rest that is a third of the work.
enum class Detail : std::uint8_t { client, pdu };

// Either form. Needs into.number. `detail` is the least that is read. Errors: corrupt.
Result<void> decode_body(std::string_view bytes, const RoomInfo& room, const EventNames& names, Detail detail,
                         StoredEvent& into);

}  // namespace peyk::rooms
