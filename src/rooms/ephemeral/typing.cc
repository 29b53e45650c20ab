#include "rooms/ephemeral/typing.h"

#include <algorithm>

namespace peyk::rooms {

void Typing::set(std::uint64_t room, const UserId& user, Millis timeout) {
    timeout = std::min(timeout, Millis{120'000});
    {
        std::lock_guard lock(mutex_);
        auto& entry = rooms_[room];
        bool was = entry.until.contains(user);
        if (timeout <= Millis{0}) {
            if (!was) return;
            entry.until.erase(user);
        } else {
            entry.until[user] = clock_.monotonic() + timeout;
        }
        if (was && timeout > Millis{0}) {
            // Only a longer time: nobody needs to hear.
        } else {
            entry.changed = ++counter_;
        }
    }
    if (timeout > Millis{0}) timers_.call_after(timeout + Millis{1}, [this, room] { expire(room); });
    feed_.publish({FeedEntry::Kind::room, room, 0});
}

void Typing::expire(std::uint64_t room) {
    {
        std::lock_guard lock(mutex_);
        auto found = rooms_.find(room);
        if (found == rooms_.end()) return;
        auto now = clock_.monotonic();
        if (std::erase_if(found->second.until, [&](const auto& entry) { return entry.second <= now; }) == 0) return;
        found->second.changed = ++counter_;
    }
    feed_.publish({FeedEntry::Kind::room, room, 0});
}

std::uint64_t Typing::counter() const {
    std::lock_guard lock(mutex_);
    return counter_;
}

Typing::List Typing::list(std::uint64_t room) const {
    std::lock_guard lock(mutex_);
    auto found = rooms_.find(room);
    if (found == rooms_.end()) return {0, {}};
    List out{found->second.changed, {}};
    for (const auto& [user, until] : found->second.until) out.users.push_back(user);
    return out;
}

}  // namespace peyk::rooms
