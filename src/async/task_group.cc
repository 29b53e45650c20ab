#include "async/task_group.h"

#include "base/logging.h"

namespace peyk {

void TaskGroup::spawn(std::string name, Task<void> task) {
    {
        std::lock_guard lock(mutex_);
        if (stop_.stop_requested()) return;
        ++running_;
    }
    drive(*this, std::move(name), std::move(task));
}

detail::Detached TaskGroup::drive(TaskGroup& group, std::string name, Task<void> task) {
    co_await move_to(group.executor_);
    try {
        co_await std::move(task);
    } catch (const std::exception& error) {
        log::error("async", "task {} ended with an exception: {}", name, error.what());
    }
    {
        auto ending = std::move(task);
    }  // frees the frame before the group may be destroyed
    group.ended();
}

void TaskGroup::ended() {
    std::lock_guard lock(mutex_);
    if (--running_ == 0) idle_.notify_all();
}

void TaskGroup::stop() {
    stop_.request_stop();
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return running_ == 0; });
}

std::size_t TaskGroup::running() const {
    std::lock_guard lock(mutex_);
    return running_;
}

}  // namespace peyk
