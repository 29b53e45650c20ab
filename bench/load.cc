// A load generator for one machine: one thread, raw epoll, HTTP/1.1 kept alive, as little CPU as it can, since the
// server shares the two cores with it. Prints one JSON object.
//
//   bench_load run     PORT REQUESTS CONNECTIONS OUT      each request once; OUT: one answer's body a line
//   bench_load send    PORT SENDERS SECONDS WARMUP        each sender without pause: PUT a message, wait for its answer
//   bench_load hold    PORT POLLS SECONDS                 opens all long polls and keeps them open
//   bench_load listen  PORT POLLS SECONDS                 the same, and polls again after each answer
//   bench_load latency PORT PAIR ROUNDS PAUSE_MS          sender and reader: from the send to the reader's sync answer
//
// REQUESTS: lines "METHOD TARGET TOKEN BODY" ("-" for none). SENDERS: lines "TOKEN ROOM" (both percent-encoded as they
// go into the request). POLLS: lines "TOKEN SINCE". PAIR: "TOKEN ROOM" of the sender, then "TOKEN SINCE" of the reader.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void give_up(const std::string& why) {
    std::fprintf(stderr, "bench_load: %s\n", why.c_str());
    std::exit(1);
}

double seconds_between(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::vector<std::string> lines_of(const char* path) {
    std::ifstream file(path);
    if (!file) give_up(std::string("cannot read ") + path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

// `count` words divided by single spaces; the last one takes the rest of the line.
std::vector<std::string> words_of(const std::string& line, std::size_t count) {
    std::vector<std::string> words;
    std::size_t at = 0;
    while (words.size() + 1 < count) {
        auto end = line.find(' ', at);
        if (end == std::string::npos) give_up("a line has too few words: " + line.substr(0, 60));
        words.push_back(line.substr(at, end - at));
        at = end + 1;
    }
    words.push_back(line.substr(at));
    return words;
}

// 768 random bytes as base64 in the body of a message: 1 kB that no compression makes smaller than 768 bytes.
std::string message_body(std::mt19937_64& random) {
    constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string body = R"({"msgtype":"m.text","body":")";
    for (int word = 0; word < 1024 / 8; ++word) {
        std::uint64_t bits = random();
        for (int i = 0; i < 8; ++i, bits >>= 6) body.push_back(digits[bits & 63]);
    }
    return body + "\"}";
}

std::string request_text(std::string_view method, std::string_view target, std::string_view token,
                         std::string_view body) {
    std::string out;
    out.reserve(256 + target.size() + token.size() + body.size());
    out.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
    if (token != "-") out.append("Authorization: Bearer ").append(token).append("\r\n");
    if (method != "GET") {
        out.append("Content-Type: application/json\r\nContent-Length: ")
            .append(std::to_string(body.size()))
            .append("\r\n");
    }
    return out.append("\r\n").append(method == "GET" ? std::string_view{} : body);
}

struct Answer {
    int status = 0;
    std::string_view body;
};

// One kept-alive connection; at most one request under way.
class Connection {
public:
    explicit Connection(std::uint16_t port) {
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (fd_ < 0 || ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            give_up(std::string("connect: ") + std::strerror(errno));
        }
        int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() { ::close(fd_); }

    int fd() const { return fd_; }

    // Requests are small against the socket's buffer, so a blocking write does not wait.
    void send(std::string_view data) {
        sent_at = Clock::now();
        while (!data.empty()) {
            auto count = ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
            if (count <= 0) give_up(std::string("send: ") + std::strerror(errno));
            data.remove_prefix(static_cast<std::size_t>(count));
        }
    }

    // Reads what is there. True when a whole answer has come; it stays valid until the next call.
    bool receive(Answer& answer) {
        if (consumed_ > 0) {
            buffer_.erase(0, consumed_);
            consumed_ = 0;
        }
        auto size = buffer_.size();
        constexpr std::size_t kChunk = 16 * 1024;
        buffer_.resize(size + kChunk);
        auto count = ::recv(fd_, buffer_.data() + size, kChunk, MSG_DONTWAIT);
        buffer_.resize(size + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        if (count == 0) give_up("the server closed a connection");
        if (count < 0 && errno != EAGAIN) give_up(std::string("recv: ") + std::strerror(errno));
        return parse(answer);
    }

    Clock::time_point sent_at;
    std::size_t work = 0;  // what the connection is busy with, an index of the mode

private:
    bool parse(Answer& answer) {
        auto head_end = buffer_.find("\r\n\r\n");
        if (head_end == std::string::npos) return false;
        std::string_view head(buffer_.data(), head_end);
        std::size_t length = 0;
        bool known = false;
        for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
            auto line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
            constexpr std::string_view kName = "content-length:";
            if (line.size() > kName.size() && ::strncasecmp(line.data(), kName.data(), kName.size()) == 0) {
                auto digits = line.substr(line.find_first_not_of(' ', kName.size()));
                std::from_chars(digits.data(), digits.data() + digits.size(), length);
                known = true;
            }
        }
        if (!known) give_up("an answer without Content-Length");
        if (buffer_.size() < head_end + 4 + length) return false;
        std::from_chars(buffer_.data() + 9, buffer_.data() + 12, answer.status);
        answer.body = std::string_view(buffer_).substr(head_end + 4, length);
        consumed_ = head_end + 4 + length;
        return true;
    }

    int fd_ = -1;
    std::string buffer_;
    std::size_t consumed_ = 0;
};

class Poller {
public:
    Poller() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {}
    ~Poller() { ::close(fd_); }
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    void add(Connection& connection) {
        epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
        if (::epoll_ctl(fd_, EPOLL_CTL_ADD, connection.fd(), &event) != 0) give_up("epoll_ctl");
    }
    // Calls act(connection, answer) for each whole answer that arrives within the time.
    template <class Act>
    void wait(int milliseconds, Act act) {
        epoll_event events[128];
        int count = ::epoll_wait(fd_, events, 128, milliseconds);
        for (int i = 0; i < count; ++i) {
            auto& connection = *static_cast<Connection*>(events[i].data.ptr);
            Answer answer;
            if (connection.receive(answer)) act(connection, answer);
        }
    }

private:
    int fd_;
};

std::vector<std::unique_ptr<Connection>> connect_all(Poller& poller, std::uint16_t port, std::size_t count) {
    std::vector<std::unique_ptr<Connection>> connections;
    for (std::size_t i = 0; i < count; ++i) {
        connections.push_back(std::make_unique<Connection>(port));
        connections.back()->work = i;
        poller.add(*connections.back());
    }
    return connections;
}

double percentile(std::vector<double>& sorted, double part) {
    if (sorted.empty()) return 0;
    return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(part * static_cast<double>(sorted.size())))];
}

int run_requests(std::uint16_t port, const char* file, std::size_t width, const char* out_path) {
    auto lines = lines_of(file);
    std::vector<std::string> bodies(lines.size());
    std::size_t next = 0, done = 0, failed = 0;
    Poller poller;
    auto connections = connect_all(poller, port, std::min(width, lines.size()));
    auto start = [&](Connection& connection) {
        if (next == lines.size()) return;
        auto words = words_of(lines[next], 4);
        connection.work = next++;
        connection.send(request_text(words[0], words[1], words[2], words[3]));
    };
    auto began = Clock::now();
    for (auto& connection : connections) start(*connection);
    while (done < lines.size()) {
        poller.wait(30'000, [&](Connection& connection, const Answer& answer) {
            bodies[connection.work] = std::string(answer.body);
            ++done;
            if (answer.status != 200) {
                if (failed++ == 0)
                    std::fprintf(stderr, "first failure: %d %s\n", answer.status, bodies[connection.work].c_str());
            }
            start(connection);
        });
    }
    std::ofstream out(out_path);
    for (auto& body : bodies) {
        std::replace(body.begin(), body.end(), '\n', ' ');
        out << body << '\n';
    }
    std::printf("{\"requests\":%zu,\"failed\":%zu,\"seconds\":%.3f}\n", done, failed,
                seconds_between(began, Clock::now()));
    return failed == 0 ? 0 : 1;
}

