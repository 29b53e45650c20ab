#include "http/server.h"

#include <unistd.h>

#include <future>

#include "base/logging.h"
#include "http/acceptor.h"

namespace peyk::http {
namespace {

// From drain_time on, until closed connections have told their handlers.
constexpr Millis kCloseTime{300};
constexpr Millis kStillRunning{10'000};

// Runs `job` on the loop and waits for it. Not from the loop's own thread.
template <class F>
void run_on(RunLoop& loop, F job) {
    auto done = std::make_shared<std::promise<void>>();  // shared: the setter may still be inside when wait() returns
    auto finished = done->get_future();
    loop.post([job = std::move(job), done]() mutable {
        job();
        done->set_value();
    });
    finished.wait();
}

}  // namespace

struct Server::Impl {
    Impl(ServerConfig c, const Router& router, WorkerPool& workers)
        : config(std::move(c)), shared(config, router, workers) {}

    ServerConfig config;
    Shared shared;
    std::vector<std::unique_ptr<ServerLoop>> loops;
    std::vector<std::unique_ptr<Acceptor>> acceptors;  // as the listeners
    std::vector<std::uint16_t> ports;
    bool stopped = false;

    Result<std::vector<std::shared_ptr<TlsContext>>> load_tls() const;
    void close_listeners();
    void remove_socket_files() const;
};

Result<std::vector<std::shared_ptr<TlsContext>>> Server::Impl::load_tls() const {
    std::vector<std::shared_ptr<TlsContext>> contexts;
    for (const auto& listener : config.listeners) {
        contexts.emplace_back();
        if (!listener.tls) continue;
        PEYK_TRY(contexts.back(), TlsContext::load(listener.tls->certificate, listener.tls->key));
    }
    return contexts;
}

void Server::Impl::close_listeners() {
    if (acceptors.empty()) return;
    run_on(loops.front()->run_loop(), [this] { acceptors.clear(); });
    remove_socket_files();
}

void Server::Impl::remove_socket_files() const {
    for (const auto& listener : config.listeners) {
        if (listener.address.starts_with("unix:")) ::unlink(listener.address.c_str() + 5);
    }
}

Server::Server(ServerConfig config, const Router& router, WorkerPool& workers)
    : impl_(std::make_unique<Impl>(std::move(config), router, workers)) {}

Server::~Server() {
    stop();
    // Handlers that did not heed their hangup token: their connections belong to us until they return.
    while (!impl_->shared.wait_empty(kStillRunning)) {
        log::warning("http", "waiting for {} handlers that still run", impl_->shared.open());
    }
    for (auto& loop : impl_->loops) loop->stop();
}

Result<void> Server::start() {
    auto& impl = *impl_;
    const auto& limits = impl.config.limits;
    impl.shared.codec = {limits.header_bytes, limits.header_count, limits.target_bytes};
    PEYK_TRY(impl.shared.proxies, TrustedProxies::parse(impl.config.trusted_proxies));
    PEYK_TRY(auto tls, impl.load_tls());
    std::vector<int> sockets;
    for (const auto& listener : impl.config.listeners) {
        auto fd = open_listener(listener);
        if (!fd) {
            for (int open : sockets) ::close(open);
            return fail(std::move(fd).error());
        }
        sockets.push_back(*fd);
        impl.ports.push_back(port_of(*fd));
    }
    auto threads = impl.config.threads ? impl.config.threads : std::max(1u, std::thread::hardware_concurrency());
    for (std::size_t i = 0; i < threads; ++i) {
        impl.loops.push_back(std::make_unique<ServerLoop>(impl.shared, fmt::format("http-{}", i)));
    }
    run_on(impl.loops.front()->run_loop(), [&] {
        for (std::size_t i = 0; i < sockets.size(); ++i) {
            bool is_unix = impl.config.listeners[i].address.starts_with("unix:");
            impl.acceptors.push_back(std::make_unique<Acceptor>(impl.loops, sockets[i], is_unix, std::move(tls[i])));
        }
    });
    return {};
}

void Server::stop() {
    auto& impl = *impl_;
    if (std::exchange(impl.stopped, true) || impl.loops.empty()) return;
    impl.close_listeners();
    impl.shared.draining = true;
    for (auto& loop : impl.loops) loop->drain();
    if (impl.shared.wait_empty(impl.config.limits.drain_time)) return;
    for (auto& loop : impl.loops) loop->abort_all();
    if (!impl.shared.wait_empty(kCloseTime)) {
        log::warning("http", "{} handlers still run after the time to finish", impl.shared.open());
    }
}

Result<void> Server::reload_certificates() {
    PEYK_TRY(auto contexts, impl_->load_tls());
    for (std::size_t i = 0; i < impl_->acceptors.size(); ++i) impl_->acceptors[i]->set_tls(std::move(contexts[i]));
    return {};
}

std::vector<std::uint16_t> Server::ports() const { return impl_->ports; }

ServerStats Server::stats() const {
    ServerStats stats;
    stats.connections_open = impl_->shared.open();
    for (const auto& loop : impl_->loops) {
        const auto& counters = loop->counters();
        stats.connections_total += counters.connections;
        stats.requests_total += counters.requests;
        stats.rejected_total += counters.rejected;
        stats.bytes_in += counters.bytes_in;
        stats.bytes_out += counters.bytes_out;
        for (std::size_t i = 0; i < counters.by_class.size(); ++i) stats.responses_by_class[i] += counters.by_class[i];
    }
    return stats;
}

}  // namespace peyk::http
