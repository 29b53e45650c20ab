#pragma once
// The server before its store is open: every request is answered 503 ORG.PEYK.SEALED, and the control socket waits for
// the passphrase or the key. docs/decisions/0804-sealed-start.md

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "app/authority.h"
#include "app/config.h"
#include "async/executor.h"
#include "core/json.h"
#include "http/server.h"

namespace peyk::app {

// True when there is a store on the disk (of whatever key).
bool store_exists(const Config& config);
// What must be brought before the store of this configuration opens; nullopt: nothing. A sentence.
std::optional<std::string> missing_key(const Config& config);

// Purpose:  holds the listeners until somebody brings the key.
// Owner:    `peyk serve`.  Stops by: stop(), or the destructor.
class Sealed {
public:
    // `opened` is called, on a worker, once the right key was brought; take() then has the configuration with it.
    Sealed(Config config, std::string why, std::function<void()> opened);
    ~Sealed() { stop(); }

    // Errors: as http::Server::start().
    Result<void> start();
    void stop();
    std::vector<std::uint16_t> ports() const { return http_.ports(); }
    // nullopt: nobody has brought the right key yet.
    std::optional<Config> take();

private:
    Task<Result<json::Object>> unlock(json::Object request);
    Task<Result<json::Object>> status(json::Object request) const;

    Config config_;
    std::string why_;
    std::function<void()> opened_;
    WorkerPool workers_;
    SystemClock clock_;
    Authority authority_{config_, clock_};
    http::Router router_;
    http::Router control_router_;
    http::Server http_;
    http::Server control_;
    std::mutex mutex_;  // one guess at a time; ready_
    std::optional<Config> ready_;
};

}  // namespace peyk::app
