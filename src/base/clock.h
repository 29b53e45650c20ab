#pragma once
// Time is always injected, so that tests and the simulator can shift it.

#include <atomic>
#include <chrono>
#include <cstdint>

namespace peyk {

using Millis = std::chrono::milliseconds;

class Clock {
public:
    virtual ~Clock() = default;
    // Wall clock, milliseconds since 1970 (origin_server_ts, expiry dates).
    virtual Millis now() const = 0;
    // Never goes back; for intervals and time-outs.
    virtual Millis monotonic() const = 0;
};

class SystemClock final : public Clock {
public:
    Millis now() const override;
    Millis monotonic() const override;
};

// A clock that only moves when told to.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Millis start = Millis{1'700'000'000'000}) : now_(start.count()) {}
    Millis now() const override { return Millis{now_.load()}; }
    Millis monotonic() const override { return Millis{now_.load()}; }
    void advance(Millis by) { now_ += by.count(); }

private:
    std::atomic<std::int64_t> now_;
};

}  // namespace peyk
