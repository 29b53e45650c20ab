#pragma once
// Tells a service manager how the server is: datagrams to the socket that systemd names in NOTIFY_SOCKET. Without that
// variable all calls do nothing. Protocol: sd_notify(3).

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace peyk::app {

class Notifier {
public:
    // `socket` and `watchdog_usec` as in the environment variables; empty: none.
    Notifier(std::string_view socket, std::string_view watchdog_usec);
    ~Notifier();
    Notifier(const Notifier&) = delete;
    static Notifier from_environment();

    void ready() { send("READY=1"); }
    void reloading();  // followed by ready() when done
    void stopping() { send("STOPPING=1"); }
    // One line for people who ask the manager.
    void status(std::string_view line) { send("STATUS=" + std::string(line)); }
    void alive() { send("WATCHDOG=1"); }
    // How often alive() must be called: half of what the manager waits for. nullopt: never.
    std::optional<Millis> interval() const { return interval_; }

private:
    void send(std::string_view message);

    int socket_ = -1;
    std::string address_;
    std::optional<Millis> interval_;
};

}  // namespace peyk::app
