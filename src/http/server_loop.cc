#include "http/server_loop.h"

#include <unistd.h>

#include "base/logging.h"
#include "http/connection.h"

namespace peyk::http {
namespace {

constexpr Millis kLingerTime{2'000};
constexpr std::size_t kScratchBytes = 64 * 1024;

// In the order of Wait.
std::array<Millis, kWaits> durations(const Limits& limits) {
    return {Millis{0}, limits.header_time, limits.body_time, limits.idle_time, limits.write_time, kLingerTime};
}

}  // namespace

bool Shared::admit() {
    if (open_.fetch_add(1) < config.limits.connections) return true;
    gone();
    return false;
}

void Shared::gone() {
    if (open_.fetch_sub(1) != 1) return;
    std::lock_guard lock(mutex_);
    empty_.notify_all();
}

bool Shared::wait_empty(Millis at_most) {
    std::unique_lock lock(mutex_);
    return empty_.wait_for(lock, at_most, [this] { return open_.load() == 0; });
}

ServerLoop::ServerLoop(Shared& shared, std::string name)
    : shared_(shared),
      deadlines_(durations(shared.config.limits)),
      scratch_(kScratchBytes),
      run_loop_(std::move(name)) {
    const auto& limits = shared.config.limits;
    auto shortest = std::min({limits.header_time, limits.body_time, limits.idle_time, limits.write_time});
    tick_ = std::clamp(shortest / 8, Millis{10}, Millis{500});
}

ServerLoop::~ServerLoop() { run_loop_.stop(); }

void ServerLoop::adopt(int fd, std::shared_ptr<TlsContext> tls, ClientAddress peer, bool over_unix) {
    run_loop_.post([this, fd, tls = std::move(tls), peer, over_unix] {
        auto stream = tls ? tls->accept(fd) : plain_stream(fd);
        if (!stream || shared_.draining) {
            ::close(fd);
            shared_.gone();
            return;
        }
        Counters::add(counters_.connections);
        try {
            auto* connection = new Connection(*this, fd, std::move(stream), peer, over_unix);  // remove() deletes it
            connections_.insert(connection);
            connection->start();
        } catch (const std::exception& error) {  // the kernel has no room to watch one more
            log::error("http", "a connection was dropped: {}", error.what());
            ::close(fd);
            shared_.gone();
        }
    });
}

void ServerLoop::remove(Connection& connection) {
    connections_.erase(&connection);
    delete &connection;
    shared_.gone();
}

void ServerLoop::drain() {
    run_loop_.post([this] {
        auto all = std::vector(connections_.begin(), connections_.end());
        for (auto* connection : all) connection->drain();
    });
}

void ServerLoop::abort_all() {
    run_loop_.post([this] {
        auto all = std::vector(connections_.begin(), connections_.end());
        for (auto* connection : all) connection->abort();
    });
}

std::string_view ServerLoop::date() {
    auto second = clock_.now().count() / 1000;
    if (second != date_second_) {
        date_second_ = second;
        date_ = http_date(second);
    }
    return date_;
}

void ServerLoop::set_deadline(Deadlines::Entry& entry, Wait kind) {
    if (kind == Wait::none && entry.waiting() == Wait::none) return;
    deadlines_.set(entry, kind, now());
    if (ticking_ || deadlines_.empty()) return;
    ticking_ = true;
    run_loop_.call_after(tick_, [this] { tick(); });
}

// Runs only while something has a deadline, so an unused server sleeps.
void ServerLoop::tick() {
    ticking_ = false;
    deadlines_.run(now());
    if (ticking_ || deadlines_.empty()) return;
    ticking_ = true;
    run_loop_.call_after(tick_, [this] { tick(); });
}

}  // namespace peyk::http
