#include "http/client/link.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "http/proxies.h"
#include "http/tls_stream.h"

namespace peyk::http {
namespace {

constexpr std::size_t kPiece = 16 * 1024;
constexpr int kMaxInterim = 8;

std::unexpected<Error> broken_off() { return fail(Errc::io, "the other side broke off"); }
std::unexpected<Error> not_http(const Refusal& refusal) {
    if (refusal.status == 431) return fail(Errc::too_large, "the head of the answer is too large");
    return fail(Errc::io, "the answer is no proper HTTP: " + std::string(refusal.reason));
}

bool is_v4(const ClientAddress& address) {
    static constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return std::memcmp(address.bytes.data(), kMapped.data(), kMapped.size()) == 0;
}

int dial(const ClientAddress& address, std::uint16_t port) {
    bool four = is_v4(address);
    int fd = ::socket(four ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_storage storage{};
    socklen_t size = 0;
    if (four) {
        auto& to = reinterpret_cast<sockaddr_in&>(storage);
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        std::memcpy(&to.sin_addr, address.bytes.data() + 12, 4);
        size = sizeof to;
    } else {
        auto& to = reinterpret_cast<sockaddr_in6&>(storage);
        to.sin6_family = AF_INET6;
        to.sin6_port = htons(port);
        std::memcpy(&to.sin6_addr, address.bytes.data(), 16);
        size = sizeof to;
    }
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&storage), size) == 0 || errno == EINPROGRESS) return fd;
    ::close(fd);
    return -1;
}

}  // namespace

Link::Link(RunLoop& loop, int fd) : descriptor_(loop, fd, *this), stream_(plain_stream(fd)) {}

Result<std::unique_ptr<Link>> Link::open(RunLoop& loop, const ClientAddress& address, std::uint16_t port) {
    int fd = dial(address, port);
    if (fd < 0) return fail(Errc::unavailable, "cannot connect");
    try {
        return std::unique_ptr<Link>(new Link(loop, fd));
    } catch (const std::exception&) {  // the kernel has no room to watch one more
        ::close(fd);
        return fail(Errc::unavailable, "cannot watch another connection");
    }
}

void Link::ready(Interest) {
    if (waiter_) {
        waiter_->wake();
    } else if (keeper_) {
        keeper_->ended(*this);
    }
}

void Link::keep(Keeper* keeper) {
    keeper_ = keeper;
    if (keeper) descriptor_.arm(Interest::read);
}

Task<Result<void>> Link::wait(Bounds bounds, Interest interest) {
    descriptor_.arm(interest);
    waiter_ = &bounds.wait;
    auto waited = co_await bounds.deadlines.until(bounds.wait, bounds.until);
    waiter_ = nullptr;
    co_return waited;
}

Task<Result<void>> Link::connected(Bounds bounds) {
    for (;;) {
        PEYK_CO_CHECK(co_await wait(bounds, Interest::write));
        int code = 0;
        socklen_t size = sizeof code;
        if (::getsockopt(descriptor_.fd(), SOL_SOCKET, SO_ERROR, &code, &size) != 0 || code != 0)
            co_return fail(Errc::unavailable, "cannot connect");
        sockaddr_storage peer{};
        size = sizeof peer;
        if (::getpeername(descriptor_.fd(), reinterpret_cast<sockaddr*>(&peer), &size) == 0) co_return Result<void>{};
        if (errno != ENOTCONN) co_return fail(Errc::unavailable, "cannot connect");
    }
}

Task<Result<void>> Link::secure(Bounds bounds, SSL_CTX* context, std::string name) {
    TlsSide side{false, name, parse_address(name).has_value()};
    stream_ = tls_stream(context, descriptor_.fd(), std::move(side));
    if (!stream_) co_return fail(Errc::unavailable, "cannot set up TLS");
    for (;;) {
        auto result = stream_->handshake();
        if (result.status == IoResult::Status::ok) co_return Result<void>{};
        bool reads = result.status == IoResult::Status::want_read;
        if (!reads && result.status != IoResult::Status::want_write)
            co_return fail(Errc::io, "TLS failed: the certificate is not trusted, or not for this name");
        PEYK_CO_CHECK(co_await wait(bounds, reads ? Interest::read : Interest::write));
    }
}

