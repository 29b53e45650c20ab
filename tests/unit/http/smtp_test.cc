#include "http/smtp.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "base/bytes.h"

namespace peyk::http {
namespace {

// A mail server of the oldest kind: knows HELO only, and takes one mail.
class OldMailServer {
public:
    explicit OldMailServer(std::string refused = {}) : refused_(std::move(refused)) {
        listener_ = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(listen(listener_, 1), 0);
        socklen_t size = sizeof address;
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~OldMailServer() {
        shutdown(listener_, SHUT_RDWR);
        close(listener_);
        thread_.join();
    }
    void end() {
        shutdown(listener_, SHUT_RDWR);
        thread_.join();
        thread_ = std::thread([] {});
    }

    std::uint16_t port = 0;
    std::vector<std::string> commands;
    std::string data;

private:
    void serve() {
        int peer = accept(listener_, nullptr, nullptr);
        if (peer < 0) return;
        say(peer, "220-two\r\n220 lines");
        std::string pending;
        bool in_data = false;
        char buffer[4096];
        for (ssize_t got; (got = read(peer, buffer, sizeof buffer)) > 0;) {
            pending.append(buffer, static_cast<std::size_t>(got));
            for (std::size_t end; (end = pending.find("\r\n")) != std::string::npos;) {
                auto line = pending.substr(0, end);
                pending.erase(0, end + 2);
                if (in_data) {
                    if (line == ".") {
                        in_data = false;
                        say(peer, "250 taken");
                    } else {
                        data += line + "\n";
                    }
                    continue;
                }
                commands.push_back(line);
                auto verb = line.substr(0, 4);
                if (verb == refused_) {
                    say(peer, "550 no");
                } else if (verb == "EHLO") {
                    say(peer, "500 what");
                } else if (verb == "DATA") {
                    in_data = true;
                    say(peer, "354 go on");
                } else {
                    say(peer, "250 good");
                }
            }
        }
        close(peer);
    }
    static void say(int peer, std::string line) {
        line += "\r\n";
        (void)!write(peer, line.data(), line.size());
    }

    std::string refused_;
    int listener_;
    std::thread thread_;
};

MailServer settings(std::uint16_t port) {
    MailServer server;
    server.host = "127.0.0.1";
    server.port = port;
    server.security = MailSecurity::none;
    server.from = "noreply@test.example";
    server.helo_name = "test.example";
    server.time = Millis{5'000};
    return server;
}

TEST(Smtp, HandsAMailToTheOldestServer) {
    OldMailServer server;
    auto sent = send_mail(settings(server.port), {"ada@example.org", "Sübject", "first line\n.\nlast line"});
    ASSERT_TRUE(sent) << sent.error().detail;
    server.end();
    EXPECT_EQ(server.commands[0], "EHLO test.example");
    EXPECT_EQ(server.commands[1], "HELO test.example");
    EXPECT_EQ(server.commands[2], "MAIL FROM:<noreply@test.example>");
    EXPECT_EQ(server.commands[3], "RCPT TO:<ada@example.org>");
    auto body = server.data.substr(server.data.find("\n\n") + 2);
    std::erase(body, '\n');
    EXPECT_EQ(base64_decode(body), "first line\n.\nlast line");
    EXPECT_NE(server.data.find("To: <ada@example.org>\n"), std::string::npos);
}

TEST(Smtp, SaysWhatTheServerRefused) {
    OldMailServer server("RCPT");
    auto sent = send_mail(settings(server.port), {"ada@example.org", "s", "t"});
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, Errc::forbidden);
    EXPECT_EQ(sent.error().detail.find("ada"), std::string::npos) << "addresses do not reach logs";
}

TEST(Smtp, NeverSendsAddressesWithCommandsInThem) {
    for (const char* to : {"a@b.example\r\nRCPT TO:<c@d.example>", "a b@c.example", "nobody", "<a@b.example>"}) {
        auto sent = send_mail(settings(1), {to, "s", "t"});
        ASSERT_FALSE(sent);
        EXPECT_EQ(sent.error().code, Errc::bad_request) << to;
    }
}

TEST(Smtp, FailsWhereNobodyListens) {
    auto server = settings(1);
    server.time = Millis{1'000};
    auto sent = send_mail(server, {"a@b.example", "s", "t"});
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, Errc::unavailable);
}

// One that says `first` to whoever comes, and then `again` and `again`, until the other side has enough.
class HostileMailServer {
public:
    HostileMailServer(std::string first, std::string again, int pause_ms)
        : first_(std::move(first)), again_(std::move(again)), pause_ms_(pause_ms) {
        listener_ = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(listen(listener_, 1), 0);
        socklen_t size = sizeof address;
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
        thread_ = std::jthread([this](std::stop_token stop) { serve(std::move(stop)); });
    }
    ~HostileMailServer() {
        thread_.request_stop();
        shutdown(listener_, SHUT_RDWR);
        close(listener_);
    }
    std::uint16_t port = 0;

private:
    void serve(std::stop_token stop) {
        int peer = accept(listener_, nullptr, nullptr);
        if (peer < 0) return;
        bool there = send(peer, first_.data(), first_.size(), MSG_NOSIGNAL) >= 0;
        while (there && !stop.stop_requested()) {
            if (!again_.empty()) there = send(peer, again_.data(), again_.size(), MSG_NOSIGNAL) > 0;
            std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms_));
        }
        close(peer);
    }

    std::string first_, again_;
    int pause_ms_;
    int listener_;
    std::jthread thread_;
};

TEST(Smtp, GivesUpOnServersThatHangDripOrNeverEnd) {
    struct Case {
        const char* what;
        std::string first, again;
        int pause_ms;
    };
    const Case cases[] = {{"hangs", "", "", 20},
                          {"hangs after the greeting", "220 hello\r\n", "", 20},
                          {"drips", "220", "x", 100},
                          {"drips lines", "220-a\r\n", "220-b\r\n", 100},
                          {"never ends", "220", std::string(64 * 1024, 'x'), 0},
                          {"never ends its lines", "220-a\r\n", "220-b\r\n", 0},
                          {"talks HTTP", "HTTP/1.1 200 OK\r\n\r\n", "", 20},
                          {"says nothing in particular", "\r\n", "", 20}};
    for (const auto& one : cases) {
        HostileMailServer hostile(one.first, one.again, one.pause_ms);
        auto server = settings(hostile.port);
        server.time = Millis{1'000};
        auto began = std::chrono::steady_clock::now();
        auto sent = send_mail(server, {"ada@example.org", "s", "t"});
        EXPECT_FALSE(sent) << one.what;
        EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(8)) << one.what;
    }
}

TEST(Smtp, LongTextsAreWrapped) {
    auto message = mail_message(settings(1), {"a@b.example", "s", std::string(10'000, 'x')}, "date", "id");
    for (std::size_t at = 0; at < message.size();) {
        auto end = message.find("\r\n", at);
        ASSERT_NE(end, std::string::npos);
        EXPECT_LE(end - at, 200u);
        at = end + 2;
    }
}

}  // namespace
}  // namespace peyk::http
