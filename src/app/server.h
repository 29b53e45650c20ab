#pragma once
// The composition root: builds every service in the order of their needs and starts what listens.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "base/error.h"

namespace peyk::app {

// Purpose:  one running server.
// Owner:    `peyk serve`, or a test.
// Stops by: stop(), or the destructor.
class Server {
public:
    // Opens nothing yet.
    // `wake` is called when the owner should look at lock_wanted().
    explicit Server(Config config, std::function<void()> wake = {});
    ~Server();
    Server(const Server&) = delete;

    // Opens the store, builds the services, binds the listeners; true life begins when it returns. On an error all that
    // was opened is closed again. Errors: io, conflict (another process has the store; the store is of another server
    // name), corrupt, forbidden (wrong key or passphrase); the detail says what to do.
    Result<void> start();
    // Answers long polls, finishes requests in progress within server.stop_time, closes the store. Idempotent.
    void stop();
    // Reads the certificate files anew. On an error the old ones stay.
    Result<void> reload();
    // `peyk lock` asked for it.
    bool lock_wanted() const;
    // False when the workers did not take a job within `limit`: hung or hopelessly late. For the watchdog.
    bool responds(Millis limit);
    // Ports of the listeners, in their order.
    std::vector<std::uint16_t> ports() const;
    const Config& config() const;
    // The address of the invitation for the first administrator; nothing when there is one, or no way to become one.
    std::optional<std::string> first_invitation() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace peyk::app
