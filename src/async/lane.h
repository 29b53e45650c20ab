#pragma once
// Lane: one at a time, in order of arrival. Everything that changes a room passes its lane.

#include <array>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "async/task.h"

namespace peyk {

// Purpose:  a table of lanes by a 64-bit number, made on demand and forgotten when nobody is inside or waiting.
// Runs on:  any executor; a waiter is resumed on the executor it suspended on.
class Lanes {
public:
    // Leaving is the guard's destruction. Move-only; an empty guard holds nothing.
    class Guard {
    public:
        Guard() = default;
        Guard(Lanes* lanes, std::uint64_t key) : lanes_(lanes), key_(key) {}
        Guard(Guard&& other) noexcept : lanes_(std::exchange(other.lanes_, nullptr)), key_(other.key_) {}
        Guard& operator=(Guard&& other) noexcept {
            if (this != &other) {
                leave();
                lanes_ = std::exchange(other.lanes_, nullptr);
                key_ = other.key_;
            }
            return *this;
        }
        ~Guard() { leave(); }
        void leave() {
            if (lanes_) std::exchange(lanes_, nullptr)->leave(key_);
        }

    private:
        Lanes* lanes_ = nullptr;
        std::uint64_t key_ = 0;
    };

    struct Awaiter {
        Lanes& lanes;
        std::uint64_t key;
        bool await_ready() { return lanes.try_enter(key); }
        bool await_suspend(std::coroutine_handle<> handle) { return lanes.wait(key, handle); }
        Guard await_resume() { return Guard(&lanes, key); }
    };
    Awaiter enter(std::uint64_t key) { return Awaiter{*this, key}; }

private:
    struct Waiter {
        std::coroutine_handle<> handle;
        Executor* home;
    };
    struct Part {
        std::mutex mutex;
        std::unordered_map<std::uint64_t, std::deque<Waiter>> busy;  // present: someone is inside
    };
    Part& part(std::uint64_t key) { return parts_[(key * 0x9e3779b97f4a7c15ULL) >> 58]; }
    bool try_enter(std::uint64_t key);
    bool wait(std::uint64_t key, std::coroutine_handle<> handle);
    void leave(std::uint64_t key);

    std::array<Part, 64> parts_;
};

}  // namespace peyk
