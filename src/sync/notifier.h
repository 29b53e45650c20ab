#pragma once
// Wakes the long polls that a change concerns. A lost or superfluous wake-up costs a look at the store, never data.

#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "async/feed.h"
#include "async/timers.h"

namespace peyk::sync {

// Purpose:  from a room's or user's number to the waiting requests.  Runs on: any thread.
class Notifier {
public:
    // `background`: where many are woken, so that who wrote need not; none: always there.
    explicit Notifier(Feed& feed, Executor* background = nullptr);

    // While it lives, changes of the user or of one of the rooms notify the wake-up. Move-only.
    class Watch {
    public:
        Watch() = default;
        Watch(Watch&& other) noexcept { *this = std::move(other); }
        Watch& operator=(Watch&& other) noexcept;
        ~Watch() { end(); }

    private:
        friend class Notifier;
        void end();
        Notifier* notifier_ = nullptr;
        std::uint64_t id_ = 0;
        std::uint64_t user_ = 0;
        std::vector<std::uint64_t> rooms_;
    };
    Watch watch(std::uint64_t user, std::vector<std::uint64_t> rooms, Wakeup wakeup);
    std::size_t waiting() const;

private:
    void on_feed(const FeedEntry& entry);

    static constexpr std::size_t kMany = 64;
    Executor* background_;
    mutable std::mutex mutex_;
    std::uint64_t next_ = 1;
    std::unordered_map<std::uint64_t, Wakeup> waiters_;                      // by watch id
    std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> by_user_;  // user number -> watch ids
    std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> by_room_;
};

}  // namespace peyk::sync
