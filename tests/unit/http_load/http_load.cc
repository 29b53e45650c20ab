// http_load poll N               N connections with a long poll each: memory of the server process for one
// http_load idle N               the same for connections that wait for their next request
// http_load requests N SECONDS   N connections, one small request after another: CPU of the server for one
// The server is a child process, so that its memory and time are its own.

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "async/timers.h"
#include "http/server.h"

namespace {

using namespace peyk;
using namespace peyk::http;

Task<Response> park(Timers& timers, Request request) {
    auto hangup = request.hangup;
    co_await sleep_for(timers, Millis{3'600'000}, hangup);
    co_return Response::json(200, "{}");
}
Task<Response> small(Request) {
    co_return Response::json(200, R"({"event_id":"$0123456789012345678901234567890123456789012"})");
}

[[noreturn]] void serve(int port_pipe) {
    SystemClock clock;
    Timers timers(clock);
    WorkerPool workers("workers", 2);
    Router router;
    auto poll = [&timers](Request request) { return park(timers, std::move(request)); };
    router.add(Route{.method = Method::get, .pattern = "/_matrix/client/v3/sync", .handler = poll, .long_poll = true});
    router.add(
        Route{.method = Method::put, .pattern = "/_matrix/client/v3/rooms/{room}/send/{type}/{txn}", .handler = small});
    ServerConfig config;
    config.listeners = {Listener{"127.0.0.1", 0, {}}};
    Server server(std::move(config), router, workers);
    if (auto started = server.start(); !started) panic(started.error().detail);
    auto port = server.ports()[0];
    if (::write(port_pipe, &port, sizeof port) != sizeof port) panic("no parent");
    for (;;) ::pause();
}

int connect_to(std::uint16_t port, std::size_t number) {
    int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(number / 20'000));
    if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) panic("cannot connect");
    return fd;
}

struct Usage {
    long rss_kb = 0;
    double user = 0, system = 0;
};

Usage usage(pid_t pid) {
    Usage usage;
    std::ifstream status(fmt::format("/proc/{}/status", pid));
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) usage.rss_kb = std::stol(line.substr(6));
    }
    std::ifstream stat(fmt::format("/proc/{}/stat", pid));
    std::string word;
    for (int i = 1; i <= 15 && stat >> word; ++i) {
        auto seconds = [&] { return std::stod(word) / static_cast<double>(::sysconf(_SC_CLK_TCK)); };
        if (i == 14) usage.user = seconds();
        if (i == 15) usage.system = seconds();
    }
    return usage;
}

const std::string kPoll =
    "GET /_matrix/client/v3/sync?since=s72594_4483_1934&timeout=30000 HTTP/1.1\r\nHost: home.example\r\n"
    "Authorization: Bearer syt_YWxpY2U_0123456789abcdefghij_0Ab1Cd\r\nUser-Agent: Element/1.11.80\r\n"
    "Accept: application/json\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: de,en\r\n\r\n";
const std::string kBody = R"({"msgtype":"m.text","body":"hello"})";
const std::string kSend = fmt::format(
    "PUT /_matrix/client/v3/rooms/%21abc%3Ahome.example/send/m.room.message/m1 HTTP/1.1\r\nHost: home.example\r\n"
    "Authorization: Bearer syt_YWxpY2U_0123456789abcdefghij_0Ab1Cd\r\nUser-Agent: load\r\nAccept: */*\r\n"
    "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
    kBody.size(), kBody);

void measure_memory(pid_t server, std::uint16_t port, std::size_t count, bool parked) {
    auto talk = [&](int fd, const std::string& request, bool answer) {
        if (::send(fd, request.data(), request.size(), 0) < 0) panic("cannot send");
        char bytes[4096];
        if (answer && ::recv(fd, bytes, sizeof bytes, 0) <= 0) panic("no answer");
    };
    int warm = connect_to(port, 0);
    for (int i = 0; i < 1000; ++i) talk(warm, kSend, true);
    auto before = usage(server);
    std::vector<int> sockets;
    for (std::size_t i = 0; i < count; ++i) {
        sockets.push_back(connect_to(port, i));
        if (parked) {
            talk(sockets.back(), kPoll, false);
        } else {
            talk(sockets.back(), kSend, true);
        }
    }
    std::this_thread::sleep_for(std::chrono::seconds(2));
    auto after = usage(server);
    fmt::print("{} connections {}: {:.0f} bytes of the server process each\n", count, parked ? "parked" : "idle",
               static_cast<double>(after.rss_kb - before.rss_kb) * 1024.0 / static_cast<double>(count));
}

void measure_requests(pid_t server, std::uint16_t port, std::size_t count, int seconds) {
    int poll = ::epoll_create1(0);
    for (std::size_t i = 0; i < count; ++i) {
        int fd = connect_to(port, i);
        epoll_event event{EPOLLIN, {.fd = fd}};
        ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
        ::send(fd, kSend.data(), kSend.size(), 0);
    }
    auto before = usage(server);
    auto begun = std::chrono::steady_clock::now();
    std::uint64_t done = 0;
    std::array<epoll_event, 256> events;
    while (std::chrono::steady_clock::now() - begun < std::chrono::seconds(seconds)) {
        int ready = ::epoll_wait(poll, events.data(), events.size(), 100);
        for (int i = 0; i < ready; ++i) {
            char bytes[4096];
            int fd = events[static_cast<std::size_t>(i)].data.fd;
            if (::recv(fd, bytes, sizeof bytes, 0) <= 0) panic("the server closed");
            ++done;
            ::send(fd, kSend.data(), kSend.size(), 0);
        }
    }
    auto after = usage(server);
    auto each = [&](double spent) { return spent * 1e6 / static_cast<double>(done); };
    fmt::print("{} connections: {} requests/s, server {:.1f} us user + {:.1f} us system each\n", count,
               done / static_cast<std::uint64_t>(seconds), each(after.user - before.user),
               each(after.system - before.system));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        fmt::print("usage: http_load poll|idle N | requests N SECONDS\n");
        return 2;
    }
    std::string mode = argv[1];
    rlimit files{200'000, 200'000};
    ::setrlimit(RLIMIT_NOFILE, &files);
    int pipe_ends[2];
    if (::pipe(pipe_ends) != 0) return 1;
    pid_t server = ::fork();
    if (server == 0) serve(pipe_ends[1]);
    std::uint16_t port = 0;
    if (::read(pipe_ends[0], &port, sizeof port) != sizeof port) return 1;
    auto count = std::stoul(argv[2]);
    if (mode == "requests") {
        measure_requests(server, port, count, argc > 3 ? std::stoi(argv[3]) : 5);
    } else {
        measure_memory(server, port, count, mode == "poll");
    }
    ::kill(server, SIGKILL);
    ::waitpid(server, nullptr, 0);
    return 0;
}
