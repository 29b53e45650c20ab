// Hanging up, draining, streaming.
#include <future>

#include "raw_client.h"

namespace peyk::http {
namespace {

using Clock = std::chrono::steady_clock;

// Answers when its hangup token is stopped, or after a minute.
Task<Response> poll(Timers& timers, std::atomic<int>& stopped, Request request) {
    auto hangup = request.hangup;
    bool in_time = co_await sleep_for(timers, Millis{60'000}, hangup);
    if (!in_time) ++stopped;
    co_return Response::json(200, R"({"next_batch":"s1"})");
}

struct PollServer : TestServer {
    std::atomic<int> stopped = 0;
    PollServer() {
        add(Method::get, "/poll", [this](Request request) { return poll(timers, stopped, std::move(request)); });
        add(Method::get, "/hello", hello);
    }
    void await_requests(std::uint64_t count) const {
        for (int i = 0; i < 1000 && server->stats().requests_total < count; ++i) std::this_thread::sleep_for(Millis{5});
        std::this_thread::sleep_for(Millis{30});
    }
};

TEST(Hangup, a_parked_handler_learns_that_its_peer_has_gone) {
    PollServer t;
    t.start();
    {
        RawClient client(t.port());
        client.send(get("/poll"));
        t.await_requests(1);
        EXPECT_EQ(t.stopped, 0);
    }
    for (int i = 0; i < 400 && t.server->stats().connections_open; ++i) std::this_thread::sleep_for(Millis{5});
    EXPECT_EQ(t.stopped, 1);
    EXPECT_EQ(t.server->stats().connections_open, 0u);
}

TEST(Hangup, is_seen_behind_pipelined_requests_too) {
    PollServer t;
    t.start();
    {
        RawClient client(t.port());
        client.send(get("/poll") + get("/hello"));
        t.await_requests(1);
        client.send(get("/hello"));
    }
    for (int i = 0; i < 400 && t.server->stats().connections_open; ++i) std::this_thread::sleep_for(Millis{5});
    EXPECT_EQ(t.stopped, 1);
}

TEST(Hangup, a_half_closed_client_still_gets_its_answer) {
    PollServer t;
    t.start();
    RawClient client(t.port());
    client.send(get("/poll"));
    ::shutdown(client.fd(), SHUT_WR);
    EXPECT_EQ(client.read().body, R"({"next_batch":"s1"})");
}

TEST(Drain, long_polls_are_answered_and_idle_connections_closed) {
    PollServer t;
    t.start();
    std::vector<std::unique_ptr<RawClient>> polls;
    for (int i = 0; i < 50; ++i) {
        polls.push_back(std::make_unique<RawClient>(t.port()));
        polls.back()->send(get("/poll"));
    }
    RawClient idle(t.port());
    EXPECT_EQ(idle.ask(get("/hello")).status, 200);
    t.await_requests(51);
    auto begun = Clock::now();
    t.server->stop();
    EXPECT_LT(Clock::now() - begun, Millis{1000});
    for (auto& client : polls) {
        auto answer = client->read();
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.field("Connection"), "close");
    }
    EXPECT_TRUE(idle.closed());
    EXPECT_FALSE(RawClient(t.port()).connected());
}

TEST(Drain, unfinished_requests_get_their_time_and_are_cut_then) {
    PollServer t;
    t.config.limits.drain_time = Millis{300};
    t.add(Method::post, "/echo", echo);
    t.start();
    RawClient finishes(t.port()), hangs(t.port());
    finishes.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n");
    hangs.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n");
    t.await_requests(2);
    auto stopping = std::async(std::launch::async, [&] {
        auto begun = Clock::now();
        t.server->stop();
        return Clock::now() - begun;
    });
    std::this_thread::sleep_for(Millis{100});
    EXPECT_EQ(finishes.ask("ok").body, "ok");
    EXPECT_TRUE(hangs.closed());
    auto took = stopping.get();
    EXPECT_GE(took, Millis{250});
    EXPECT_LT(took, Millis{900});
}

TEST(Drain, a_handler_that_heeds_nothing_is_joined_by_the_destructor) {
    TestServer t;
    t.config.limits.drain_time = Millis{50};
    std::atomic<bool> ended = false;
    t.add(Method::get, "/stubborn", [&](Request) -> Task<Response> {
        std::this_thread::sleep_for(Millis{800});
        ended = true;
        return hello(Request{});
    });
    t.start();
    RawClient client(t.port());
    client.send(get("/stubborn"));
    std::this_thread::sleep_for(Millis{100});
    auto begun = Clock::now();
    t.server->stop();
    EXPECT_LT(Clock::now() - begun, Millis{600});
    EXPECT_FALSE(ended);
    t.server.reset();
    EXPECT_TRUE(ended);
}

Task<Response> count_body(Request request) {
    std::size_t total = 0;
    for (;;) {
        auto piece = co_await request.stream->read_some(10'000);
        if (!piece) co_return Response::json(400, fmt::format("{}", errc_name(piece.error().code)));
        if (piece->empty()) break;
        if (piece->size() > 10'000) co_return Response::json(500, "more than asked for");
        total += piece->size();
    }
    co_return Response::json(200, std::to_string(total));
}

Task<Response> ignore_body(Request) { co_return Response::json(200, "ignored"); }

struct StreamServer : TestServer {
    StreamServer() {
        stream("/count", count_body, 10'000'000);
        stream("/ignore", ignore_body, 10'000'000);
        stream("/small", count_body, 100);
        add(Method::get, "/hello", hello);
    }
    void stream(std::string pattern, Handler handler, std::size_t max) {
        router.add(Route{.method = Method::post,
                         .pattern = std::move(pattern),
                         .handler = std::move(handler),
                         .max_body = max,
                         .streams_body = true});
    }
};

TEST(Streams, a_body_reaches_the_handler_in_pieces) {
    StreamServer t;
    t.start();
    RawClient client(t.port());
    EXPECT_EQ(client.ask(post("/count", std::string(3'000'000, 'x'))).body, "3000000");
    EXPECT_EQ(client.ask(post("/count", "")).body, "0");
    std::string chunked = "POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 100; ++i) chunked += "100\r\n" + std::string(256, 'x') + "\r\n";
    EXPECT_EQ(client.ask(chunked + "0\r\n\r\n").body, "25600");
    EXPECT_EQ(client.ask(get("/hello")).status, 200) << "the connection goes on after a whole body";
    EXPECT_EQ(client.ask(post("/small", std::string(101, 'x'))).status, 413);
    RawClient over(t.port());
    EXPECT_EQ(over.ask("POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" +
                       std::string(101, 'x') + "\r\n0\r\n\r\n")
                  .body,
              "too_large");
}

TEST(Streams, what_a_handler_leaves_unread_ends_the_connection) {
    StreamServer t;
    t.start();
    RawClient client(t.port());
    client.send(
        "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read().body, "ignored");
    EXPECT_EQ(client.read(true, Millis{200}).status, 0) << "the rest of a body is no request";
    EXPECT_TRUE(client.closed());
}

Task<Response> read_to_the_end(Request request, std::promise<Errc>& seen) {
    for (;;) {
        auto piece = co_await request.stream->read_some(1000);
        if (piece) continue;
        seen.set_value(piece.error().code);
        co_return Response{};
    }
}

TEST(Streams, a_peer_that_goes_away_cancels_the_reading) {
    StreamServer t;
    std::promise<Errc> seen;
    auto handler = [&seen](Request request) { return read_to_the_end(std::move(request), seen); };
    t.stream("/watch", handler, 10'000);
    t.start();
    {
        RawClient client(t.port());
        client.send("POST /watch HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\nabc");
    }
    EXPECT_EQ(seen.get_future().get(), Errc::cancelled);
}

class Letters final : public BodySource {
public:
    explicit Letters(std::size_t pieces) : left_(pieces) {}
    Task<Result<std::string>> read_some(std::size_t max) override { return next(this, max); }

private:
    static Task<Result<std::string>> next(Letters* self, std::size_t max) {
        if (self->left_ == 0) co_return std::string();
        --self->left_;
        co_return std::string(std::min<std::size_t>(max, 1000), 'a');
    }
    std::size_t left_;
};

Task<Response> letters(std::size_t pieces, std::uint64_t length) {
    Response response;
    response.stream = std::make_unique<Letters>(pieces);
    response.length = length;
    co_return response;
}

TEST(Streams, an_answer_is_sent_in_pieces_and_cut_when_it_breaks_off) {
    TestServer t;
    t.add(Method::get, "/whole", [](Request) { return letters(5000, 5'000'000); });
    t.add(Method::get, "/short", [](Request) { return letters(3, 5000); });
    t.start();
    RawClient client(t.port());
    EXPECT_EQ(client.ask(get("/whole")).body.size(), 5'000'000u);
    client.send("HEAD /whole HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read(false).field("Content-Length"), "5000000");
    auto cut = client.ask(get("/short"));
    EXPECT_EQ(cut.status, 200);
    EXPECT_EQ(cut.body.size(), 3000u);
    EXPECT_TRUE(client.closed());
}

Task<Response> shared(std::shared_ptr<const std::string> body) {
    auto response = Response::json(200, "");
    response.shared_body = std::move(body);
    co_return response;
}

TEST(Streams, one_buffer_serves_many_answers) {
    auto body = std::make_shared<const std::string>(100'000, 'x');
    TestServer t;
    t.add(Method::get, "/shared", [body](Request) { return shared(body); });
    t.start();
    RawClient one(t.port()), two(t.port());
    EXPECT_EQ(one.ask(get("/shared")).body, *body);
    EXPECT_EQ(two.ask(get("/shared")).body, *body);
}

}  // namespace
}  // namespace peyk::http
