#pragma once
// HTTP/1.1 over TCP and TLS.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "async/executor.h"
#include "async/timers.h"
#include "base/clock.h"
#include "http/router.h"

namespace peyk::http {

struct TlsFiles {
    std::filesystem::path certificate;  // PEM chain
    std::filesystem::path key;          // PEM
};

struct Listener {
    std::string address = "127.0.0.1";  // an IP literal, or "unix:/path"
    std::uint16_t port = 8008;          // 0: any free one, see Server::ports()
    std::optional<TlsFiles> tls;
};

struct Limits {
    std::size_t header_bytes = 32 * 1024;
    std::size_t header_count = 100;
    std::size_t target_bytes = 16 * 1024;
    std::size_t connections = 100'000;
    Millis header_time{10'000};    // from the first byte of a request to the end of its headers
    Millis body_time{30'000};      // without any byte of the body
    std::size_t body_rate = 1024;  // bytes per second that a body must keep on average after body_time
    Millis idle_time{75'000};      // keep-alive between requests
    Millis write_time{30'000};     // without any progress
    Millis drain_time{1'500};      // stop(): for requests in progress
    std::size_t buffered_bytes = 256 * 1024 * 1024;  // request bodies in memory, all together; beyond: 503
};

struct ServerConfig {
    std::vector<Listener> listeners;
    std::vector<std::string> trusted_proxies;  // addresses, CIDR ranges or "unix:" whose X-Forwarded-For counts
    Limits limits;
    std::size_t threads = 0;  // run loops; 0: one per core
    bool compress = true;
};

// Counters for metrics; totals since start.
struct ServerStats {
    std::uint64_t connections_open = 0, connections_total = 0, requests_total = 0, responses_by_class[6] = {};
    std::uint64_t rejected_total = 0, bytes_in = 0, bytes_out = 0;
};

// Purpose:  frames requests under limits, hands them to the router's handlers on `workers`, writes the answers. Long
//           polls go to workers.background(): a thousand that one message woke must not stand before the next message.
//           CORS headers and OPTIONS on everything, M_UNRECOGNIZED 404 / 405, M_NOT_JSON and M_TOO_LARGE where framing
//           fails.
// Owner:    app::Server.  Runs on: its own run-loop threads.
// Stops by: stop(): closes the listeners, requests stop on all hangup tokens, waits at most limits.drain_time, closes.
//           Returns soon after that even if a handler heeds nothing; the destructor waits for it. So `router` and
//           `workers` outlive the server, and the workers run until it is destroyed. Not from one of their threads.
class Server {
public:
    Server(ServerConfig config, const Router& router, WorkerPool& workers);
    ~Server();
    // Errors: io with what could not be bound or read (address, certificate file) and what to do.
    Result<void> start();
    void stop();
    // Reads the certificate files anew for connections to come. On an error the old ones stay.
    Result<void> reload_certificates();
    std::vector<std::uint16_t> ports() const;  // in the order of the listeners
    ServerStats stats() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace peyk::http
