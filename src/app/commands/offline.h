#pragma once
// The store and the accounts without a server around them, for commands.

#include <memory>

#include "app/console.h"
#include "app/services.h"
#include "app/store.h"

namespace peyk::app {

// Purpose:  what `peyk user …` works on. Holds the store's lock, so a running server and it exclude each other.
class Offline {
public:
    // Errors: as open_store(); the detail says what to do when a server runs.
    static Result<std::unique_ptr<Offline>> open(const Config& config);
    ~Offline();

    users::Users& users() { return *users_; }
    OpenStore& store() { return *store_; }
    // Runs a coroutine to its end.
    template <class T>
    T run(Task<T> task) {
        return run_blocking(workers_, std::move(task));
    }

private:
    explicit Offline(const Config& config);

    SystemClock clock_;
    SystemRandom random_;
    WorkerPool workers_{"command", 2};
    Feed feed_;
    privacy::RateLimiter limiter_;
    std::optional<OpenStore> store_;
    std::unique_ptr<users::Users> users_;
};

// Configuration, passphrase and store, or the exit code after complaining.
std::expected<std::unique_ptr<Offline>, int> open_or_complain(const std::filesystem::path& config);

}  // namespace peyk::app
