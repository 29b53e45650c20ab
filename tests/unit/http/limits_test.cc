// What hostile or broken clients meet on the wire.
#include "raw_client.h"

namespace peyk::http {
namespace {

TEST(Framing, ambiguous_requests_get_400_and_the_connection_ends) {
    TestServer t;
    t.add(Method::post, "/echo", echo);
    t.start();
    const std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\n";
    const std::string bad[] = {
        head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        head + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloGET / HTTP/1.1\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        head + "X: a\r\n folded\r\n\r\n",
        head + std::string("X: \0\r\n\r\n", 9),
    };
    for (const auto& request : bad) {
        RawClient client(t.port());
        // A second request behind the bad one must never be served.
        client.send(request + get("/echo"));
        auto answer = client.read();
        EXPECT_EQ(answer.status, 400) << request;
        EXPECT_NE(answer.body.find(R"("errcode":"M_NOT_JSON")"), std::string::npos) << answer.body;
        EXPECT_EQ(answer.field("Connection"), "close");
        EXPECT_EQ(answer.field("Access-Control-Allow-Origin"), "*");
        EXPECT_EQ(client.read(true, Millis{300}).status, 0) << request;
        EXPECT_TRUE(client.closed());
    }
    EXPECT_EQ(t.server->stats().rejected_total, std::size(bad));
}

TEST(Limits, large_bodies_are_refused_without_reading_them) {
    TestServer t;
    t.add(Method::post, "/echo", echo, 1000);
    t.start();
    RawClient declared(t.port());
    auto answer = declared.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\nxxx");
    EXPECT_EQ(answer.status, 413);
    EXPECT_NE(answer.body.find("M_TOO_LARGE"), std::string::npos);

    RawClient chunked(t.port());
    chunked.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    std::string chunk = "100\r\n" + std::string(256, 'x') + "\r\n";
    for (int i = 0; i < 8; ++i) chunked.send(chunk);
    EXPECT_EQ(chunked.read().status, 413);

    RawClient fits(t.port());
    EXPECT_EQ(fits.ask(post("/echo", std::string(1000, 'x'))).status, 200);
    EXPECT_EQ(fits.ask(post("/echo", std::string(1001, 'x'))).status, 413);

    // Someone who goes on sending for ever is cut, at the latest when lingering ends.
    RawClient endless(t.port());
    endless.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n");
    bool cut = false;
    std::string piece(64 * 1024, 'x');
    for (int i = 0; i < 2000 && !cut; ++i) cut = !endless.send(piece);
    EXPECT_TRUE(cut);
}

TEST(Limits, all_bodies_together_are_bounded) {
    TestServer t;
    t.config.limits.buffered_bytes = 10'000;
    t.add(Method::post, "/echo", echo);
    t.start();
    RawClient holder(t.port()), other(t.port());
    holder.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n" + std::string(8'000, 'x'));
    std::this_thread::sleep_for(Millis{50});
    EXPECT_EQ(other.ask(post("/echo", std::string(3'000, 'x'))).status, 503);
    EXPECT_EQ(holder.ask(std::string(1'000, 'x')).status, 200);
    RawClient third(t.port());
    EXPECT_EQ(third.ask(post("/echo", std::string(3'000, 'x'))).status, 200) << "the bytes are given back";
}

TEST(Limits, slow_senders_are_cut) {
    TestServer t;
    t.config.limits.header_time = Millis{200};
    t.config.limits.idle_time = Millis{400};
    t.config.limits.body_time = Millis{200};
    t.config.limits.body_rate = 1000;
    t.add(Method::post, "/echo", echo);
    t.start();
    auto started = std::chrono::steady_clock::now();
    RawClient silent(t.port()), half(t.port()), no_body(t.port());
    half.send("GET / HT");
    no_body.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    EXPECT_EQ(half.read().status, 408);
    EXPECT_EQ(no_body.read().status, 408);
    EXPECT_TRUE(silent.closed());

    // A byte now and then does not extend the time for a head …
    RawClient drip_head(t.port());
    bool cut = false;
    for (int i = 0; i < 40 && !cut; ++i) {
        cut = !drip_head.send("X");
        std::this_thread::sleep_for(Millis{30});
        pollfd look{drip_head.fd(), POLLIN, 0};
        cut = cut || ::poll(&look, 1, 0) == 1;
    }
    EXPECT_TRUE(cut);
    EXPECT_EQ(drip_head.read().status, 408);

    // … and not for ever that of a body.
    RawClient dripping(t.port());
    dripping.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    int pieces = 0;
    for (; pieces < 100; ++pieces) {
        if (!dripping.send("x")) break;
        pollfd look{dripping.fd(), POLLIN, 0};
        if (::poll(&look, 1, 30) == 1) break;
    }
    EXPECT_LT(pieces, 100);
    EXPECT_EQ(dripping.read().status, 408);
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(20));
}

Task<Response> large(Request) { co_return Response::json(200, std::string(32 * 1024 * 1024, 'x')); }

TEST(Limits, who_does_not_read_the_answer_is_cut) {
    TestServer t;
    t.config.limits.write_time = Millis{200};
    t.config.compress = false;
    t.add(Method::get, "/large", large);
    t.start();
    RawClient client(t.port());
    client.send(get("/large"));
    for (int i = 0; i < 100 && t.server->stats().connections_total == 0; ++i) std::this_thread::sleep_for(Millis{10});
    for (int i = 0; i < 300 && t.server->stats().connections_open != 0; ++i) std::this_thread::sleep_for(Millis{10});
    EXPECT_EQ(t.server->stats().connections_open, 0u);
}

TEST(Limits, connections_beyond_the_limit_are_closed_at_once) {
    TestServer t;
    t.config.limits.connections = 2;
    t.add(Method::get, "/hello", hello);
    t.start();
    RawClient one(t.port()), two(t.port());
    EXPECT_EQ(one.ask(get("/hello")).status, 200);
    EXPECT_EQ(two.ask(get("/hello")).status, 200);
    RawClient three(t.port());
    EXPECT_TRUE(three.closed());
    one.close();
    for (int i = 0; i < 200 && t.server->stats().connections_open > 1; ++i) std::this_thread::sleep_for(Millis{5});
    RawClient four(t.port());
    EXPECT_EQ(four.ask(get("/hello")).status, 200);
}

TEST(Limits, heads_beyond_the_limits_are_refused) {
    TestServer t;
    t.add(Method::get, "/hello", hello);
    t.start();
    RawClient fields(t.port()), bytes(t.port()), target(t.port());
    std::string many;
    for (int i = 0; i < 101; ++i) many += "X: y\r\n";
    EXPECT_EQ(fields.ask(get("/hello", many)).status, 431);
    EXPECT_EQ(bytes.ask(get("/hello", "X: " + std::string(40'000, 'y') + "\r\n")).status, 431);
    EXPECT_EQ(target.ask(get("/" + std::string(17'000, 'y'))).status, 414);
}

}  // namespace
}  // namespace peyk::http
