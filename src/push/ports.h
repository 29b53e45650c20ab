#pragma once
// What push/ asks of rooms/ and users/. Implemented in app/. All of it blocks: workers only.

#include <memory>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/json.h"
#include "rooms/events/stored_event.h"

namespace peyk::push {

using rooms::EventNumber;
using rooms::StoredEvent;
using rooms::StoredEventPtr;
using RoomNumber = std::uint64_t;
using UserNumber = std::uint64_t;

struct RoomKey {
    RoomId id;
    RoomNumber number;
};

// How far a user has read.
struct ReadMark {
    std::string thread;  // empty: unthreaded; "main", or a thread root
    EventNumber event;   // everything up to here
};

struct JoinedRoom {
    RoomKey room;
    EventNumber entered;  // the event with which the present stay began, or an earlier one
};

struct Invitation {
    RoomKey room;
    StoredEventPtr event;
};

class RoomSource {
public:
    virtual ~RoomSource() = default;
    // Events with from <= number < to, in order; numbers without an event are left out.
    virtual Result<std::vector<StoredEventPtr>> events(const RoomKey& room, EventNumber from, EventNumber to) const = 0;
    // Null when there is none.
    virtual Result<StoredEventPtr> event(const RoomKey& room, const EventId& id) const = 0;
    virtual Result<StoredEventPtr> state(const RoomKey& room, const rooms::StateRoots& roots, std::string_view type,
                                         std::string_view key) const = 0;
    // Whether the sender's level reaches `notifications.<key>` before the event.
    virtual Result<bool> may_notify(const RoomKey& room, const StoredEvent& event, std::string_view key) const = 0;
    // The number of the last event that is visible at the position; 0 when there is none.
    virtual Result<EventNumber> last(const RoomKey& room, storage::Position at) const = 0;
    virtual Result<std::vector<ReadMark>> read_marks(RoomNumber room, UserNumber user) const = 0;
    // Nothing when the user is not in the room.
    virtual Result<std::optional<JoinedRoom>> joined(UserNumber user, RoomNumber room) const = 0;
    virtual Result<std::vector<JoinedRoom>> joined(UserNumber user) const = 0;
    virtual Result<std::vector<Invitation>> invitations(UserNumber user) const = 0;
    // Appends the client form without `room_id`.
    virtual Result<void> write_event(std::string& out, const RoomKey& room, const StoredEvent& event,
                                     const UserId& reader) const = 0;
};

// Stands for the user's id in rules that are the same for everybody: not a user id, so nobody can write it.
inline constexpr std::string_view kSomebody = "\x01somebody";

struct UserRules {
    std::string json;           // {"override": […], …} as clients see it, but with kSomebody for the user's own id
    bool default_only = false;  // no rules but the server's
    std::vector<UserNumber> ignored;
};

class RuleSource {
public:
    virtual ~RuleSource() = default;
    virtual Result<UserRules> rules(const UserId& user) const = 0;
};

}  // namespace peyk::push
