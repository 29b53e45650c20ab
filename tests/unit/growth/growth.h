#pragma once
// How the cost of a piece of work grows with its size: processor time of this thread, so that what else runs on the
// machine does not count.

#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>
#include <functional>

#include "memory.h"

namespace peyk {

inline constexpr double kMostTimes = 14;             // for ten times the size
inline constexpr double kMostTimesOfDocuments = 20;  // large ones do not fit into the caches
inline constexpr std::size_t kSlack = 4096;          // bytes: containers double

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

// Of inputs of size n and 10 n.
using Prepare = std::function<std::function<void()>(std::size_t)>;

inline void expect_linear_time(std::size_t n, double most_times, const Prepare& prepare) {
    auto small = prepare(n), large = prepare(10 * n);
    // What else runs on the machine takes its caches now and then: a measure that is beyond the limit is made again.
    double ratio = 0;
    for (int round = 0; round < 3; ++round) {
        ratio = cost_of(large) / cost_of(small);
        if (ratio < most_times) break;
    }
    EXPECT_LT(ratio, most_times) << "ten times the size costs " << ratio << " times as much";
}

// `prepare(n)` makes an input of size n and returns the work on it. Ten times the size costs about ten times as much,
// of time and of memory; what takes the square of it would cost a hundred times as much.
inline void expect_linear(std::size_t n, const Prepare& prepare) {
    expect_linear_time(n, kMostTimes, prepare);
    auto few = peak_memory_of(prepare(n)), many = peak_memory_of(prepare(10 * n));
    EXPECT_LE(many, 12 * few + kSlack) << "ten times the size takes " << many << " bytes, and " << few << " before";
}

// Of any size, the work takes no more memory than this.
inline void expect_memory(std::size_t most, const std::function<void()>& work) {
    auto peak = peak_memory_of(work);
    EXPECT_LE(peak, most) << "it takes " << peak << " bytes at its peak";
}

}  // namespace peyk