int run_send(std::uint16_t port, const char* file, double seconds, double warmup) {
    struct Sender {
        std::string token, room;
    };
    std::vector<Sender> senders;
    for (const auto& line : lines_of(file)) {
        auto words = words_of(line, 2);
        senders.push_back({words[0], words[1]});
    }
    std::mt19937_64 random(std::random_device{}());
    const auto run = std::to_string(random() & 0xffffff);
    std::size_t sequence = 0, failed = 0;
    std::vector<double> latencies;
    latencies.reserve(1'000'000);
    Poller poller;
    auto connections = connect_all(poller, port, senders.size());
    auto send_next = [&](Connection& connection) {
        const auto& sender = senders[connection.work];
        auto target = "/_matrix/client/v3/rooms/" + sender.room + "/send/m.room.message/b" + run + "-" +
                      std::to_string(sequence++);
        connection.send(request_text("PUT", target, sender.token, message_body(random)));
    };
    const auto began = Clock::now();
    auto measured_from = began;
    double cpu_from = cpu_seconds();
    bool warm = warmup <= 0;
    for (auto& connection : connections) send_next(*connection);
    for (;;) {
        auto now = Clock::now();
        if (!warm && seconds_between(began, now) >= warmup) {
            warm = true;
            latencies.clear();
            measured_from = now;
            cpu_from = cpu_seconds();
            std::printf("measuring\n");  // whoever reads the server's CPU time begins here, and ends at "measured"
            std::fflush(stdout);
        }
        if (warm && seconds_between(measured_from, now) >= seconds) break;
        poller.wait(100, [&](Connection& connection, const Answer& answer) {
            if (answer.status == 200) {
                latencies.push_back(seconds_between(connection.sent_at, Clock::now()));
            } else if (failed++ == 0) {
                std::fprintf(stderr, "first failure: %d %.*s\n", answer.status, static_cast<int>(answer.body.size()),
                             answer.body.data());
            }
            send_next(connection);
        });
    }
    double took = seconds_between(measured_from, Clock::now());
    double cpu = cpu_seconds() - cpu_from;
    std::printf("measured\n");
    std::fflush(stdout);
    std::sort(latencies.begin(), latencies.end());
    std::printf(
        "{\"sends\":%zu,\"failed\":%zu,\"seconds\":%.3f,\"sends_per_second\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
        "\"max_ms\":%.3f,\"generator_cpu_seconds\":%.3f}\n",
        latencies.size(), failed, took, static_cast<double>(latencies.size()) / took, percentile(latencies, 0.5) * 1e3,
        percentile(latencies, 0.99) * 1e3, latencies.empty() ? 0.0 : latencies.back() * 1e3, cpu);
    return failed == 0 ? 0 : 1;
}

