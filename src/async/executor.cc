#include "async/executor.h"

#include <pthread.h>

namespace peyk {
namespace {
thread_local Executor* t_current = nullptr;
}

Executor* Executor::current() { return t_current; }
void Executor::set_current(Executor* executor) { t_current = executor; }

WorkerPool::WorkerPool(std::string name, std::size_t threads) : name_(std::move(name)) {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

void WorkerPool::post(Job job) {
    std::lock_guard lock(mutex_);
    if (stopping_ && threads_.empty()) return;
    jobs_.push_back(std::move(job));
    // Inside the lock: the job may be what its waiter destroys this pool after, and then stop() must wait for us.
    if (idle_ > 0) ready_.notify_one();
}

std::size_t WorkerPool::queued() const {
    std::lock_guard lock(mutex_);
    return jobs_.size();
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

void WorkerPool::run() {
    set_current(this);
    pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
    std::unique_lock lock(mutex_);
    for (;;) {
        while (jobs_.empty()) {
            if (stopping_) return;
            ++idle_;
            ready_.wait(lock);
            --idle_;
        }
        auto job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        job = nullptr;  // destroyed outside of the lock
        lock.lock();
    }
}

}  // namespace peyk
