#include "async/timers.h"

#include <pthread.h>

namespace peyk {

Timers::Timers(const Clock& clock, Mode mode) : clock_(clock) {
    if (mode == Mode::thread) thread_ = std::thread([this] { run(); });
}

Timers::Id Timers::call_after(Millis delay, Job job) {
    std::lock_guard lock(mutex_);
    auto id = next_++;
    auto when = clock_.monotonic() + delay;
    bool first = jobs_.empty() || when < jobs_.begin()->first.first;
    jobs_.emplace(std::pair{when, id}, std::move(job));
    due_.emplace(id, when);
    if (first) changed_.notify_one();
    return id;
}

void Timers::cancel(Id id) {
    Job dropped;
    std::lock_guard lock(mutex_);
    auto due = due_.find(id);
    if (due == due_.end()) return;
    auto job = jobs_.find({due->second, id});
    dropped = std::move(job->second);
    jobs_.erase(job);
    due_.erase(due);
}

void Timers::run_due() {
    std::unique_lock lock(mutex_);
    while (!stopping_ && !jobs_.empty() && jobs_.begin()->first.first <= clock_.monotonic()) {
        auto job = std::move(jobs_.begin()->second);
        due_.erase(jobs_.begin()->first.second);
        jobs_.erase(jobs_.begin());
        lock.unlock();
        job();
        job = nullptr;
        lock.lock();
    }
}

void Timers::run() {
    pthread_setname_np(pthread_self(), "timers");
    for (;;) {
        run_due();
        std::unique_lock lock(mutex_);
        if (stopping_) return;
        if (jobs_.empty()) {
            changed_.wait(lock);
        } else if (auto wait = jobs_.begin()->first.first - clock_.monotonic(); wait > Millis{0}) {
            changed_.wait_for(lock, wait);
        }
        if (stopping_) return;
    }
}

void Timers::stop() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
    decltype(jobs_) dropped;
    std::lock_guard lock(mutex_);
    dropped.swap(jobs_);
    due_.clear();
}

void Wakeup::fire(Cell& cell, Reason reason) {
    std::unique_lock lock(cell.mutex);
    if (cell.reason) return;
    cell.reason = reason;
    auto waiting = std::exchange(cell.waiting, {});
    auto* home = cell.home;
    lock.unlock();
    if (waiting) resume_on(home, waiting);
}

struct Wakeup::Awaiter {
    Cell& cell;
    Executor* home;
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> handle) {
        std::lock_guard lock(cell.mutex);
        if (cell.reason) return false;
        cell.waiting = handle;
        cell.home = home ? home : Executor::current();
        return true;
    }
    void await_resume() const noexcept {}
};

Task<Wakeup::Reason> Wakeup::wait(Timers& timers, Millis timeout, std::stop_token stop, Executor* home) const {
    auto cell = cell_;
    auto on_time = [cell] { fire(*cell, Reason::timeout); };
    auto timer = timers.call_after(timeout, std::move(on_time));
    auto on_stop = [cell] { fire(*cell, Reason::stopped); };
    {
        std::stop_callback stopped(std::move(stop), std::move(on_stop));
        Awaiter awaiter{*cell, home};
        co_await awaiter;
    }
    timers.cancel(timer);
    std::lock_guard lock(cell->mutex);
    auto reason = *cell->reason;
    cell->reason.reset();
    co_return reason;
}

Task<bool> sleep_for(Timers& timers, Millis delay, std::stop_token stop) {
    Wakeup wakeup;
    co_return co_await wakeup.wait(timers, delay, std::move(stop)) == Wakeup::Reason::timeout;
}

}  // namespace peyk
