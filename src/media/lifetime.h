#pragma once
// Files that end by their age. docs/decisions/0605-media-lifetime.md

#include <optional>
#include <stop_token>
#include <unordered_set>

#include "async/task_group.h"
#include "async/timers.h"
#include "media/media.h"

namespace peyk::media {

// Port: which files are in use by something that has no age: pictures of people, rooms and spaces, sets of stickers.
// Implemented over users/ and rooms/.
class MediaInUse {
public:
    virtual ~MediaInUse() = default;
    // Looks again at what may have changed since the last time. May block for long; heeds `stop`.
    virtual Result<void> refresh(std::stop_token stop) = 0;
    virtual bool contains(const MediaId& id) const = 0;
};

// Purpose:  removes uploads that are older than the lifetime and not in use.
// Owner:    Services.  Runs on: the executor.
// Stops by: stop().
// Only the day of an upload is known, so a file ends in the day after its lifetime, never before.
class MediaLifetime {
public:
    struct Parts {
        Media& media;
        MediaInUse& in_use;
        Timers& timers;
        const Clock& clock;
        Executor& workers;
    };
    // `lifetime` 0: for ever; start() does nothing.
    MediaLifetime(Parts parts, Millis lifetime) : parts_(parts), lifetime_(lifetime), tasks_(parts.workers) {}
    ~MediaLifetime() { stop(); }

    void start();
    void stop() { tasks_.stop(); }

    // One look at everything that is due; how many were removed. start() repeats it four times a day.
    Task<Result<std::size_t>> pass();

private:
    Task<void> run();

    Parts parts_;
    Millis lifetime_;
    TaskGroup tasks_;
};

}  // namespace peyk::media
