#pragma once
// An event with its place in the room. How both are written to rows: event_row.h.

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/event.h"
#include "rooms/state/state_tree.h"
#include "storage/db.h"

namespace peyk::rooms {

// The state at a point: one tree for members (place: the user's number, note: Membership) and one for everything else
// (place: a hash of type and state key), so that members can be listed, or left out, without reading their events.
struct StateRoots {
    NodeNumber others = 0;
    NodeNumber members = 0;
    std::uint32_t joined = 0;
    std::uint32_t invited = 0;
    bool operator==(const StateRoots&) const = default;
};

enum class Membership : std::uint8_t { none, join, invite, leave, ban, knock };
Membership membership_of(std::string_view text);  // none for anything unknown
std::string_view membership_text(Membership membership);

struct StoredEvent {
    EventNumber number = 0;
    storage::Position position = 0;
    EventPtr event;  // the redacted form, if redacted
    StateRoots before, after;
    NodeNumber next_node = 1;  // the first number free after this event
    EventNumber replaces = 0;  // state events: the event that held this place before, or 0
    std::optional<EventNumber> redacted_by;
    bool husk = false;  // past its lifetime and without content; kept while it is the last event of its room
    // Which device sent it with which transaction id; only that device is told the id.
    std::string sender_device;  // digest, 8 bytes; empty for none
    std::string transaction_id;

    // The client form without `unsigned` and `room_id`, and without the closing brace; made once, shared by all
    // readers. Spec: Client-Server API › Room event format.
    const std::string& client_prefix() const;

private:
    mutable std::once_flag once_;
    mutable std::string client_prefix_;
};
using StoredEventPtr = std::shared_ptr<const StoredEvent>;

// What stands for a device in StoredEvent::sender_device.
std::string device_digest(const storage::Db& db, const UserId& user, const DeviceId& device);

}  // namespace peyk::rooms
