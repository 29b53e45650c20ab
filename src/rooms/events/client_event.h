#pragma once
// Events as clients see them. Spec: Client-Server API › Room event format.

#include <string>

#include "rooms/visibility/visibility.h"

namespace peyk::rooms {

enum class RoomIdMember : std::uint8_t { include, leave_out };
// Whether `unsigned` sums up the events that relate to this one. `thread_event`: all but a thread's summary, so that a
// thread within a thread cannot go round in circles. Spec: Aggregations of child events.
enum class Bundle : std::uint8_t { relations, thread_event, nothing };

// For whom an answer is made.
struct Reader {
    UserId user;
    UserNumber number;
    std::string device;  // digest as in StoredEvent::sender_device
    std::int64_t now;    // ms
};
Reader reader_for(const RoomStore& store, const UserId& user, const DeviceId& device, std::int64_t now_ms);

// In place of a device, in the transaction of an event that was sent later than it was asked for (delayed/): no device
// has this id.
DeviceId delayed_event_device();

// Appends the event as a JSON object. Blocking reads for prev_content, redacted_because and relations.
Result<void> write_client_event(std::string& out, const RoomStore& store, const RoomInfo& room,
                                const StoredEvent& event, const Reader& reader, Visibility& visibility,
                                RoomIdMember room_id, Bundle bundle = Bundle::relations);

// The same for the lists of state in a sync: without relations, which state has none of, and without the reader's
// membership at the time, which serves to explain messages that cannot be decrypted and would cost a walk through an
// old state for each of a hundred thousand members. Spec: unsigned.membership ("MAY omit it").
Result<void> write_state_event(std::string& out, const RoomStore& store, const RoomInfo& room, const StoredEvent& event,
                               const Reader& reader, Visibility& visibility);

// The event as servers exchange it, for clients that ask for that form: hashes, signatures, what it follows and what
// allows it. Beside that its id, which newer room versions do not write down, and the `unsigned` of a state event.
// Reads the row of the event. Spec: Filtering › event_format; Server-Server API › PDUs.
Result<void> write_federation_event(std::string& out, const RoomStore& store, const RoomInfo& room,
                                    const StoredEvent& event, const Reader& reader, Visibility& visibility);

}  // namespace peyk::rooms
