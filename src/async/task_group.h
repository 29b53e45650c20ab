#pragma once
// Background coroutines start only here, with a name, and are joined here. No orphan work.

#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>

#include "async/task.h"

namespace peyk {

// Purpose:  owns coroutines that nobody awaits.
// Owner:    each long-lived class, as a member.  Runs on: the executor given.
// Stops by: stop(): asks through stop_token(), then blocks until all have ended. Never call it from `executor`'s
// threads.
class TaskGroup {
public:
    explicit TaskGroup(Executor& executor) : executor_(executor) {}
    ~TaskGroup() { stop(); }

    // After stop() the task is dropped unstarted. An exception that escapes the task is logged with its name.
    void spawn(std::string name, Task<void> task);
    std::stop_token stop_token() const { return stop_.get_token(); }
    void request_stop() { stop_.request_stop(); }
    void stop();
    std::size_t running() const;

private:
    static detail::Detached drive(TaskGroup& group, std::string name, Task<void> task);
    void ended();

    Executor& executor_;
    std::stop_source stop_;
    mutable std::mutex mutex_;
    std::condition_variable idle_;
    std::size_t running_ = 0;
};

}  // namespace peyk
