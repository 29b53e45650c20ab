#pragma once
// How a request waits on the loop: for a descriptor, an answer, its turn; until a deadline or its end.

#include <coroutine>
#include <memory>
#include <set>

#include "async/run_loop.h"
#include "base/clock.h"
#include "base/error.h"

namespace peyk::http {

// One per request. A wake-up may be about something that is waited for no longer: who wakes up looks again.
// Runs on: the loop's thread only. Shared, so that late answers find an object.
class LoopWait : public std::enable_shared_from_this<LoopWait> {
public:
    void wake() {
        if (auto waiting = std::exchange(waiting_, {})) waiting.resume();
    }
    void cancel() {
        cancelled_ = true;
        wake();
    }
    bool cancelled() const { return cancelled_; }

private:
    friend class LoopDeadlines;
    std::coroutine_handle<> waiting_;
    Millis until_{};
    bool cancelled_ = false;
};

// Purpose:  suspends until somebody wakes the wait, or the time has come; one tick for all.  Runs on: the loop's
// thread.
class LoopDeadlines {
public:
    LoopDeadlines(RunLoop& loop, const Clock& clock) : loop_(loop), clock_(clock) {}

    struct Awaiter {
        LoopDeadlines& deadlines;
        LoopWait& wait;
        Millis until;
        bool await_ready() const { return wait.cancelled_ || deadlines.now() >= until; }
        void await_suspend(std::coroutine_handle<> handle) {
            wait.waiting_ = handle;
            wait.until_ = until;
            deadlines.add(wait);
        }
        // Errors: timeout, cancelled.
        Result<void> await_resume() {
            deadlines.waits_.erase({wait.until_, &wait});
            if (wait.cancelled_) return fail(Errc::cancelled, "the request was given up");
            if (deadlines.now() >= until) return fail(Errc::timeout, "the other side took too long");
            return {};
        }
    };
    Awaiter until(LoopWait& wait, Millis time) { return Awaiter{*this, wait, time}; }
    Millis now() const { return clock_.monotonic(); }
    RunLoop& loop() { return loop_; }

private:
    static constexpr Millis kTick{25};
    void add(LoopWait& wait) {
        waits_.emplace(wait.until_, &wait);
        tick();
    }
    // Only while somebody waits.
    void tick() {
        if (ticking_ || waits_.empty()) return;
        ticking_ = true;
        loop_.call_after(kTick, [this] {
            ticking_ = false;
            while (!waits_.empty() && waits_.begin()->first <= now()) {
                auto wait = waits_.begin()->second->shared_from_this();
                waits_.erase(waits_.begin());
                wait->wake();
            }
            tick();
        });
    }

    RunLoop& loop_;
    const Clock& clock_;
    std::set<std::pair<Millis, LoopWait*>> waits_;
    bool ticking_ = false;
};

}  // namespace peyk::http
