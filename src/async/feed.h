#pragma once
// Positions, not payloads: who wakes up reads its own rows. A lost wake-up costs latency, never data.

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace peyk {

// Something became readable: in a room's rows, or in a user's.
struct FeedEntry {
    enum class Kind : std::uint8_t { room, user };
    Kind kind;
    std::uint64_t number;    // the room's or user's number in the store
    std::uint64_t position;  // 0: changed in memory only (typing)
};

// Purpose:  carries entries from those who commit to those who wait.  Runs on: any thread.
// Listeners are added before traffic starts, are called in the publisher's thread, and must be short.
class Feed {
public:
    using Listener = std::function<void(const FeedEntry&)>;
    void listen(Listener listener) { listeners_.push_back(std::move(listener)); }
    void publish(const FeedEntry& entry) const {
        for (const auto& listener : listeners_) listener(entry);
    }

private:
    std::vector<Listener> listeners_;
};

}  // namespace peyk
