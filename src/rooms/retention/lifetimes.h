#pragma once
// Which events of a room are past their time.

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>

#include "base/clock.h"
#include "rooms/events/stored_event.h"
#include "rooms/retention/policy.h"
#include "rooms/timeline/number_cache.h"

namespace peyk::rooms {

class RoomStore;
struct RoomInfo;

// Everything of a room that is no state and was sent at or before this time (ms) is past its lifetime.
class Cutoff {
public:
    Cutoff() = default;  // nothing ever is
    explicit Cutoff(std::int64_t time) : time_(time) {}
    // A husk is what is kept of a room's last event, for the next one to refer to: nobody is shown it.
    bool hides(const StoredEvent& event) const {
        return event.husk || (!event.event->is_state() && event.event->origin_server_ts <= time_);
    }

private:
    std::int64_t time_ = std::numeric_limits<std::int64_t>::min();
};

// Purpose:  the lifetime in force in each room, from its current state; cached.
// Owner:    RoomStore.  Runs on: workers (blocks on a miss).
class Lifetimes {
public:
    // `clock` null: nothing is ever past its time.
    Lifetimes(RetentionRules rules, const Clock* clock) : rules_(rules), clock_(clock) {}

    bool enabled() const { return rules_.enabled && clock_; }
    const RetentionRules& rules() const { return rules_; }
    // nullopt: for ever.
    Result<std::optional<Millis>> of(const RoomStore& store, const RoomInfo& room) const;
    Result<Cutoff> cutoff(const RoomStore& store, const RoomInfo& room) const;

    // Around a commit that changes a room's wish: begin() before it is queued, end() after its verdict.
    void begin() const;
    void end(std::uint64_t room) const;
    void forget(std::uint64_t room) const { cache_.drop(0, room); }  // the room is no more
    // Told after end(). Set before traffic starts; must be short.
    using Watcher = std::function<void(std::uint64_t room)>;
    void watch(Watcher watcher) const { watcher_ = std::move(watcher); }

private:
    static constexpr std::int64_t kForEver = -1;
    Result<std::int64_t> load(const RoomStore& store, const RoomInfo& room) const;

    RetentionRules rules_;
    const Clock* clock_;
    mutable Watcher watcher_;
    // As in RelationIndex: a commit is visible before the cache can be told. Wishes change so seldom that one pair of
    // counters serves all rooms.
    mutable std::atomic<std::uint32_t> writers_{0};
    mutable std::atomic<std::uint64_t> written_{0};
    mutable NumberCache<std::optional<std::int64_t>> cache_{100'000};
};

}  // namespace peyk::rooms
