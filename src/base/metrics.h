#pragma once
// Counters for operators, in Prometheus' text format. Totals of the whole server only: labels are literals of the
// source, so that no series can be about a person, a room or an address.

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace peyk::metrics {

// A label that was known when the program was compiled: the constructor runs in the compiler only.
struct Label {
    consteval Label(std::string_view label_name, std::string_view label_value) : name(label_name), value(label_value) {}
    consteval Label() = default;
    std::string_view name = {}, value = {};
};

// A name of a series, a literal too.
struct Name {
    consteval Name(const char* literal) : text(literal) {
        for (char c : text) {
            if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) throw "names are of a-z, 0-9 and _";
        }
    }
    std::string_view text;
};

// Only rises. Any thread, a few nanoseconds.
class Counter {
public:
    void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

// Rises and falls.
class Gauge {
public:
    void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
    void add(std::int64_t by) { value_.fetch_add(by, std::memory_order_relaxed); }
    std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::int64_t> value_{0};
};

// Times, counted in fixed steps from 1 ms to 30 s.
class Histogram {
public:
    static constexpr std::array<std::uint32_t, 14> kMillis{1,   2,   5,    10,   20,   50,    100,
                                                           200, 500, 1000, 2000, 5000, 10000, 30000};
    void observe_micros(std::uint64_t micros);
    std::uint64_t count() const;

private:
    friend class Registry;
    std::array<std::atomic<std::uint64_t>, kMillis.size() + 1> steps_{};
    std::atomic<std::uint64_t> micros_{0};
};

// Purpose:  owns all series and prints them.
// Owner:    app::Server.  Runs on: registration before traffic, expose() on any thread.
class Registry {
public:
    Counter& counter(Name name, std::string_view help, Label label = {});
    Gauge& gauge(Name name, std::string_view help, Label label = {});
    Histogram& histogram(Name name, std::string_view help, Label label = {});
    // A value that is asked for at each exposition, for counts that another class keeps. Must not block for long.
    enum class Kind : unsigned char { counter, gauge };
    void ask(Kind kind, Name name, std::string_view help, std::function<double()> value, Label label = {});

    // Text format 0.0.4.
    std::string expose() const;

private:
    struct Series {
        std::string_view name, help, type;
        Label label;
        std::function<void(std::string& out, const Series& self)> print;
    };
    void add(Series series);

    mutable std::mutex mutex_;
    std::deque<Counter> counters_;  // deques, since references to members are handed out
    std::deque<Gauge> gauges_;
    std::deque<Histogram> histograms_;
    std::vector<Series> series_;
};

// Memory, descriptors and processor time of this process, under the usual process_* names.
void add_process_series(Registry& registry);

}  // namespace peyk::metrics
