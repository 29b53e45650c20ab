#pragma once
// A clock that is moved by hand and says whether a deadline was taken from it: a test of pauses waits for that before
// it moves on.

#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "async/timers.h"

namespace peyk {

class CountedClock final : public Clock {
public:
    Millis now() const override { return hands_.now(); }
    Millis monotonic() const override {
        auto at = hands_.monotonic();  // read first: once it was counted, moving the hands changes no deadline
        if (!turning) ++asked_;
        return at;
    }
    // What is due now. The looks at the clock that this takes do not count.
    static void turn(Timers& timers) {
        turning = true;
        timers.run_due();
        turning = false;
    }
    void advance(Millis by) { hands_.advance(by); }
    std::size_t asked() const { return asked_; }

private:
    static inline thread_local bool turning = false;
    ManualClock hands_;
    mutable std::atomic<std::size_t> asked_ = 0;
};

// Attempts of something that is tried again after pauses, each noted with note() on its own thread.
class Attempts {
public:
    explicit Attempts(const CountedClock& clock) : clock_(clock) {}
    void note() {
        std::lock_guard lock(mutex_);
        asked_ = clock_.asked();
        ++count_;
    }
    std::size_t count() const {
        std::lock_guard lock(mutex_);
        return count_;
    }
    // Whether the last one has failed and waits for its time.
    bool pauses() const {
        std::lock_guard lock(mutex_);
        return clock_.asked() > asked_;
    }

private:
    const CountedClock& clock_;
    mutable std::mutex mutex_;
    std::size_t count_ = 0, asked_ = 0;
};

// True when `holds` came true within ten seconds of real time.
inline bool comes_true(const std::function<bool()>& holds) {
    for (int i = 0; i < 2'000; ++i) {
        if (holds()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return holds();
}

// The next attempt comes when `pause` is over, and not a millisecond before.
inline void expect_pause(CountedClock& clock, Timers& timers, const Attempts& attempts, Millis pause) {
    SCOPED_TRACE(testing::Message() << pause.count() << " ms after attempt " << attempts.count());
    auto before = attempts.count();
    ASSERT_TRUE(comes_true([&] { return attempts.pauses(); })) << "it does not wait";
    clock.advance(pause - Millis{1});
    CountedClock::turn(timers);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_EQ(attempts.count(), before) << "too early";
    clock.advance(Millis{1});
    ASSERT_TRUE(comes_true([&] {
        CountedClock::turn(timers);
        return attempts.count() > before;
    })) << "too late";
    ASSERT_EQ(attempts.count(), before + 1);
}

}  // namespace peyk
