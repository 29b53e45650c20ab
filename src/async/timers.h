#pragma once
// Deadlines for coroutines: one thread, one ordered table, a clock that is injected.

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "async/task.h"
#include "base/clock.h"

namespace peyk {

// Purpose:  calls functions at a time of the monotonic clock.
// Runs on:  its own thread with SystemClock; with a manual clock (Mode::manual) run_due() is called by the test.
// Stops by: stop(): pending functions are dropped unrun.
class Timers {
public:
    enum class Mode : unsigned char { thread, manual };
    using Id = std::uint64_t;

    explicit Timers(const Clock& clock, Mode mode = Mode::thread);
    ~Timers() { stop(); }
    // `job` runs on the timer thread and must be short (post elsewhere).
    Id call_after(Millis delay, Job job);
    void cancel(Id id);  // no effect if it ran
    void run_due();
    void stop();

private:
    void run();

    const Clock& clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::pair<Millis, Id>, Job> jobs_;
    std::map<Id, Millis> due_;
    Id next_ = 1;
    bool stopping_ = false;
    std::thread thread_;
};

// One waiter, several reasons to wake it: notify() from any thread, a deadline, a stop request. The first one counts.
// A notify() before wait() is kept, so register first and look second.
class Wakeup {
public:
    enum class Reason : unsigned char { notified, timeout, stopped };
    Wakeup() : cell_(std::make_shared<Cell>()) {}
    void notify() const { fire(*cell_, Reason::notified); }
    // Resumed on `home`, or with none on the executor it suspended on. May be awaited again afterwards.
    Task<Reason> wait(Timers& timers, Millis timeout, std::stop_token stop = {}, Executor* home = nullptr) const;
    // As a function that can outlive this object.
    std::move_only_function<void()> notifier() const {
        return [cell = cell_] { fire(*cell, Reason::notified); };
    }

private:
    struct Cell {
        std::mutex mutex;
        std::optional<Reason> reason;
        std::coroutine_handle<> waiting;
        Executor* home = nullptr;
    };
    struct Awaiter;
    static void fire(Cell& cell, Reason reason);
    std::shared_ptr<Cell> cell_;
};

// False when stopped before the time was over.
Task<bool> sleep_for(Timers& timers, Millis delay, std::stop_token stop = {});

}  // namespace peyk
