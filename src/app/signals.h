#pragma once
// Signals as events of the main thread. Blocked everywhere, so that no handler ever runs in the middle of something.

#include <csignal>

#include "base/clock.h"

namespace peyk::app {

// Purpose:  SIGTERM and SIGINT stop, SIGHUP reloads, SIGUSR1 is wake(); SIGPIPE is ignored.
// Owner:    `peyk serve`, made before any thread, since threads inherit the blocked set.
class Signals {
public:
    Signals();
    ~Signals();
    Signals(const Signals&) = delete;

    enum class Event : unsigned char { stop, reload, woken, timeout };
    // Main thread. Negative: without end.
    Event wait(Millis timeout);
    // Main thread, before exec: the new image inherits what this thread blocks.
    void restore() const;
    // Any thread: makes wait() answer `woken` (several at once may be one).
    void wake() const;

private:
    sigset_t ours_{}, before_{};
};

}  // namespace peyk::app
