#include "async/parallel.h"

#include <atomic>
#include <exception>
#include <memory>

namespace peyk {
namespace {

// Outlives the call: a helper that comes late finds it closed.
struct Work {
    Work(std::size_t jobs, const std::function<void(std::size_t)>& of) : count(jobs), job(&of) {}

    void take_part() {
        try {
            for (auto i = next++; i < count; i = next++) (*job)(i);
        } catch (...) {
            next = count;
            std::lock_guard lock(mutex);
            if (!error) error = std::current_exception();
        }
    }
    void help() {
        {
            std::lock_guard lock(mutex);
            if (closed) return;
            ++helping;
        }
        take_part();
        std::lock_guard lock(mutex);
        if (--helping == 0) quiet.notify_all();
    }
    void close() {
        std::unique_lock lock(mutex);
        closed = true;
        quiet.wait(lock, [this] { return helping == 0; });
        if (error) std::rethrow_exception(error);
    }

    const std::size_t count;
    const std::function<void(std::size_t)>* job;
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::condition_variable quiet;
    std::size_t helping = 0;
    bool closed = false;
    std::exception_ptr error;
};

}  // namespace

void run_in_parallel(Executor& pool, std::size_t helpers, std::size_t count,
                     const std::function<void(std::size_t)>& job) {
    auto work = std::make_shared<Work>(count, job);
    for (std::size_t i = 0; i < helpers && i + 1 < count; ++i) pool.post([work] { work->help(); });
    work->take_part();
    work->close();
}

}  // namespace peyk
