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
    void post(Job job) override { post_to(jobs_, std::move(job)); }
    // The same threads for work that comes in thousands at once and that nobody waits for to the millisecond, such as
    // the long polls that one message wakes up: while both kinds wait, every fourth job is one of these, and at most a
    // quarter of the threads is busy with them, so that a job of the other kind finds a thread that has nothing to do.
    Executor& background() { return background_; }
    void stop();
    std::size_t queued() const;

private:
    class Background final : public Executor {
    public:
        explicit Background(WorkerPool& pool) : pool_(pool) {}
        void post(Job job) override { pool_.post_to(pool_.later_, std::move(job)); }

    private:
        WorkerPool& pool_;
    };
    void run();
    void post_to(std::deque<Job>& queue, Job job);
    bool may_take_later() const { return !later_.empty() && later_running_ < most_later_; }
    bool take_later();

    static constexpr unsigned kTurns = 4;
    const std::size_t most_later_;
    std::string name_;
    mutable std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<Job> jobs_, later_;
    unsigned turn_ = 0;
    std::size_t later_running_ = 0;
    std::size_t idle_ = 0;
    bool stopping_ = false;
    Background background_{*this};
    std::vector<std::thread> threads_;
};

}  // namespace peyk
