#include "http/acceptor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

#include "base/logging.h"

namespace peyk::http {
namespace {

constexpr int kBacklog = 1024;
constexpr int kAcceptsInARow = 64;
constexpr Millis kPauseWhenOutOfDescriptors{100};
constexpr std::string_view kUnix = "unix:";

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

Result<Address> parse(const Listener& listener) {
    Address address;
    if (listener.address.starts_with(kUnix)) {
        auto path = std::string_view(listener.address).substr(kUnix.size());
        auto& to = reinterpret_cast<sockaddr_un&>(address.storage);
        if (path.empty() || path.size() >= sizeof to.sun_path) {
            return fail(Errc::io, fmt::format("'{}' is no usable path of a socket", listener.address));
        }
        to.sun_family = AF_UNIX;
        path.copy(to.sun_path, path.size());
        address.size = sizeof(sockaddr_un);
        return address;
    }
    auto& four = reinterpret_cast<sockaddr_in&>(address.storage);
    auto& six = reinterpret_cast<sockaddr_in6&>(address.storage);
    if (inet_pton(AF_INET, listener.address.c_str(), &four.sin_addr) == 1) {
        four.sin_family = AF_INET;
        four.sin_port = htons(listener.port);
        address.size = sizeof four;
    } else if (inet_pton(AF_INET6, listener.address.c_str(), &six.sin6_addr) == 1) {
        six.sin6_family = AF_INET6;
        six.sin6_port = htons(listener.port);
        address.size = sizeof six;
    } else {
        return fail(Errc::io,
                    fmt::format("'{}' is no IP address; write for example 127.0.0.1 or ::1", listener.address));
    }
    return address;
}

// A socket file left behind by a crash is removed; one that answers belongs to somebody.
void remove_stale(const Address& address) {
    int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    bool refused =
        ::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0 && errno == ECONNREFUSED;
    ::close(fd);
    const auto* path = reinterpret_cast<const sockaddr_un&>(address.storage).sun_path;
    struct stat info{};
    if (refused && ::lstat(path, &info) == 0 && S_ISSOCK(info.st_mode)) ::unlink(path);
}

std::string_view advice(int code) {
    switch (code) {
        case EADDRINUSE: return "stop the other program or choose another port";
        case EACCES: return "choose a port above 1023 or give the program the right to use this one";
        case EADDRNOTAVAIL: return "this machine does not have that address";
        default: return "check the listener's address";
    }
}

}  // namespace

Result<int> open_listener(const Listener& listener) {
    PEYK_TRY(auto address, parse(listener));
    auto family = address.storage.ss_family;
    bool is_unix = family == AF_UNIX;
    if (is_unix) remove_stale(address);
    int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1, off = 0;
    bool good = fd >= 0;
    if (good && !is_unix) ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (good && family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    good = good && ::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0 &&
           ::listen(fd, kBacklog) == 0;
    if (!good) {
        int code = errno;
        if (fd >= 0) ::close(fd);
        return fail(Errc::io, fmt::format("cannot listen on {}{}: {}; {}", listener.address,
                                          is_unix ? "" : fmt::format(" port {}", listener.port), std::strerror(code),
                                          advice(code)));
    }
    if (is_unix) ::chmod(reinterpret_cast<const sockaddr_un&>(address.storage).sun_path, 0660);
    return fd;
}

std::uint16_t port_of(int fd) {
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) return 0;
    if (name.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(name).sin_port);
    if (name.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(name).sin6_port);
    return 0;
}

Acceptor::Acceptor(std::vector<std::unique_ptr<ServerLoop>>& loops, int fd, bool is_unix,
                   std::shared_ptr<TlsContext> tls)
    : loops_(loops), is_unix_(is_unix), tls_(std::move(tls)), descriptor_(loops.front()->run_loop(), fd, *this) {
    descriptor_.arm(Interest::read);
}

void Acceptor::set_tls(std::shared_ptr<TlsContext> tls) {
    std::lock_guard lock(mutex_);
    tls_ = std::move(tls);
}

void Acceptor::ready(Interest) {
    for (int i = 0; i < kAcceptsInARow; ++i) {
        if (accept_one()) continue;
        if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) break;
        log::warning("http", "no room for another connection: {}", std::strerror(errno));
        loops_.front()->run_loop().call_after(kPauseWhenOutOfDescriptors, [this, alive = std::weak_ptr(alive_)] {
            if (alive.lock()) descriptor_.arm(Interest::read);
        });
        return;
    }
    descriptor_.arm(Interest::read);
}

bool Acceptor::accept_one() {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    int fd = ::accept4(descriptor_.fd(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return errno == EINTR || errno == ECONNABORTED;
    auto& loop = *loops_[next_++ % loops_.size()];
    if (!loop.shared().admit()) {
        Counters::add(loop.counters().rejected);
        ::close(fd);
        return true;
    }
    int on = 1;
    if (!is_unix_) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::shared_ptr<TlsContext> tls;
    {
        std::lock_guard lock(mutex_);
        tls = tls_;
    }
    loop.adopt(fd, std::move(tls), is_unix_ ? ClientAddress{} : address_of(from), is_unix_);
    return true;
}

}  // namespace peyk::http
