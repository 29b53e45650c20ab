#include "app/signals.h"

#include <unistd.h>

#include <cerrno>

namespace peyk::app {

Signals::Signals() {
    std::signal(SIGPIPE, SIG_IGN);
    sigemptyset(&ours_);
    for (int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&ours_, signal);
    pthread_sigmask(SIG_BLOCK, &ours_, &before_);
}

Signals::~Signals() { restore(); }

void Signals::restore() const { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

void Signals::wake() const { kill(getpid(), SIGUSR1); }

Signals::Event Signals::wait(Millis timeout) {
    for (;;) {
        int signal = 0;
        if (timeout < Millis{0}) {
            signal = sigwaitinfo(&ours_, nullptr);
        } else {
            timespec time{.tv_sec = timeout.count() / 1000, .tv_nsec = timeout.count() % 1000 * 1'000'000};
            signal = sigtimedwait(&ours_, nullptr, &time);
        }
        if (signal == SIGHUP) return Event::reload;
        if (signal == SIGUSR1) return Event::woken;
        if (signal > 0) return Event::stop;
        if (errno == EAGAIN) return Event::timeout;
        // EINTR: a signal that is not ours, such as SIGCONT.
    }
}

}  // namespace peyk::app
