// What the server adds around the handlers.
#include <brotli/decode.h>
#include <sys/un.h>
#include <zlib.h>

#include <future>

#include "http/compress.h"
#include "http/proxies.h"
#include "raw_client.h"

namespace peyk::http {
namespace {

TEST(Cors, is_on_every_answer_and_options_runs_no_handler) {
    TestServer t;
    std::atomic<int> runs = 0;
    t.add(Method::get, "/hello", [&runs](Request request) {
        ++runs;
        return hello(std::move(request));
    });
    t.start();
    RawClient client(t.port());
    auto options = [](std::string_view path) { return fmt::format("OPTIONS {} HTTP/1.1\r\nHost: a\r\n\r\n", path); };
    for (const auto& request : {options("/hello"), options("/nowhere"), get("/hello"), get("/nowhere"),
                                post("/hello", ""), get("/%ff"), options("*")}) {
        auto answer = client.ask(request);
        EXPECT_EQ(answer.field("Access-Control-Allow-Origin"), "*") << request;
        EXPECT_NE(answer.field("Access-Control-Allow-Methods").find("PUT"), std::string::npos);
        EXPECT_EQ(answer.field("Access-Control-Allow-Headers"),
                  "X-Requested-With, Content-Type, Authorization, If-Match, If-None-Match");
        EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
        if (request.starts_with("OPTIONS")) EXPECT_EQ(answer.status, 204);
    }
    EXPECT_EQ(runs, 1);
}

TEST(Errors, unknown_paths_and_methods_and_bad_escapes_are_standard_errors) {
    TestServer t;
    t.add(Method::get, "/hello", hello);
    t.add(Method::put, "/hello", hello);
    t.add(Method::get, "/rooms/{room}", hello);
    t.start();
    RawClient client(t.port());
    struct Case {
        std::string request;
        int status;
        std::string_view errcode;
    };
    const Case cases[] = {
        {get("/nowhere"), 404, "M_UNRECOGNIZED"},
        {get("/hello/"), 404, "M_UNRECOGNIZED"},
        {post("/hello", "{}"), 405, "M_UNRECOGNIZED"},
        {"BREW /hello HTTP/1.1\r\nHost: a\r\n\r\n", 405, "M_UNRECOGNIZED"},
        {get("/rooms/%ff"), 400, "M_INVALID_PARAM"},
        {get("/rooms/%00"), 400, "M_INVALID_PARAM"},
        {get("/rooms/%2"), 400, "M_INVALID_PARAM"},
    };
    for (const auto& c : cases) {
        auto answer = client.ask(c.request);
        EXPECT_EQ(answer.status, c.status) << c.request;
        EXPECT_TRUE(answer.body.starts_with(fmt::format(R"({{"errcode":"{}","error":")", c.errcode))) << answer.body;
        EXPECT_EQ(answer.field("Content-Type"), "application/json");
        EXPECT_EQ(answer.field("Allow"), c.status == 405 ? "GET, HEAD, PUT, OPTIONS" : "");
    }
    EXPECT_EQ(client.ask(get("/hello")).status, 200) << "the connection goes on after such errors";
}

std::string inflate_gzip(std::string_view packed) {
    z_stream stream{};
    inflateInit2(&stream, 15 + 16);
    std::string out(1 << 20, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}

std::string inflate_brotli(std::string_view packed) {
    std::string out(1 << 20, '\0');
    auto size = out.size();
    EXPECT_EQ(BrotliDecoderDecompress(packed.size(), reinterpret_cast<const std::uint8_t*>(packed.data()), &size,
                                      reinterpret_cast<std::uint8_t*>(out.data())),
              BROTLI_DECODER_RESULT_SUCCESS);
    out.resize(size);
    return out;
}

TEST(Compression, packs_large_json_for_those_who_want_it) {
    TestServer t;
    t.add(Method::post, "/echo", echo);
    t.start();
    RawClient client(t.port());
    std::string large;
    for (int i = 0; i < 500; ++i) large += fmt::format(R"({{"event_id":"$event{}","type":"m.room.message"}},)", i);
    auto ask = [&](std::string_view accept, std::string_view body) {
        return client.ask(
            fmt::format("POST /echo HTTP/1.1\r\nHost: a\r\nAccept-Encoding: {}\r\nContent-Length: {}\r\n\r\n{}", accept,
                        body.size(), body));
    };
    auto gzip = ask("gzip, deflate", large);
    EXPECT_EQ(gzip.field("Content-Encoding"), "gzip");
    EXPECT_EQ(gzip.field("Vary"), "Accept-Encoding");
    EXPECT_LT(gzip.body.size(), large.size() / 4);
    EXPECT_EQ(inflate_gzip(gzip.body), large);
    auto brotli = ask("gzip, deflate, br", large);
    EXPECT_EQ(brotli.field("Content-Encoding"), "br");
    EXPECT_EQ(inflate_brotli(brotli.body), large);
    EXPECT_EQ(ask("gzip;q=0, identity", large).body, large);
    EXPECT_EQ(ask("", large).body, large);
    auto small = ask("gzip, br", "{}");
    EXPECT_EQ(small.field("Content-Encoding"), "");
    EXPECT_EQ(small.body, "{}");
}

TEST(Compression, reads_accept_encoding) {
    EXPECT_EQ(accepted_encoding("gzip"), Encoding::gzip);
    EXPECT_EQ(accepted_encoding("br;q=1.0, gzip;q=0.8, *;q=0.1"), Encoding::brotli);
    EXPECT_EQ(accepted_encoding("br;q=0, gzip;q=0.001"), Encoding::gzip);
    EXPECT_EQ(accepted_encoding("br;q=0.0 ,gzip; q=0"), Encoding::identity);
    EXPECT_EQ(accepted_encoding("deflate, zstd"), Encoding::identity);
    EXPECT_EQ(accepted_encoding(""), Encoding::identity);
}

ClientAddress at(std::string_view text) { return parse_address(text).value(); }

TEST(Proxies, only_hops_of_trusted_proxies_count) {
    auto proxies = TrustedProxies::parse({"127.0.0.1", "10.0.0.0/9", "2001:db8::/33", "unix:"});
    ASSERT_TRUE(proxies) << proxies.error().detail;
    EXPECT_TRUE(proxies->trusts_unix());
    EXPECT_TRUE(proxies->trusts(at("10.127.255.255")));
    EXPECT_FALSE(proxies->trusts(at("10.128.0.0")));
    EXPECT_TRUE(proxies->trusts(at("2001:db8:7fff::1")));
    EXPECT_FALSE(proxies->trusts(at("2001:db8:8000::1")));
    EXPECT_FALSE(proxies->trusts(at("127.0.0.2")));
    struct Case {
        std::vector<std::string> fields;
        std::string_view client;
    };
    const Case cases[] = {
        {{}, "127.0.0.1"},
        {{"192.0.2.1"}, "192.0.2.1"},
        {{"198.51.100.7, 192.0.2.1"}, "192.0.2.1"},
        {{"198.51.100.7, 192.0.2.1, 10.0.0.1"}, "192.0.2.1"},
        {{"198.51.100.7", "192.0.2.1", "10.0.0.1,10.0.0.2"}, "192.0.2.1"},
        {{"10.0.0.9, 10.0.0.1"}, "10.0.0.9"},
        {{"192.0.2.1, nonsense, 10.0.0.1"}, "10.0.0.1"},
        {{"[2001:db8:9000::5]:1234"}, "2001:db8:9000::5"},
        {{"192.0.2.1:80"}, "192.0.2.1"},
        {{""}, "127.0.0.1"},
    };
    for (const auto& c : cases) {
        Headers headers;
        for (const auto& field : c.fields) headers.add("X-Forwarded-For", field);
        EXPECT_EQ(proxies->client(at("127.0.0.1"), headers), at(c.client)) << c.client;
    }
    for (std::string bad : {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::/129", "host.example", "10.0.0.0/8x"}) {
        EXPECT_FALSE(TrustedProxies::parse({bad})) << bad;
    }
}

Task<Response> say_client(Request request) {
    bool from_field = request.client == at("192.0.2.1");
    co_return Response::json(200, fmt::format("{} {}", from_field, request.tls));
}

TEST(Proxies, the_field_is_ignored_from_anybody_else) {
    const std::string request = get("/", "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n");
    for (bool trusted : {false, true}) {
        TestServer t;
        if (trusted) t.config.trusted_proxies = {"127.0.0.0/8"};
        t.add(Method::get, "/", say_client);
        t.start();
        RawClient client(t.port());
        EXPECT_EQ(client.ask(request).body, trusted ? "true true" : "false false");
    }
}

TEST(Listeners, several_at_once_and_unix_sockets) {
    auto path = fmt::format("{}/peyk-http-{}.sock", testing::TempDir(), ::getpid());
    TestServer t;
    t.config.listeners = {Listener{"127.0.0.1", 0, {}}, Listener{"::1", 0, {}}, Listener{"unix:" + path, 0, {}}};
    t.add(Method::get, "/hello", hello);
    t.start();
    EXPECT_NE(t.server->ports()[0], t.server->ports()[1]);
    EXPECT_EQ(t.server->ports()[2], 0);
    int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    ASSERT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    auto request = get("/hello", "Connection: close\r\n");
    ASSERT_EQ(::send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    std::string all;
    char bytes[4096];
    for (ssize_t count; (count = ::recv(fd, bytes, sizeof bytes, 0)) > 0;)
        all.append(bytes, static_cast<std::size_t>(count));
    EXPECT_TRUE(all.starts_with("HTTP/1.1 200 OK")) << all;
    ::close(fd);
    t.server.reset();
    EXPECT_NE(::access(path.c_str(), F_OK), 0) << "the socket file is removed";
}

TEST(Listeners, a_taken_port_is_said_so) {
    TestServer first;
    first.start();
    TestServer second;
    second.config.listeners = {Listener{"127.0.0.1", first.port(), {}}};
    Server server(second.config, second.router, second.workers);
    auto started = server.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, Errc::io);
    EXPECT_NE(started.error().detail.find("Address already in use"), std::string::npos) << started.error().detail;
    second.config.listeners = {Listener{"not an address", 1, {}}};
    EXPECT_FALSE(Server(second.config, second.router, second.workers).start());
}

}  // namespace
}  // namespace peyk::http
