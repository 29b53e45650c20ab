#pragma once
// The newest position of each active room, in memory: lets a sync skip a quiet room without reading.

#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "storage/store.h"

namespace peyk::rooms {

// A commit becomes visible a moment before its thread can say so here. Between begin() and end() the room therefore has
// no known newest position, and readers ask the store.
class Activity {
public:
    // Told of a room before a change of it is queued, in the writer's thread: whoever is told, and then sees a position
    // as visible, has heard of every room that changed up to it. Add before traffic starts; must be short.
    using Watcher = std::function<void(std::uint64_t room)>;
    void watch(Watcher watcher) { watchers_.push_back(std::move(watcher)); }

    // Nothing when the room was not touched since the start, or is being written to.
    std::optional<storage::Position> newest(std::uint64_t room) const {
        std::lock_guard lock(mutex_);
        auto found = rooms_.find(room);
        if (found == rooms_.end() || found->second.writers > 0 || !found->second.known) return std::nullopt;
        return found->second.newest;
    }
    // What a reader found in the store while nobody wrote; ignored if somebody does by now.
    void learn(std::uint64_t room, storage::Position position, std::uint64_t ticket) {
        std::lock_guard lock(mutex_);
        auto& entry = rooms_[room];
        if (entry.writers > 0 || entry.written != ticket) return;
        entry.newest = std::max(entry.newest, position);
        entry.known = true;
    }
    // Taken before the read that learn() reports.
    std::uint64_t ticket(std::uint64_t room) const {
        std::lock_guard lock(mutex_);
        auto found = rooms_.find(room);
        return found == rooms_.end() ? 0 : found->second.written;
    }
    // Around every commit to the room: begin() before it is queued, end() after its verdict (0: it failed).
    void begin(std::uint64_t room) {
        {
            std::lock_guard lock(mutex_);
            auto& entry = rooms_[room];
            ++entry.writers;
            ++entry.written;
        }
        for (const auto& watcher : watchers_) watcher(room);
    }
    // Somebody writes to the room at this moment, or has written behind `position`.
    bool is_newer(std::uint64_t room, storage::Position position) const {
        std::lock_guard lock(mutex_);
        auto found = rooms_.find(room);
        if (found == rooms_.end()) return false;  // not touched since the start
        return found->second.writers > 0 || (found->second.known && found->second.newest > position);
    }
    void end(std::uint64_t room, storage::Position position) {
        std::lock_guard lock(mutex_);
        auto& entry = rooms_[room];
        --entry.writers;
        if (position > 0) {
            entry.newest = std::max(entry.newest, position);
            entry.known = true;
        }
    }

private:
    struct Room {
        storage::Position newest = 0;
        std::uint64_t written = 0;
        std::uint32_t writers = 0;
        bool known = false;
    };
    std::vector<Watcher> watchers_;
    mutable std::mutex mutex_;
    std::unordered_map<std::uint64_t, Room> rooms_;
};

}  // namespace peyk::rooms
