#pragma once
// Where work runs. A coroutine that suspends remembers the executor it ran on (Executor::current()) and is resumed
// there.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace peyk {

using Job = std::move_only_function<void()>;

class Executor {
public:
    virtual ~Executor() = default;
    virtual void post(Job job) = 0;  // any thread; jobs that must not throw

    // The executor whose thread this is, or null outside of all.
    static Executor* current();

protected:
    static void set_current(Executor* executor);
};

// Purpose:  a fixed number of threads that take jobs in order of arrival. Domain code (handlers, lanes, sync) runs on
//           one of these and may block on the store's reads; run loops of the network never do.
// Owner:    app::Server.  Stops by: stop(), which finishes the queued jobs and joins. Jobs posted later are dropped.
class WorkerPool final : public Executor {
public:
    WorkerPool(std::string name, std::size_t threads);
    ~WorkerPool() override { stop(); }
    void post(Job job) override;
    void stop();
    std::size_t queued() const;

private:
    void run();

    std::string name_;
    mutable std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<Job> jobs_;
    std::size_t idle_ = 0;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace peyk
