#pragma once
// At most so many at once; the others wait in line, in order of arrival.

#include <deque>
#include <mutex>

#include "async/task.h"

namespace peyk {

// Runs on: any executor; a waiter is resumed on the executor it suspended on.
class Turns {
public:
    explicit Turns(std::size_t at_once) : free_(at_once) {}

    // The turn ends with the guard. Move-only; an empty guard holds nothing.
    class Guard {
    public:
        Guard() = default;
        explicit Guard(Turns* turns) : turns_(turns) {}
        Guard(Guard&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
        Guard& operator=(Guard&&) = delete;
        ~Guard() {
            if (turns_) turns_->leave();
        }

    private:
        Turns* turns_ = nullptr;
    };

    struct Awaiter {
        Turns& turns;
        bool await_ready() { return turns.try_enter(); }
        bool await_suspend(std::coroutine_handle<> handle) { return turns.wait(handle); }
        Guard await_resume() { return Guard(&turns); }
    };
    Awaiter enter() { return Awaiter{*this}; }

private:
    struct Waiter {
        std::coroutine_handle<> handle;
        Executor* home;
    };
    bool try_enter() {
        std::lock_guard lock(mutex_);
        if (free_ == 0) return false;
        --free_;
        return true;
    }
    bool wait(std::coroutine_handle<> handle) {
        std::lock_guard lock(mutex_);
        if (free_ > 0) {
            --free_;
            return false;
        }
        waiting_.push_back({handle, Executor::current()});
        return true;
    }
    void leave() {
        std::unique_lock lock(mutex_);
        if (waiting_.empty()) {
            ++free_;
            return;
        }
        const auto next = waiting_.front();  // takes the turn over
        waiting_.pop_front();
        lock.unlock();
        resume_on(next.home, next.handle);
    }

    std::mutex mutex_;
    std::size_t free_;
    std::deque<Waiter> waiting_;
};

}  // namespace peyk
