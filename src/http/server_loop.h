#pragma once
// What the connections of one run loop share, and what all loops of a server share.

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <unordered_set>

#include "async/run_loop.h"
#include "http/codec.h"
#include "http/deadlines.h"
#include "http/proxies.h"
#include "http/server.h"
#include "http/tls.h"

namespace peyk::http {

class Connection;

// Written by many threads; totals only, so the order does not matter.
struct Counters {
    std::atomic<std::uint64_t> connections{0}, requests{0}, rejected{0}, bytes_in{0}, bytes_out{0};
    std::array<std::atomic<std::uint64_t>, 6> by_class{};
    static void add(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
        counter.fetch_add(by, std::memory_order_relaxed);
    }
};

struct Shared {
    Shared(const ServerConfig& c, const Router& r, WorkerPool& w) : config(c), router(r), workers(w) {}
    const ServerConfig& config;
    const Router& router;
    WorkerPool& workers;
    TrustedProxies proxies;
    CodecLimits codec;
    std::atomic<std::size_t> buffered{0};  // bytes of request bodies in memory
    std::atomic<bool> draining{false};

    // Connections that exist, those included whose handler still runs after their end.
    bool admit();  // false: too many
    void gone();
    bool wait_empty(Millis at_most);
    std::size_t open() const { return open_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::size_t> open_{0};
    std::mutex mutex_;
    std::condition_variable empty_;
};

// Purpose:  owns the connections of one thread, their deadlines, and a buffer to read into that all of them use in
// turn. Runs on:  its run loop, but for adopt(), drain() and abort_all(), which post there. Stops by: the server, once
// no connection is left.
class ServerLoop {
public:
    ServerLoop(Shared& shared, std::string name);
    ~ServerLoop();

    // Takes a connected socket, admitted already.
    void adopt(int fd, std::shared_ptr<TlsContext> tls, ClientAddress peer, bool over_unix);
    void drain();
    void abort_all();
    void stop() { run_loop_.stop(); }

    // For connections.
    Shared& shared() { return shared_; }
    RunLoop& run_loop() { return run_loop_; }
    Counters& counters() { return counters_; }
    const Counters& counters() const { return counters_; }
    std::span<char> scratch() { return scratch_; }
    Millis now() const { return clock_.monotonic(); }
    std::string_view date();
    void set_deadline(Deadlines::Entry& entry, Wait kind);
    void remove(Connection& connection);  // destroys it

private:
    void tick();

    Shared& shared_;
    SystemClock clock_;
    Deadlines deadlines_;
    Millis tick_;
    bool ticking_ = false;
    std::int64_t date_second_ = 0;
    std::string date_;
    std::vector<char> scratch_;
    std::unordered_set<Connection*> connections_;
    Counters counters_;
    RunLoop run_loop_;  // last: its thread uses the others
};

}  // namespace peyk::http
