#include <condition_variable>

#include "raw_client.h"

namespace peyk::http {

Task<Response> echo(Request request) { co_return Response::json(200, std::move(request.body)); }
Task<Response> hello(Request) { co_return Response::json(200, R"({"hello":"world"})"); }

namespace {

TEST(Server, answers_keeps_the_connection_and_closes_when_asked) {
    TestServer t;
    t.add(Method::get, "/hello", hello);
    t.add(Method::post, "/echo", echo);
    t.start();
    RawClient client(t.port());
    for (int i = 0; i < 3; ++i) {
        auto answer = client.ask(get("/hello"));
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, R"({"hello":"world"})");
        EXPECT_EQ(answer.field("Content-Type"), "application/json");
        EXPECT_FALSE(answer.field("Date").empty());
    }
    std::string large(900'000, 'x');
    EXPECT_EQ(client.ask(post("/echo", large)).body, large);
    EXPECT_EQ(client.ask(get("/hello", "Connection: close\r\n")).field("Connection"), "close");
    EXPECT_TRUE(client.closed());
    EXPECT_EQ(t.server->stats().requests_total, 5u);
    EXPECT_EQ(t.server->stats().responses_by_class[2], 5u);
}

TEST(Server, answers_http_1_0_and_head) {
    TestServer t;
    t.add(Method::get, "/hello", hello);
    t.start();
    RawClient old(t.port());
    EXPECT_EQ(old.ask("GET /hello HTTP/1.0\r\n\r\n").body, R"({"hello":"world"})");
    EXPECT_TRUE(old.closed());
    RawClient kept(t.port());
    EXPECT_EQ(kept.ask("GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").field("Connection"), "keep-alive");
    kept.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    auto head = kept.read(false);
    EXPECT_EQ(head.field("Content-Length"), "17");
    EXPECT_EQ(kept.ask(get("/hello")).status, 200) << "a body after HEAD would be read as the next answer";
}

Task<Response> slow_then_number(Timers& timers, Request request) {
    auto delay = request.capture("n") == "1" ? Millis{60} : Millis{0};
    if (delay.count()) co_await sleep_for(timers, delay);
    co_return Response::json(200, std::string(request.capture("n")));
}

TEST(Server, answers_pipelined_requests_in_order) {
    TestServer t;
    t.add(Method::get, "/n/{n}", [&t](Request request) { return slow_then_number(t.timers, std::move(request)); });
    t.start();
    RawClient client(t.port());
    std::string all;
    for (int i = 0; i < 500; ++i) all += get(fmt::format("/n/{}", i));
    client.send(all);
    for (int i = 0; i < 500; ++i) ASSERT_EQ(client.read().body, std::to_string(i));
}

TEST(Server, reads_chunked_bodies_and_says_continue) {
    TestServer t;
    t.add(Method::post, "/echo", echo, 100);
    t.start();
    RawClient client(t.port());
    std::string chunked = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    auto answer = client.ask(chunked + "5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n");
    EXPECT_EQ(answer.body, "hello world");
    for (char c : chunked + "5\r\nhello\r\n0\r\n\r\n") client.send(std::string(1, c));
    EXPECT_EQ(client.read().body, "hello");

    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read().status, 100);
    EXPECT_EQ(client.ask("ok").body, "ok");
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read().status, 413) << "a body that is not wanted is not asked for";
    EXPECT_TRUE(client.closed());
}

TEST(Server, a_handler_that_throws_is_an_internal_error) {
    TestServer t;
    t.add(Method::get, "/throws", [](Request) -> Task<Response> { throw std::runtime_error("no"); });
    t.start();
    RawClient client(t.port());
    auto answer = client.ask(get("/throws"));
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body, R"({"errcode":"M_UNKNOWN","error":"Internal server error"})");
}

}  // namespace
}  // namespace peyk::http
