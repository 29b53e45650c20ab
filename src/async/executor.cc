#include "async/executor.h"

#include <pthread.h>

#include <algorithm>

namespace peyk {
namespace {
thread_local Executor* t_current = nullptr;
}

Executor* Executor::current() { return t_current; }
void Executor::set_current(Executor* executor) { t_current = executor; }

WorkerPool::WorkerPool(std::string name, std::size_t threads)
    : most_later_(std::max<std::size_t>(1, threads / kTurns)), name_(std::move(name)) {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

void WorkerPool::post_to(std::deque<Job>& queue, Job job) {
    std::lock_guard lock(mutex_);
    if (stopping_ && threads_.empty()) return;
    queue.push_back(std::move(job));
    // Inside the lock: the job may be what its waiter destroys this pool after, and then stop() must wait for us.
    if (idle_ > 0) ready_.notify_one();
}

std::size_t WorkerPool::queued() const {
    std::lock_guard lock(mutex_);
    return jobs_.size() + later_.size();
}

void WorkerPool::stop() {
    std::vector<std::thread> threads;
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
        threads.swap(threads_);
    }
    ready_.notify_all();
    for (auto& thread : threads) thread.join();
}

bool WorkerPool::take_later() {
    if (!may_take_later() || jobs_.empty()) return jobs_.empty();
    turn_ = (turn_ + 1) % kTurns;
    return turn_ == 0;
}

void WorkerPool::run() {
    pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
    std::unique_lock lock(mutex_);
    for (;;) {
        while (jobs_.empty() && !may_take_later()) {
            if (stopping_ && later_.empty()) return;
            ++idle_;
            ready_.wait(lock);
            --idle_;
        }
        bool later = take_later();
        auto& queue = later ? later_ : jobs_;
        auto job = std::move(queue.front());
        queue.pop_front();
        if (later) ++later_running_;
        lock.unlock();
        set_current(later ? static_cast<Executor*>(&background_) : this);
        job();
        job = nullptr;  // destroyed outside of the lock
        lock.lock();
        // This thread takes the next one; when stopping, those that wait for the last one to be taken go too.
        if (later) --later_running_;
        if (stopping_) ready_.notify_all();
    }
}

}  // namespace peyk
