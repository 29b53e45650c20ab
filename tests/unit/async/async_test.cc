#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <thread>

#include "async/lane.h"
#include "async/one_shot.h"
#include "async/parallel.h"
#include "async/task_group.h"
#include "async/timers.h"
#include "async/turns.h"

namespace peyk {
namespace {

Task<int> number(int value) { co_return value; }

Task<int> sum_deep(int depth) {
    if (depth == 0) co_return 0;
    auto below = co_await sum_deep(depth - 1);
    co_return below + 1;
}

Task<int> sum_many(int count) {
    int total = 0;
    for (int i = 0; i < count; ++i) total += co_await number(1);
    co_return total;
}

TEST(Task, long_chains_and_long_loops_use_no_stack) {
    WorkerPool pool("test", 1);
    EXPECT_EQ(run_blocking(pool, sum_deep(5'000)), 5'000);
    EXPECT_EQ(run_blocking(pool, sum_many(500'000)), 500'000);
}

Task<int> throws() {
    throw std::runtime_error("no");
    co_return 1;
}

TEST(Task, an_exception_reaches_the_awaiter) {
    WorkerPool pool("test", 1);
    EXPECT_THROW(run_blocking(pool, throws()), std::runtime_error);
}

Task<bool> comes_back(WorkerPool& home, WorkerPool& other) {
    auto job = [&other] { return Executor::current() == &other; };
    bool there = co_await offload(other, std::move(job));
    co_return there&& Executor::current() == &home;
}

TEST(Offload, runs_elsewhere_and_comes_back) {
    WorkerPool home("home", 2), other("other", 2);
    EXPECT_TRUE(run_blocking(home, comes_back(home, other)));
}

TEST(WorkerPool, background_jobs_wait_behind_others_but_not_for_ever) {
    WorkerPool pool("test", 1);
    std::string order;
    bool right_place = true;
    std::promise<void> started, go;
    pool.post([&started, gate = go.get_future()] {
        started.set_value();
        gate.wait();
    });
    started.get_future().wait();
    for (int i = 0; i < 4; ++i) {
        pool.background().post([&] {
            order += 'b';
            right_place = right_place && Executor::current() == &pool.background();
        });
    }
    for (int i = 0; i < 8; ++i) {
        pool.post([&] {
            order += 'n';
            right_place = right_place && Executor::current() == &pool;
        });
    }
    go.set_value();
    pool.stop();
    EXPECT_EQ(order, "nnnbnnnbnnbb");
    EXPECT_TRUE(right_place);
}

TEST(WorkerPool, a_crowd_leaves_threads_to_others) {
    WorkerPool pool("test", 8);
    std::atomic<int> running = 0, most = 0;
    std::promise<void> go;
    auto gate = go.get_future().share();
    for (int i = 0; i < 20; ++i) {
        pool.background().post([&, gate] {
            auto now = ++running;
            for (auto seen = most.load(); now > seen && !most.compare_exchange_weak(seen, now);) {
            }
            gate.wait();
            --running;
        });
    }
    // Other jobs find threads while those of the crowd that run go on for as long as they like.
    for (int i = 0; i < 100; ++i) {
        std::promise<void> done;
        pool.post([&done] { done.set_value(); });
        done.get_future().wait();
    }
    go.set_value();
    pool.stop();
    EXPECT_EQ(most, 2);
    EXPECT_EQ(running, 0);
}

TEST(Parallel, every_job_runs_once_with_helpers_and_without_a_free_one) {
    WorkerPool pool("test", 2);
    for (std::size_t helpers : {0u, 1u, 5u}) {
        std::vector<std::atomic<int>> runs(1000);
        run_in_parallel(pool, helpers, runs.size(), [&](std::size_t i) { ++runs[i]; });
        EXPECT_TRUE(std::ranges::all_of(runs, [](const auto& count) { return count == 1; })) << helpers;
    }
    // All threads of the pool are callers themselves.
    std::atomic<int> sum = 0;
    std::latch both(2), done(2);
    for (int caller = 0; caller < 2; ++caller) {
        pool.post([&] {
            both.arrive_and_wait();
            run_in_parallel(pool, 4, 100, [&](std::size_t) { ++sum; });
            done.count_down();
        });
    }
    done.wait();
    EXPECT_EQ(sum, 200);
    auto throws = [](std::size_t i) {
        if (i == 7) throw std::runtime_error("no");
    };
    EXPECT_THROW(run_in_parallel(pool, 1, 100, throws), std::runtime_error);
    pool.stop();
}

struct Counter {
    Lanes lanes;
    WorkerPool pool{"lane", 4};
    int inside = 0;
    int most = 0;
    std::vector<int> order;
};

Task<void> enter_once(Counter& counter, WorkerPool& other, int who) {
    auto guard = co_await counter.lanes.enter(42);
    ++counter.inside;
    counter.most = std::max(counter.most, counter.inside);
    auto pause = [] { std::this_thread::sleep_for(std::chrono::microseconds(50)); };
    co_await offload(other, std::move(pause));
    counter.order.push_back(who);
    --counter.inside;
}

TEST(Lane, holds_one_at_a_time) {
    Counter counter;
    WorkerPool other("other", 2);
    TaskGroup group(counter.pool);
    for (int i = 0; i < 200; ++i) group.spawn("enter", enter_once(counter, other, i));
    while (group.running()) std::this_thread::sleep_for(Millis{1});
    EXPECT_EQ(counter.most, 1);
    EXPECT_EQ(counter.order.size(), 200u);
}

Task<int> await_value(OneShot<int> cell) { co_return co_await cell.get(); }

TEST(OneShot, a_value_set_before_or_after_arrives) {
    WorkerPool pool("test", 2);
    OneShot<int> early;
    early.set(1);
    EXPECT_EQ(run_blocking(pool, await_value(early)), 1);
    OneShot<int> late;
    std::jthread setter([late] {
        std::this_thread::sleep_for(Millis{5});
        late.set(2);
    });
    EXPECT_EQ(run_blocking(pool, await_value(late)), 2);
}

TEST(Wakeup, the_first_reason_counts) {
    WorkerPool pool("test", 1);
    ManualClock clock;
    Timers timers(clock, Timers::Mode::manual);
    Wakeup kept;
    kept.notify();
    EXPECT_EQ(run_blocking(pool, kept.wait(timers, Millis{1000})), Wakeup::Reason::notified);

    Wakeup timed;
    std::jthread later([&] {
        std::this_thread::sleep_for(Millis{5});
        clock.advance(Millis{1000});
        timers.run_due();
    });
    EXPECT_EQ(run_blocking(pool, timed.wait(timers, Millis{1000})), Wakeup::Reason::timeout);

    std::stop_source stop;
    stop.request_stop();
    Wakeup stopped;
    EXPECT_EQ(run_blocking(pool, stopped.wait(timers, Millis{1000}, stop.get_token())), Wakeup::Reason::stopped);
}

Task<void> wait_for_stop(Timers& timers, std::stop_token stop, bool& ended) {
    ended = !co_await sleep_for(timers, Millis{3'600'000}, std::move(stop));
}

Task<void> take_turn(Turns& turns, std::atomic<int>& inside, std::atomic<int>& most, std::atomic<int>& done,
                     WorkerPool& elsewhere) {
    auto turn = co_await turns.enter();
    const int now = ++inside;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    auto work = [] { std::this_thread::sleep_for(std::chrono::microseconds(200)); };
    co_await offload(elsewhere, std::move(work));
    --inside;
    ++done;
}

TEST(Turns, let_so_many_in_at_once_and_everybody_in_the_end) {
    WorkerPool pool("test", 4), elsewhere("elsewhere", 4);
    Turns turns(3);
    std::atomic<int> inside = 0, most = 0, done = 0;
    {
        TaskGroup group(pool);
        for (int i = 0; i < 200; ++i) group.spawn("visitor", take_turn(turns, inside, most, done, elsewhere));
        while (done < 200) std::this_thread::yield();
    }
    EXPECT_LE(most, 3);
    EXPECT_GE(most, 2);
    EXPECT_EQ(inside, 0);
}

TEST(TaskGroup, stop_asks_and_joins) {
    WorkerPool pool("test", 1);
    SystemClock clock;
    Timers timers(clock);
    bool ended = false;
    {
        TaskGroup group(pool);
        group.spawn("sleeper", wait_for_stop(timers, group.stop_token(), ended));
        std::this_thread::sleep_for(Millis{5});
    }
    EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace peyk
