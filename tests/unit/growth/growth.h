#pragma once
// How the cost of a piece of work grows with its size: processor time of this thread, so that what else runs on the
// machine does not count.

#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>
#include <functional>

namespace peyk {

inline double processor_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Of one call, the least of several: enough of them that the clock can tell.
inline double cost_of(const std::function<void()>& work) {
    double least = 1e9;
    for (int round = 0; round < 4; ++round) {
        int calls = 0;
        auto start = processor_seconds();
        double spent = 0;
        do {
            work();
            ++calls;
            spent = processor_seconds() - start;
        } while (spent < 0.002);
        least = std::min(least, spent / calls);
    }
    return least;
}

// `prepare(n)` makes an input of size n and returns the work on it. Ten times the size costs about ten times as much;
// what takes the square of it would cost a hundred times as much.
inline void expect_linear(std::size_t n, const std::function<std::function<void()>(std::size_t)>& prepare) {
    auto small = prepare(n), large = prepare(10 * n);
    auto ratio = cost_of(large) / cost_of(small);
    EXPECT_LT(ratio, 20) << "ten times the size costs " << ratio << " times as much";
}

}  // namespace peyk