Task<Result<void>> Link::write(Bounds bounds, const std::string* head, const std::string* body) {
    for (std::size_t sent = 0; sent < head->size() + body->size();) {
        auto in_head = std::min(sent, head->size());
        auto result =
            stream_->write(std::string_view(*head).substr(in_head), std::string_view(*body).substr(sent - in_head));
        switch (result.status) {
            case IoResult::Status::ok: sent += result.bytes; break;
            case IoResult::Status::want_read: PEYK_CO_CHECK(co_await wait(bounds, Interest::read)); break;
            case IoResult::Status::want_write: PEYK_CO_CHECK(co_await wait(bounds, Interest::write)); break;
            case IoResult::Status::end:
            case IoResult::Status::broken: co_return broken_off();
        }
    }
    co_return Result<void>{};
}

Task<Result<bool>> Link::receive(Bounds bounds) {
    for (;;) {
        char piece[kPiece];
        auto result = stream_->read(piece);
        switch (result.status) {
            case IoResult::Status::ok:
                in_.append(piece, result.bytes);
                touched_ = true;
                co_return true;
            case IoResult::Status::want_read: PEYK_CO_CHECK(co_await wait(bounds, Interest::read)); break;
            case IoResult::Status::want_write: PEYK_CO_CHECK(co_await wait(bounds, Interest::write)); break;
            case IoResult::Status::end: co_return false;
            case IoResult::Status::broken: co_return broken_off();
        }
    }
}

Task<Result<AnswerHead>> Link::read_head(Bounds bounds, std::size_t max) {
    CodecLimits limits{.header_bytes = max};
    for (int interim = 0; interim <= kMaxInterim; ++interim) {
        HeadScanner scanner;
        for (;;) {
            auto size = scanner.scan(in_, limits);
            if (!size) co_return not_http(size.error());
            if (*size) {
                auto head = parse_answer_head(std::string_view(in_).substr(0, **size), limits);
                in_.erase(0, **size);
                if (!head) co_return not_http(head.error());
                if (head->status >= 200) co_return *std::move(head);
                if (head->status == 101) co_return fail(Errc::io, "the answer is no proper HTTP: Unasked upgrade");
                break;  // 1xx: the answer is still to come
            }
            PEYK_CO_TRY(bool more, co_await receive(bounds));
            if (!more) co_return broken_off();
        }
    }
    co_return fail(Errc::io, "the answer is no proper HTTP: Too many interim answers");
}

// True when the link can be used again.
Task<Result<bool>> Link::read_body(Bounds bounds, const AnswerHead& head, std::size_t max, std::string& body) {
    auto too_large = [] { return fail(Errc::too_large, "the answer is too large"); };
    if (head.length && *head.length > max) co_return too_large();
    ChunkDecoder chunks;
    for (;;) {
        if (head.chunked) {
            auto taken = chunks.feed(in_, body, max + 1 - body.size());
            if (!taken) co_return not_http(taken.error());
            in_.erase(0, *taken);
            if (body.size() > max) co_return too_large();
            if (chunks.done()) co_return in_.empty();
        } else if (head.length) {
            auto take = std::min<std::size_t>(in_.size(), *head.length - body.size());
            body.append(in_, 0, take);
            in_.erase(0, take);
            if (body.size() == *head.length) co_return in_.empty();
        } else {
            body += std::exchange(in_, {});
            if (body.size() > max) co_return too_large();
        }
        PEYK_CO_TRY(bool more, co_await receive(bounds));
        if (more) continue;
        // Without a length the end of the connection is the end of the body.
        if (head.chunked || head.length) co_return broken_off();
        co_return false;
    }
}

Task<Link::Outcome> Link::exchange(Bounds bounds, std::string head, const ClientRequest& request) {
    touched_ = false;
    auto written = co_await write(bounds, &head, &request.body);
    // Who refuses a request may close without reading it all: the answer is read nevertheless.
    if (!written && written.error().code != Errc::io)
        co_return Outcome{std::unexpected(std::move(written.error())), !touched_};
    auto answer = co_await read_head(bounds, request.max_header);
    if (!answer) co_return Outcome{std::unexpected(std::move(answer.error())), !touched_};
    ClientResponse response{answer->status, std::move(answer->headers), {}, request.url};
    bool bodyless = request.method == Method::head || answer->status == 204 || answer->status == 304;
    bool reusable = in_.empty();
    if (!bodyless && request.wants_body && !request.wants_body(response)) co_return Outcome{std::move(response)};
    if (!bodyless) {
        auto read = co_await read_body(bounds, *answer, request.max_body, response.body);
        if (!read) co_return Outcome{std::unexpected(std::move(read.error()))};
        reusable = *read;
    }
    bool keep = reusable && written && answer->keep_alive;
    co_return Outcome{std::move(response), false, keep};
}

}  // namespace peyk::http
