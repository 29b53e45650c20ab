#pragma once
// Events as clients see them. Spec: Client-Server API › Room event format.

#include <string>

#include "rooms/visibility/visibility.h"

namespace peyk::rooms {

enum class RoomIdMember : std::uint8_t { include, leave_out };

// For whom an answer is made.
struct Reader {
    UserId user;
    UserNumber number;
    std::string device;  // digest as in StoredEvent::sender_device
    std::int64_t now;    // ms
};
Reader reader_for(const RoomStore& store, const UserId& user, const DeviceId& device, std::int64_t now_ms);

// Appends the event as a JSON object. Blocking reads for prev_content and redacted_because.
Result<void> write_client_event(std::string& out, const RoomStore& store, const RoomInfo& room,
                                const StoredEvent& event, const Reader& reader, Visibility& visibility,
                                RoomIdMember room_id);

}  // namespace peyk::rooms