std::string sync_request(std::string_view token, std::string_view since, int timeout_ms) {
    auto target = "/_matrix/client/v3/sync?timeout=" + std::to_string(timeout_ms) + "&since=" + std::string(since);
    return request_text("GET", target, token, {});
}

int run_hold(std::uint16_t port, const char* file, double seconds) {
    auto lines = lines_of(file);
    Poller poller;
    std::vector<std::unique_ptr<Connection>> connections;
    std::size_t answered = 0;
    auto count = [&](Connection&, const Answer&) { ++answered; };
    for (const auto& line : lines) {
        auto words = words_of(line, 2);
        connections.push_back(std::make_unique<Connection>(port));
        poller.add(*connections.back());
        connections.back()->send(sync_request(words[0], words[1], 600'000));
        poller.wait(0, count);
    }
    std::printf("holding\n");
    std::fflush(stdout);
    auto began = Clock::now();
    while (seconds_between(began, Clock::now()) < seconds) poller.wait(200, count);
    std::printf("{\"polls\":%zu,\"answered\":%zu}\n", connections.size(), answered);
    return 0;
}

std::string next_batch_of(std::string_view body) {
    constexpr std::string_view kKey = "\"next_batch\":\"";
    auto at = body.find(kKey);
    if (at == std::string_view::npos) give_up("a sync answer without next_batch: " + std::string(body.substr(0, 200)));
    auto from = at + kKey.size();
    return std::string(body.substr(from, body.find('"', from) - from));
}

// Every answer is followed by the next poll, as clients do. The waits are from the request to the answer.
int run_listen(std::uint16_t port, const char* file, double seconds) {
    std::vector<std::string> tokens;
    Poller poller;
    std::vector<std::unique_ptr<Connection>> connections;
    std::size_t answers = 0, failed = 0, bytes = 0;
    auto next = [&](Connection& connection, const Answer& answer) {
        ++answers;
        bytes += answer.body.size();
        if (answer.status != 200) {
            if (failed++ == 0) std::fprintf(stderr, "first failure: %d\n", answer.status);
            return;
        }
        connection.send(sync_request(tokens[connection.work], next_batch_of(answer.body), 30'000));
    };
    for (const auto& line : lines_of(file)) {
        auto words = words_of(line, 2);
        connections.push_back(std::make_unique<Connection>(port));
        connections.back()->work = tokens.size();
        tokens.push_back(words[0]);
        poller.add(*connections.back());
        connections.back()->send(sync_request(words[0], words[1], 30'000));
        poller.wait(0, next);
    }
    std::printf("listening\n");
    std::fflush(stdout);
    auto began = Clock::now();
    while (seconds_between(began, Clock::now()) < seconds) poller.wait(100, next);
    std::printf("{\"listeners\":%zu,\"answers\":%zu,\"failed\":%zu,\"answers_per_second\":%.0f,\"bytes_each\":%zu}\n",
                connections.size(), answers, failed, static_cast<double>(answers) / seconds,
                bytes / std::max<std::size_t>(1, answers));
    return failed == 0 ? 0 : 1;
}

int run_latency(std::uint16_t port, const char* file, int rounds, int pause_ms) {
    auto lines = lines_of(file);
    if (lines.size() < 2) give_up("PAIR has two lines");
    auto sender = words_of(lines[0], 2), reader = words_of(lines[1], 2);
    std::mt19937_64 random(std::random_device{}());
    Connection sending(port), reading(port);
    Poller poller;
    poller.add(sending);
    poller.add(reading);
    std::vector<double> sends, syncs;
    std::string since = reader[1];
    const auto run = std::to_string(random() & 0xffffff);
    for (int round = 0; round < rounds; ++round) {
        reading.send(sync_request(reader[0], since, 30'000));
        ::usleep(static_cast<useconds_t>(pause_ms) * 1000);
        auto target =
            "/_matrix/client/v3/rooms/" + sender[1] + "/send/m.room.message/l" + run + "-" + std::to_string(round);
        sending.send(request_text("PUT", target, sender[0], message_body(random)));
        auto began = sending.sent_at;
        bool sent = false, seen = false;
        while (!sent || !seen) {
            poller.wait(10'000, [&](Connection& connection, const Answer& answer) {
                if (answer.status != 200)
                    give_up("status " + std::to_string(answer.status) + ": " + std::string(answer.body.substr(0, 200)));
                double took = seconds_between(began, Clock::now());
                if (&connection == &sending) {
                    sends.push_back(took);
                    sent = true;
                    return;
                }
                since = next_batch_of(answer.body);
                if (answer.body.find("m.room.message") == std::string_view::npos) {
                    reading.send(sync_request(reader[0], since, 30'000));  // woken by something else
                    return;
                }
                syncs.push_back(took);
                seen = true;
            });
        }
    }
    std::sort(sends.begin(), sends.end());
    std::sort(syncs.begin(), syncs.end());
    std::printf("{\"rounds\":%d,\"send_p50_ms\":%.3f,\"sync_p50_ms\":%.3f,\"sync_p99_ms\":%.3f}\n", rounds,
                percentile(sends, 0.5) * 1e3, percentile(syncs, 0.5) * 1e3, percentile(syncs, 0.99) * 1e3);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string_view mode = argc > 1 ? argv[1] : "";
    auto port = static_cast<std::uint16_t>(argc > 2 ? std::atoi(argv[2]) : 0);
    if (mode == "run" && argc == 6) return run_requests(port, argv[3], std::strtoul(argv[4], nullptr, 10), argv[5]);
    if (mode == "send" && argc == 6) return run_send(port, argv[3], std::atof(argv[4]), std::atof(argv[5]));
    if (mode == "hold" && argc == 5) return run_hold(port, argv[3], std::atof(argv[4]));
    if (mode == "listen" && argc == 5) return run_listen(port, argv[3], std::atof(argv[4]));
    if (mode == "latency" && argc == 6) return run_latency(port, argv[3], std::atoi(argv[4]), std::atoi(argv[5]));
    give_up("see the head of bench/load.cc for its arguments");
}
