#pragma once
// A client that sends exactly the bytes it is told to, and a server to talk to.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "async/timers.h"
#include "http/server.h"

namespace peyk::http {

// What came back, split at the first empty line.
struct Answer {
    int status = 0;
    std::string head, body;
    std::string field(std::string_view name) const {
        auto at = head.find("\r\n" + std::string(name) + ": ");
        if (at == std::string::npos) return "";
        at += name.size() + 4;
        return head.substr(at, head.find("\r\n", at) - at);
    }
};

class RawClient {
public:
    explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
    }
    ~RawClient() { close(); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    bool connected() const { return connected_; }
    int fd() const { return fd_; }
    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    // One answer with Content-Length; status 0 when the peer closed or nothing came in time.
    Answer read(bool with_body = true, Millis patience = Millis{5000}) {
        Answer answer;
        std::size_t end;
        while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
            if (!more(patience)) return answer;
        }
        answer.head = buffer_.substr(0, end + 2);
        buffer_.erase(0, end + 4);
        answer.status = std::stoi(answer.head.substr(9, 3));
        auto length = answer.field("Content-Length");
        std::size_t wanted = with_body && !length.empty() ? std::stoul(length) : 0;
        while (buffer_.size() < wanted) {
            if (!more(patience)) break;
        }
        answer.body = buffer_.substr(0, wanted);
        buffer_.erase(0, answer.body.size());
        return answer;
    }
    // True when the peer closes within the time.
    bool closed(Millis patience = Millis{5000}) {
        while (more(patience)) buffer_.clear();
        return closed_;
    }
    Answer ask(std::string_view request) {
        send(request);
        return read();
    }

private:
    bool more(Millis patience) {
        pollfd wait{fd_, POLLIN, 0};
        if (::poll(&wait, 1, static_cast<int>(patience.count())) != 1) return false;
        char bytes[65536];
        auto count = ::recv(fd_, bytes, sizeof bytes, 0);
        if (count <= 0) {
            closed_ = true;
            return false;
        }
        buffer_.append(bytes, static_cast<std::size_t>(count));
        return true;
    }
    int fd_;
    bool connected_ = false, closed_ = false;
    std::string buffer_;
};

Task<Response> echo(Request request);
Task<Response> hello(Request request);

// A server on a free port. Routes are added before start().
struct TestServer {
    WorkerPool workers{"workers", 2};
    SystemClock clock;
    Timers timers{clock};
    Router router;
    ServerConfig config;
    std::unique_ptr<Server> server;

    TestServer() {
        config.threads = 2;
        config.listeners = {Listener{"127.0.0.1", 0, std::nullopt}};
    }
    ~TestServer() {
        server.reset();
        timers.stop();
    }
    void add(Method method, std::string pattern, Handler handler, std::size_t max_body = 1024 * 1024) {
        router.add(Route{
            .method = method, .pattern = std::move(pattern), .handler = std::move(handler), .max_body = max_body});
    }
    void start() {
        server = std::make_unique<Server>(config, router, workers);
        auto started = server->start();
        ASSERT_TRUE(started) << started.error().detail;
    }
    std::uint16_t port() const { return server->ports().at(0); }
};

inline std::string get(std::string_view path, std::string_view fields = {}) {
    return fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n{}\r\n", path, fields);
}
inline std::string post(std::string_view path, std::string_view body) {
    return fmt::format("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{}", path, body.size(), body);
}

}  // namespace peyk::http
