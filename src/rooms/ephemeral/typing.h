#pragma once
// Who is typing: in memory only, never written. Spec: Client-Server API › Typing Notifications.

#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "async/feed.h"
#include "async/timers.h"
#include "core/ids.h"

namespace peyk::rooms {

// Each change of a room's list takes the next number of one counter; a sync remembers the counter it saw.
class Typing {
public:
    Typing(Feed& feed, Timers& timers, const Clock& clock) : feed_(feed), timers_(timers), clock_(clock) {}
    // `timeout` 0 stops. At most two minutes.
    void set(std::uint64_t room, const UserId& user, Millis timeout);
    std::uint64_t counter() const;
    // The list, when it changed after `since`.
    struct List {
        std::uint64_t changed;
        std::vector<UserId> users;
    };
    List list(std::uint64_t room) const;

private:
    struct Room {
        std::uint64_t changed = 0;
        std::map<UserId, Millis> until;
    };
    void expire(std::uint64_t room);

    Feed& feed_;
    Timers& timers_;
    const Clock& clock_;
    mutable std::mutex mutex_;
    std::uint64_t counter_ = 1;
    std::unordered_map<std::uint64_t, Room> rooms_;
};

}  // namespace peyk::rooms
