#pragma once
// Private to the sender: one pusher at work.

#include "push/sender.h"

namespace peyk::push {

// `dirty` and `rooms_changed` under the sender's mutex, the rest the run's own.
struct Sender::Run {
    UserId user;
    UserNumber number;
    std::string key;
    storage::Position position;  // durable: everything up to here was sent
    bool by_mail = false;

    Wakeup wakeup;
    std::set<RoomNumber> dirty;
    bool rooms_changed = true;

    std::map<RoomNumber, RoomKey> rooms;
    std::map<RoomNumber, EventNumber> seen;  // events up to here were looked at
    std::map<RoomNumber, std::uint64_t> unread;
    std::set<std::pair<RoomNumber, EventNumber>> invitations;  // that were looked at
    bool looked = false;                                       // what comes from here on is new, whatever its position
    std::optional<std::uint64_t> told;                         // the number of unread messages that the gateway knows
    std::uint64_t total() const {
        std::uint64_t sum = 0;
        for (const auto& [room, count] : unread) sum += count;
        return sum;
    }
};

// The user has switched it off.
bool is_off(const PusherSource::Pusher& pusher);

struct Sender::Due {
    RoomKey room;
    StoredEventPtr event;
    bool invitation = false;
};

}  // namespace peyk::push
