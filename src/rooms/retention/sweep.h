#pragma once
// Destroys what is past its lifetime. Readers do not see it from the moment on (RoomStore); here keys and rows follow.
// docs/decisions/0908-lifetimes.md

#include <mutex>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "async/task_group.h"
#include "async/timers.h"
#include "rooms/timeline/event_traces.h"
#include "rooms/timeline/rooms.h"

namespace peyk::rooms {

// How far a room is swept. All events below `next` that are no state are destroyed, but for those of `left`: they were
// not past their time when later ones were, because somebody dated them ahead.
struct RetentionCursor {
    struct Left {
        EventNumber number;
        std::int64_t time;  // origin_server_ts
        bool operator==(const Left&) const = default;
    };
    EventNumber next = 1;
    std::vector<Left> left;

    std::string encode() const;
    static Result<RetentionCursor> decode(std::string_view body);
};

// Purpose:  knows when the next event of each room is past its time, and destroys them in batches then.
// Owner:    Services.  Runs on: the executor; a room's lane is held for one batch.
// Stops by: stop().
//
// What is found is proportional to what is destroyed: each room has a cursor, and is looked at when its first event is
// due or something was written to it. At the start all rooms are looked at once.
class RetentionSweep {
public:
    struct Parts {
        storage::Db& db;
        const RoomStore& store;
        Rooms& rooms;
        Activity& activity;
        Timers& timers;
        const Clock& clock;
        Executor& workers;
        EventTraces* traces = nullptr;
    };
    // Before traffic: it has itself told of rooms that are written to. Nothing happens where lifetimes are off.
    explicit RetentionSweep(Parts parts);
    ~RetentionSweep() { stop(); }

    void start();
    void stop() { tasks_.stop(); }

    // One look at everything that is due; how many events were destroyed. start() repeats it.
    Task<Result<std::size_t>> pass();
    std::uint64_t destroyed() const { return destroyed_; }  // since the start
    // When the next event is due; for tests.
    std::optional<Millis> next_due() const;

    // How long after its time an event may wait for others, to be destroyed in one batch.
    static Millis slack(Millis lifetime) { return std::min(lifetime / 360, Millis{60'000}); }

private:
    struct Step;
    Task<void> run();
    Task<Result<void>> survey();
    Task<Result<std::size_t>> sweep_room(RoomNumber room);
    Result<Step> examine(RoomNumber room) const;
    Result<void> take_left(Step& step, const Cutoff& cutoff) const;
    Result<void> take_new(Step& step, const Cutoff& cutoff) const;
    Task<Result<void>> destroy(Step step);
    Task<Result<void>> remember(RoomNumber room, const RetentionCursor& cursor);
    void touch(RoomNumber room);
    void schedule(RoomNumber room, std::optional<Millis> due);
    std::vector<RoomNumber> take_due();
    Task<Result<bool>> clock_is_calm();

    Parts parts_;
    mutable std::mutex mutex_;  // of these three
    std::unordered_map<RoomNumber, Millis> due_;
    std::set<std::pair<Millis, RoomNumber>> in_order_;
    std::unordered_set<RoomNumber> touched_;
    bool surveyed_ = false;
    std::atomic<std::uint64_t> destroyed_ = 0;
    std::optional<Millis> seen_, seen_monotonic_, written_, hold_until_;  // for clock_is_calm()
    TaskGroup tasks_;
};

}  // namespace peyk::rooms
