#pragma once
// The store and the services without listeners around them, for commands.

#include <memory>

#include "app/console.h"
#include "app/services.h"
#include "app/store.h"
#include "http/client/client.h"

namespace peyk::app {

// Commands open no connections.
class NoWayOut final : public http::Outbound {
public:
    Task<Result<http::ClientResponse>> send(http::ClientRequest, std::stop_token) override {
        co_return fail(Errc::unavailable, "a command opens no connections");
    }
};

// Purpose:  what commands work on while no server runs. All services are there, so that ending an account also leaves
//           its rooms; none is started, so nothing happens by itself.
// Holds the store's lock: a running server and it exclude each other.
class Offline {
public:
    // Errors: as open_store(); the detail says what to do when a server runs.
    static Result<std::unique_ptr<Offline>> open(const Config& config);
    ~Offline();

    users::Users& users() { return services_->users(); }
    Services& services() { return *services_; }
    OpenStore& store() { return *store_; }
    // Runs a coroutine to its end.
    template <class T>
    T run(Task<T> task) {
        return run_blocking(workers_, std::move(task));
    }

private:
    Offline() : timers_(clock_) {}

    SystemClock clock_;
    SystemRandom random_;
    Timers timers_;
    WorkerPool workers_{"command", 2};
    NoWayOut outbound_;
    std::optional<OpenStore> store_;
    std::unique_ptr<Services> services_;
};

// Configuration, passphrase and store, or the exit code after complaining.
std::expected<std::unique_ptr<Offline>, int> open_or_complain(const std::filesystem::path& config);
std::expected<std::unique_ptr<Offline>, int> open_or_complain(Config config);

}  // namespace peyk::app
