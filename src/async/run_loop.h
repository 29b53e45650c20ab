#pragma once
// An event loop on a thread of its own: descriptors and posted jobs. Asio is behind it, and nowhere else.

#include <memory>
#include <string>

#include "async/executor.h"
#include "base/clock.h"

namespace peyk {

// Purpose:  runs jobs and readiness callbacks, one at a time, on one thread. Nothing on it may block.
// Owner:    http::Server.
// Stops by: stop(): runs what was posted before, then joins. Descriptors must be gone by then; later posts are dropped.
class RunLoop final : public Executor {
public:
    explicit RunLoop(std::string name);
    ~RunLoop() override;
    void post(Job job) override;
    // Runs `job` on the loop once, about `delay` from now; dropped by stop(). On the loop's thread only.
    void call_after(Millis delay, Job job);
    void stop();

private:
    friend class Descriptor;
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

enum class Interest : unsigned char { read, write };

// Purpose:  one non-blocking file descriptor, owned and closed at the end, and who wants to know that it is ready.
// Runs on:  the loop's thread only, construction and destruction included.
class Descriptor {
public:
    class Listener {
    public:
        virtual ~Listener() = default;
        virtual void ready(Interest interest) = 0;
    };

    Descriptor(RunLoop& loop, int fd, Listener& listener);
    ~Descriptor();  // the listener is not called any more
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    // Asks for one call of ready(), never from within arm(), once the descriptor can be read or written, is at its end
    // or broken. Nothing happens when it was asked for already.
    void arm(Interest interest);
    bool armed(Interest interest) const;
    int fd() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace peyk
