#include "app/notify.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

namespace peyk::app {
namespace {

std::string_view variable(const char* name) {
    const char* value = getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
    return value ? value : "";
}

}  // namespace

Notifier::Notifier(std::string_view socket_name, std::string_view watchdog_usec) : address_(socket_name) {
    if (address_.empty() || address_.size() >= sizeof(sockaddr_un::sun_path)) return;
    if (address_[0] == '@') address_[0] = '\0';  // the abstract namespace
    socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    std::int64_t micros = 0;
    std::from_chars(watchdog_usec.data(), watchdog_usec.data() + watchdog_usec.size(), micros);
    if (micros > 0) interval_ = Millis{std::max<std::int64_t>(1, micros / 2000)};
}

Notifier::~Notifier() {
    if (socket_ >= 0) close(socket_);
}

Notifier Notifier::from_environment() { return {variable("NOTIFY_SOCKET"), variable("WATCHDOG_USEC")}; }

void Notifier::reloading() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1'000'000 + now.tv_nsec / 1000));
}

void Notifier::send(std::string_view message) {
    if (socket_ < 0) return;
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, address_.data(), address_.size());
    auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    // A manager that does not listen is not our failure.
    (void)sendto(socket_, message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&to), length);
}

}  // namespace peyk::app
