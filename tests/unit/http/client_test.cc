#include "http/client/client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "async/task_group.h"
#include "http/local_ca.h"
#include "http/proxies.h"
#include "raw_client.h"

namespace peyk::http {
namespace {

using namespace std::chrono_literals;

// A peer that does what it likes with each connection, on a thread of its own.
class Peer {
public:
    using Script = std::function<void(int fd)>;
    explicit Peer(Script script) : script_(std::move(script)), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        ::bind(fd_, reinterpret_cast<sockaddr*>(&at), size);
        ::listen(fd_, 64);
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
        port = ntohs(at.sin_port);
        thread_ = std::thread([this] { run(); });
    }
    ~Peer() {
        stopping = true;
        ::shutdown(fd_, SHUT_RDWR);
        thread_.join();
        ::close(fd_);
    }
    std::string url(std::string_view path = "/") const { return fmt::format("http://127.0.0.1:{}{}", port, path); }

    std::uint16_t port = 0;
    std::atomic<int> connections = 0;
    std::atomic<bool> stopping = false;

private:
    void run() {
        std::vector<std::thread> talks;
        for (int fd; (fd = ::accept(fd_, nullptr, nullptr)) >= 0;) {
            ++connections;
            talks.emplace_back([this, fd] {
                script_(fd);
                ::close(fd);
            });
        }
        for (auto& talk : talks) talk.join();
    }
    Script script_;
    int fd_;
    std::thread thread_;
};

void say(int fd, std::string_view text) { ::send(fd, text.data(), text.size(), MSG_NOSIGNAL); }

// Reads one request without a body; false at the end.
bool hear(int fd) {
    std::string all;
    char byte;
    while (!all.ends_with("\r\n\r\n")) {
        if (::recv(fd, &byte, 1, 0) != 1) return false;
        all += byte;
    }
    return true;
}

Peer::Script answers(std::string text) {
    return [text](int fd) {
        if (hear(fd)) say(fd, text);
    };
}

class Names final : public Resolver {
public:
    explicit Names(std::map<std::string, std::vector<std::string>> names) : names_(std::move(names)) {}
    void resolve(std::string host, Done done) override {
        Addresses out;
        for (const auto& text : names_[host]) out.push_back(*parse_address(text));
        if (out.empty()) return done(fail(Errc::unavailable, "no such name"));
        done(std::move(out));
    }

private:
    std::map<std::string, std::vector<std::string>> names_;
};

struct Caller {
    WorkerPool workers{"callers", 4};
    std::unique_ptr<Client> client;
    explicit Caller(ClientOptions options = {}, std::unique_ptr<Resolver> names = nullptr) {
        auto made = Client::make(std::move(options), std::move(names));
        client = std::move(made).value();
    }
    Result<ClientResponse> get(const std::string& url, Reach reach = Reach::operator_named, Millis time = 5s) {
        auto request = to(url, reach);
        request.time = time;
        return send(std::move(request));
    }
    Result<ClientResponse> send(ClientRequest request, std::stop_token stop = {}) {
        return run_blocking(workers, client->send(std::move(request), std::move(stop)));
    }
    static ClientRequest to(const std::string& url, Reach reach = Reach::operator_named) {
        ClientRequest request;
        request.url = Url::parse(url).value();
        request.reach = reach;
        return request;
    }
};

Errc code(const Result<ClientResponse>& result) { return result ? Errc::internal : result.error().code; }

TEST(Url, is_read_as_the_standard_says) {
    struct Case {
        std::string_view text, out;
    };
    const Case good[] = {
        {"http://example.org", "http://example.org/"},
        {"HTTPS://Example.ORG:443/a?b=c#d", "https://example.org/a?b=c"},
        {"http://example.org:8080?x", "http://example.org:8080/?x"},
        {"https://[2001:DB8::1]:8448/", "https://[2001:db8::1]:8448/"},
        {"http://example.org:/x", "http://example.org/x"},
    };
    for (const auto& c : good) {
        auto url = Url::parse(c.text);
        ASSERT_TRUE(url) << c.text;
        EXPECT_EQ(url->str(), c.out);
    }
    for (std::string_view text :
         {"", "example.org", "ftp://example.org/", "http://", "http://user@example.org/", "http://a b/", "http://a/ b",
          "http://a:0/", "http://a:65536/", "http://a:1x/", "http://[::1/", "http://[::1]x/", "http://a\\b/",
          "http://ex\xc3\xa4mple/", "http://a/\r\nHost: b", "javascript:alert(1)", "http://[fe80::1%25eth0]/"}) {
        EXPECT_FALSE(Url::parse(text)) << text;
    }
}

TEST(Url, resolves_locations) {
    auto base = Url::parse("https://a.example/x/y?z").value();
    struct Case {
        std::string_view location, out;
    };
    const Case cases[] = {
        {"/b", "https://a.example/b"},
        {"b", "https://a.example/x/b"},
        {"../b?q", "https://a.example/b?q"},
        {"../../../b", "https://a.example/b"},
        {"?q", "https://a.example/x/y?q"},
        {"", "https://a.example/x/y?z"},
        {"#f", "https://a.example/x/y?z"},
        {"//b.example/c", "https://b.example/c"},
        {"http://b.example:81", "http://b.example:81/"},
        {"/a/./b/..", "https://a.example/a/"},
    };
    for (const auto& c : cases) {
        auto url = base.resolve(c.location);
        ASSERT_TRUE(url) << c.location;
        EXPECT_EQ(url->str(), c.out) << c.location;
    }
    EXPECT_FALSE(base.resolve("gopher://b"));
    EXPECT_FALSE(base.resolve("/a b"));
}

TEST(AddressPolicy, lets_strangers_reach_public_addresses_only) {
    for (std::string_view text : {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.1.1.1",
                                  "172.15.255.255", "172.32.0.0", "192.167.1.1", "198.17.255.255", "198.20.0.0",
                                  "223.255.255.255", "2606:4700::1111", "2a00::1", "64:ff9b::1.1.1.1"}) {
        EXPECT_TRUE(is_public_address(*parse_address(text))) << text;
    }
    for (std::string_view text : {"0.0.0.0",
                                  "0.1.2.3",
                                  "10.0.0.1",
                                  "100.64.0.1",
                                  "100.127.255.255",
                                  "127.0.0.1",
                                  "127.255.0.1",
                                  "169.254.169.254",
                                  "172.16.0.1",
                                  "172.31.255.255",
                                  "192.0.0.8",
                                  "192.0.2.1",
                                  "192.168.1.1",
                                  "198.18.0.1",
                                  "198.19.255.255",
                                  "198.51.100.1",
                                  "203.0.113.1",
                                  "224.0.0.1",
                                  "239.1.1.1",
                                  "240.0.0.1",
                                  "255.255.255.255",
                                  "::",
                                  "::1",
                                  "::127.0.0.1",
                                  "::ffff:127.0.0.1",
                                  "::ffff:10.0.0.1",
                                  "::ffff:169.254.169.254",
                                  "64:ff9b::10.0.0.1",
                                  "64:ff9b:1::1",
                                  "100::1",
                                  "2001::1",
                                  "2001:db8::1",
                                  "2002:7f00:1::",
                                  "3fff::1",
                                  "5f00::1",
                                  "fc00::1",
                                  "fd12::1",
                                  "fe80::1",
                                  "fec0::1",
                                  "ff02::1"}) {
        EXPECT_FALSE(is_public_address(*parse_address(text))) << text;
    }
    for (std::string_view text : {"0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1"})
        EXPECT_FALSE(is_dialable_address(*parse_address(text))) << text;
    for (std::string_view text : {"127.0.0.1", "10.0.0.1", "::1", "fd12::1"})
        EXPECT_TRUE(is_dialable_address(*parse_address(text))) << text;
}

TEST(Client, sends_and_keeps_connections) {
    TestServer server;
    server.add(Method::get, "/hello", hello);
    server.add(Method::post, "/echo", echo, 8'000'000);
    server.start();
    Caller caller;
    auto base = fmt::format("http://127.0.0.1:{}", server.port());
    for (int i = 0; i < 3; ++i) {
        auto got = caller.get(base + "/hello");
        ASSERT_TRUE(got) << got.error().detail;
        EXPECT_EQ(got->status, 200);
        EXPECT_EQ(got->body, R"({"hello":"world"})");
    }
    auto request = Caller::to(base + "/echo");
    request.method = Method::post;
    request.body = std::string(3'000'000, 'x');
    request.max_body = 4'000'000;
    auto got = caller.send(request);
    ASSERT_TRUE(got) << got.error().detail;
    EXPECT_EQ(got->body, request.body);
    EXPECT_EQ(server.server->stats().connections_total, 1u);
    EXPECT_EQ(caller.client->idle_connections(), 1u);
}

TEST(Client, checks_certificates_and_names) {
    TestServer server;
    auto folder = std::filesystem::path(testing::TempDir()) / fmt::format("peyk-client-{}", ::getpid());
    std::filesystem::create_directories(folder);
    auto ca = ensure_local_ca(folder, {"127.0.0.1", "home.example"}, server.clock).value();
    server.config.listeners[0].tls = TlsFiles{ca.files.leaf.certificate, ca.files.leaf.key};
    server.add(Method::get, "/hello", hello);
    server.start();
    auto names = [] {
        std::map<std::string, std::vector<std::string>> map{{"home.example", {"127.0.0.1"}},
                                                            {"other.example", {"127.0.0.1"}}};
        return std::make_unique<Names>(std::move(map));
    };
    auto at = [&](std::string_view host) { return fmt::format("https://{}:{}/hello", host, server.port()); };

    Caller trusting({.extra_ca_files = {ca.files.ca.certificate}}, names());
    EXPECT_TRUE(trusting.get(at("home.example")));
    EXPECT_TRUE(trusting.get(at("127.0.0.1")));
    EXPECT_EQ(code(trusting.get(at("other.example"))), Errc::io) << "the certificate is for another name";
    EXPECT_EQ(code(trusting.get(at("localhost"))), Errc::unavailable);
    Caller strange({}, names());
    EXPECT_EQ(code(strange.get(at("home.example"))), Errc::io) << "nobody vouches for the certificate";
    Caller careless({.verify_certificates = false}, names());
    EXPECT_TRUE(careless.get(at("other.example")));

    // Found elsewhere, but still known by its name.
    auto request = Caller::to("https://home.example/hello");
    request.via = ClientRequest::Via{"127.0.0.1", server.port()};
    EXPECT_TRUE(trusting.send(request));
    request.url.host = "other.example";
    EXPECT_EQ(code(trusting.send(request)), Errc::io);

    EXPECT_FALSE(Client::make({.extra_ca_files = {folder / "none.pem"}}));
    std::filesystem::remove_all(folder);
}

TEST(Client, does_not_let_strangers_in) {
    Peer peer(answers("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    std::map<std::string, std::vector<std::string>> map{{"evil.example", {"127.0.0.1", "::1", "10.1.2.3"}},
                                                        {"two.example", {"127.0.0.2", "127.0.0.1"}}};
    Caller caller({}, std::make_unique<Names>(map));
    auto at = [&](std::string_view host) { return fmt::format("http://{}:{}/", host, peer.port); };
    for (auto host : {"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "evil.example"})
        EXPECT_EQ(code(caller.get(at(host), Reach::strangers)), Errc::forbidden) << host;
    EXPECT_EQ(peer.connections, 0) << "refused before a packet is sent";
    EXPECT_TRUE(caller.get(at("evil.example"), Reach::operator_named));

    // Names that the C library reads as addresses are judged by what it makes of them.
    Caller real;
    for (auto host : {"localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1"}) {
        auto got = code(real.get(at(host), Reach::strangers));
        EXPECT_TRUE(got == Errc::forbidden || got == Errc::unavailable) << host;
    }
    EXPECT_EQ(peer.connections, 1);

    Caller tests({.private_addresses = true}, std::make_unique<Names>(map));
    EXPECT_TRUE(tests.get(at("two.example"), Reach::strangers)) << "an address that is dead is passed over";
    EXPECT_EQ(code(tests.get(at("0.0.0.0"), Reach::strangers)), Errc::forbidden);
}

// A name whose answer is another each time, as of somebody who wants to be let in by the second one.
class ChangingNames final : public Resolver {
public:
    explicit ChangingNames(std::vector<std::string> answers) : answers_(std::move(answers)) {}
    void resolve(std::string, Done done) override {
        done(Addresses{*parse_address(answers_.at(std::min(asked++, answers_.size() - 1)))});
    }
    std::atomic<std::size_t> asked = 0;

private:
    std::vector<std::string> answers_;
};

TEST(Client, dials_what_it_judged_and_asks_once_for_each_connection) {
    Peer peer(answers("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    auto names =
        std::make_unique<ChangingNames>(std::vector<std::string>{"192.0.2.7", "127.0.0.1", "::ffff:127.0.0.1"});
    auto& asked = names->asked;
    Caller caller({.connect_time = 300ms}, std::move(names));
    auto url = fmt::format("http://rebind.example:{}/", peer.port);
    for (std::size_t i = 1; i <= 3; ++i) {
        EXPECT_EQ(code(caller.get(url, Reach::strangers)), Errc::forbidden);
        EXPECT_EQ(asked, i);
    }
    EXPECT_EQ(peer.connections, 0);
}

TEST(Client, asks_whether_an_address_is_allowed_before_each_request) {
    Peer second(answers("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    Peer first(
        answers(fmt::format("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", second.url("/second"))));
    Caller caller({.private_addresses = true});
    std::vector<std::string> asked;
    auto request = Caller::to(first.url("/first"), Reach::strangers);
    request.redirects = 2;
    request.allowed = [&](const Url& url) {
        asked.push_back(url.target);
        return url.target != "/second";
    };
    EXPECT_EQ(code(caller.send(request)), Errc::forbidden);
    EXPECT_EQ(asked, (std::vector<std::string>{"/first", "/second"}));
    EXPECT_EQ(second.connections, 0);
    request.allowed = [](const Url&) { return false; };
    EXPECT_EQ(code(caller.send(request)), Errc::forbidden);
    EXPECT_EQ(first.connections, 1);
}

TEST(Client, leaves_a_body_that_is_not_wanted) {
    Peer peer([](int fd) {
        if (!hear(fd)) return;
        say(fd, "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n");
        while (::send(fd, "noise", 5, MSG_NOSIGNAL) > 0) {
        }
    });
    Caller caller({.private_addresses = true});
    auto request = Caller::to(peer.url(), Reach::strangers);
    request.wants_body = [](const ClientResponse& response) {
        return response.headers.find("Content-Type") == "text/html";
    };
    auto got = caller.send(request);
    ASSERT_TRUE(got) << got.error().detail;
    EXPECT_EQ(got->status, 200);
    EXPECT_EQ(got->body, "");
    EXPECT_EQ(caller.client->idle_connections(), 0U);
}

TEST(Client, follows_redirects_only_when_told_and_never_inside) {
    Peer inside(answers("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret"));
    Peer peer([&](int fd) {
        while (hear(fd))
            say(fd, fmt::format("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", inside.url("/x")));
    });
    Caller caller;
    auto plain = caller.get(peer.url());
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->status, 302);
    auto request = Caller::to(peer.url());
    request.redirects = 3;
    EXPECT_EQ(code(caller.send(request)), Errc::forbidden) << "the operator did not name the second address";
    EXPECT_EQ(inside.connections, 0);

    std::atomic<bool> leaked = false;
    Peer target([&](int fd) {
        std::string all;
        char byte;
        while (!all.ends_with("\r\n\r\n") && ::recv(fd, &byte, 1, 0) == 1) all += byte;
        leaked = all.contains("Authorization");
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    Peer first(answers(fmt::format("HTTP/1.1 307 X\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", target.url("/x"))));
    Peer round([](int fd) {
        while (hear(fd)) say(fd, "HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n");
    });
    Caller open({.private_addresses = true});
    auto other = Caller::to(first.url());
    other.redirects = 1;
    other.headers.add("Authorization", "Bearer secret");
    auto got = open.send(other);
    ASSERT_TRUE(got) << got.error().detail;
    EXPECT_EQ(got->body, "ok");
    EXPECT_EQ(got->url.str(), target.url("/x"));
    EXPECT_FALSE(leaked);

    auto circle = Caller::to(round.url());
    circle.redirects = 5;
    auto last = open.send(circle);
    ASSERT_TRUE(last);
    EXPECT_EQ(last->status, 302);
    auto post = Caller::to(round.url());
    post.redirects = 5;
    post.method = Method::post;
    auto posted = open.send(post);
    ASSERT_TRUE(posted);
    EXPECT_EQ(posted->url.target, "/") << "only GET and HEAD are sent on";
}

TEST(Client, gives_up_on_peers_that_hang_or_drip) {
    auto hold = [](Peer*& self) {
        return [&self](int) {
            while (!self->stopping) std::this_thread::sleep_for(10ms);
        };
    };
    Peer* at = nullptr;
    Peer hangs(hold(at));
    at = &hangs;
    Caller caller;
    auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(code(caller.get(hangs.url(), Reach::operator_named, 200ms)), Errc::timeout);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);

    Peer* dripping = nullptr;
    Peer drips([&](int fd) {
        hear(fd);
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        while (!dripping->stopping) {
            say(fd, "x");
            std::this_thread::sleep_for(20ms);
        }
    });
    dripping = &drips;
    EXPECT_EQ(code(caller.get(drips.url(), Reach::operator_named, 300ms)), Errc::timeout);

    std::stop_source stop;
    auto canceller = std::thread([&] {
        std::this_thread::sleep_for(100ms);
        stop.request_stop();
    });
    EXPECT_EQ(code(caller.send(Caller::to(hangs.url()), stop.get_token())), Errc::cancelled);
    canceller.join();

    auto ended = std::async(std::launch::async, [&] { return code(caller.get(hangs.url())); });
    std::this_thread::sleep_for(100ms);
    caller.client->stop();
    EXPECT_EQ(ended.get(), Errc::cancelled);
    EXPECT_EQ(code(caller.get(hangs.url())), Errc::unavailable);
}

TEST(Client, reads_no_more_than_it_was_told_to) {
    auto flood = [](std::string first, std::string piece) {
        return [first, piece](int fd) {
            hear(fd);
            say(fd, first);
            while (::send(fd, piece.data(), piece.size(), MSG_NOSIGNAL) > 0) {
            }
        };
    };
    std::string kilo(1024, 'a');
    Peer chunks(flood("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "400\r\n" + kilo + "\r\n"));
    Peer endless(flood("HTTP/1.1 200 OK\r\n\r\n", kilo));
    Peer head(flood("HTTP/1.1 200 OK\r\n", "X-A: " + kilo + "\r\n"));
    Peer line(flood("HTTP/1.1 200 OK\r\nX-A: ", kilo));
    Peer says(answers("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n"));
    Caller caller;
    for (auto* peer : {&chunks, &endless, &head, &line, &says})
        EXPECT_EQ(code(caller.get(peer->url())), Errc::too_large);
}

TEST(Client, refuses_what_is_no_proper_answer) {
    const std::string cases[] = {
        "",
        "nonsense\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/1.1 101 Switching\r\n\r\n",
    };
    for (const auto& text : cases) {
        Peer peer(answers(text));
        EXPECT_EQ(code(Caller().get(peer.url())), Errc::io) << text;
    }
    Peer interim([](int fd) {
        hear(fd);
        for (int i = 0; i < 1000; ++i) say(fd, "HTTP/1.1 103 Hints\r\n\r\n");
    });
    EXPECT_EQ(code(Caller().get(interim.url())), Errc::io);
    Peer one(answers("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    auto got = Caller().get(one.url());
    ASSERT_TRUE(got);
    EXPECT_EQ(got->body, "ok");
    Peer closes(answers("HTTP/1.0 200 OK\r\n\r\nuntil the end"));
    auto body = Caller().get(closes.url());
    ASSERT_TRUE(body);
    EXPECT_EQ(body->body, "until the end");

    auto split = Caller::to(one.url());
    split.headers.add("X-A", "b\r\nX-Evil: c");
    EXPECT_EQ(code(Caller().send(split)), Errc::bad_request);
}

TEST(Client, replaces_kept_connections_that_died) {
    Peer peer(answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));  // closes without saying so
    Caller caller;
    for (int i = 0; i < 20; ++i) {
        auto got = caller.get(peer.url());
        ASSERT_TRUE(got) << i << got.error().detail;
        if (i == 10) std::this_thread::sleep_for(100ms);
    }
    EXPECT_EQ(peer.connections, 20);
    std::this_thread::sleep_for(100ms);
    EXPECT_EQ(caller.client->idle_connections(), 0u);

    Peer keeps([](int fd) {
        while (hear(fd)) say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    Caller brief({.idle_time = 50ms});
    ASSERT_TRUE(brief.get(keeps.url()));
    std::this_thread::sleep_for(300ms);
    EXPECT_EQ(brief.client->idle_connections(), 0u) << "kept for its time and no longer";
}

TEST(Client, gives_each_origin_its_turns) {
    std::atomic<int> at_once = 0, most = 0;
    Peer peer([&](int fd) {
        while (hear(fd)) {
            int now = ++at_once;
            for (int before = most; now > before && !most.compare_exchange_weak(before, now);) {
            }
            std::this_thread::sleep_for(20ms);
            --at_once;
            say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    });
    Caller caller({.per_origin = 2, .waiting = 30});
    std::atomic<int> good = 0, late = 0, refused = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 40; ++i) {
        threads.emplace_back([&, i] {
            auto request = Caller::to(peer.url());
            if (i % 5 == 0) request.time = 30ms;
            auto got = caller.send(std::move(request));
            if (got) {
                ++good;
            } else {
                ++(got.error().code == Errc::timeout ? late : refused);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_LE(most, 2 + late) << "a request that was given up may still be served";
    EXPECT_EQ(good + late + refused, 40);
    EXPECT_GE(good, 20);
    EXPECT_GE(refused, 5) << "more than the total at one time";
    ASSERT_TRUE(caller.get(peer.url())) << "turns that were given up are free again";
}

TEST(Client, hanging_strangers_leave_room_for_whom_the_operator_named) {
    std::vector<std::unique_ptr<Peer>> hanging;
    for (int i = 0; i < 8; ++i) {
        hanging.push_back(std::make_unique<Peer>([](int fd) {
            char byte = 0;
            while (recv(fd, &byte, 1, 0) > 0) {
            }
        }));
    }
    Peer good(answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    Caller caller({.private_addresses = true, .per_origin = 2, .total = 10});
    std::atomic<int> refused = 0, late = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 40; ++i) {
        threads.emplace_back([&, i] {
            auto request = Caller::to(hanging[static_cast<std::size_t>(i) % hanging.size()]->url());
            request.reach = Reach::strangers;
            request.time = 1500ms;
            auto got = caller.send(std::move(request));
            ASSERT_FALSE(got);
            ++(got.error().code == Errc::timeout ? late : refused);
        });
    }
    std::this_thread::sleep_for(300ms);
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(caller.get(good.url(), Reach::operator_named)) << "while all strangers hang";
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(refused + late, 40);
    EXPECT_GE(refused, 1) << "strangers have half of the places";
    EXPECT_TRUE(caller.get(good.url(), Reach::strangers)) << "and give them back";
}

TEST(Client, finds_names_where_the_operator_says) {
    Peer peer(answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    Caller caller({.host_overrides = {{"Far.example", fmt::format("127.0.0.1:{}", peer.port)}}});
    EXPECT_TRUE(caller.get("http://far.example/", Reach::strangers));
    EXPECT_FALSE(Client::make({.host_overrides = {{"far.example", "near.example:1"}}}));
}

}  // namespace
}  // namespace peyk::http
