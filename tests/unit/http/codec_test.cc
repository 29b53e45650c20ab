#include "http/codec.h"

#include <gtest/gtest.h>

#include <random>

namespace peyk::http {
namespace {

// The status of the refusal, 0 when the head is fine, -1 when more is wanted.
int read(std::string_view text, CodecLimits limits = {}) {
    HeadScanner scanner;
    auto size = scanner.scan(text, limits);
    if (!size) return size.error().status;
    if (!*size) return -1;
    auto head = parse_head(text.substr(0, **size), limits);
    return head ? 0 : head.error().status;
}

std::string with(std::string_view fields) { return fmt::format("POST / HTTP/1.1\r\nHost: a\r\n{}\r\n", fields); }

TEST(Codec, accepts_what_is_well_formed) {
    const std::string good[] = {
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a.example/path?x HTTP/1.1\r\nHost: a\r\n\r\n",
        "BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n",
        with("X:\r\n"),
        with("X: \t a b\tc \r\n"),
        with("X: \xc3\xa4\r\n"),
        with("Content-Length: 0\r\n"),
        with("content-LENGTH: 5\r\n"),
        with("Transfer-Encoding: Chunked\r\n"),
        with("Expect: 100-Continue\r\n"),
    };
    for (const auto& text : good) EXPECT_EQ(read(text), 0) << text;
}

TEST(Codec, refuses_what_can_be_read_in_two_ways) {
    struct Case {
        std::string text;
        int status;
    };
    const Case bad[] = {
        {with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
        {with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400},
        {with("Content-Length: 5\r\nContent-Length: 6\r\n"), 400},
        {with("Content-Length: 5\r\ncontent-length: 5\r\n"), 400},
        {with("Content-Length: 5, 5\r\n"), 400},
        {with("Content-Length: +5\r\n"), 400},
        {with("Content-Length: -1\r\n"), 400},
        {with("Content-Length: 0x5\r\n"), 400},
        {with("Content-Length: 5 5\r\n"), 400},
        {with("Content-Length:\r\n"), 400},
        {with("Content-Length: 9999999999999999999\r\n"), 400},
        {with("Transfer-Encoding: gzip, chunked\r\n"), 400},
        {with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
        {with("Transfer-Encoding: identity\r\n"), 400},
        {with("Transfer-Encoding: xchunked\r\n"), 400},
        {with("Transfer-Encoding : chunked\r\n"), 400},
        {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        {with("Transfer-Encoding\t: chunked\r\n"), 400},
        {with("X: a\r\n b\r\n"), 400},
        {with("X: a\r\n\tb\r\n"), 400},
        {with(" X: a\r\n"), 400},
        {with("X: a\rb\r\n"), 400},
        {with("X: a\nY: b\r\n"), 400},
        {with(std::string("X: a\0b\r\n", 8)), 400},
        {with("X: a\x01\r\n"), 400},
        {with("X: a\x7f\r\n"), 400},
        {with("no colon\r\n"), 400},
        {with(": no name\r\n"), 400},
        {with("a b: c\r\n"), 400},
        {with("a(b): c\r\n"), 400},
        {with("\xc3\xa4: c\r\n"), 400},
        {with("Host: b\r\n"), 400},
        {with("Expect: magic\r\n"), 417},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"GET / HTTP/1.1\nHost: a\n\n", 400},
        {"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"\n", 400},
        {"GET /\r\n\r\n", 400},
        {"GET  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
        {"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / http/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.11\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
        {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {std::string("GET /\0 HTTP/1.1\r\n", 17), 400},
        {"G{T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    };
    for (const auto& c : bad) EXPECT_EQ(read(c.text), c.status) << c.text;
}

TEST(Codec, keeps_the_size_limits) {
    CodecLimits limits{.header_bytes = 200, .header_count = 3, .target_bytes = 20};
    EXPECT_EQ(read("GET /" + std::string(19, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", limits), 0);
    EXPECT_EQ(read("GET /" + std::string(20, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", limits), 414);
    EXPECT_EQ(read(with("A: 1\r\nB: 1\r\n"), limits), 0);
    EXPECT_EQ(read(with("A: 1\r\nB: 1\r\nC: 1\r\n"), limits), 431);
    EXPECT_EQ(read(with("A: " + std::string(200, 'x') + "\r\n"), limits), 431);
    EXPECT_EQ(read(std::string(201, 'x'), limits), 431) << "without waiting for the end of the line";
    EXPECT_EQ(read("GET /" + std::string(201, 'x'), limits), 414) << "without waiting for the end of the target";
    EXPECT_EQ(read(std::string(200, 'x'), limits), -1);
}

TEST(Codec, reads_heads_byte_by_byte_the_same) {
    auto text = with("Content-Length: 5\r\nX: y\r\n");
    HeadScanner scanner;
    for (std::size_t i = 1; i < text.size(); ++i) {
        auto size = scanner.scan(std::string_view(text).substr(0, i), {});
        ASSERT_TRUE(size && !*size) << i;
    }
    auto size = scanner.scan(text + "rest", {});
    ASSERT_TRUE(size && *size);
    EXPECT_EQ(**size, text.size());
    auto head = parse_head(text, {});
    ASSERT_TRUE(head);
    EXPECT_EQ(head->length, 5u);
    EXPECT_EQ(head->headers.find("x"), "y");
}

TEST(Codec, splits_the_target) {
    auto head = parse_head("GET /a%20b/?c=d?e HTTP/1.1\r\nHost: a\r\nConnection: Close, x\r\n\r\n", {});
    ASSERT_TRUE(head);
    EXPECT_EQ(head->path, "/a%20b/");
    EXPECT_EQ(head->query, "c=d?e");
    EXPECT_FALSE(head->keep_alive);
    head = parse_head("GET https://h.example/p?q HTTP/1.1\r\nHost: a\r\n\r\n", {});
    ASSERT_TRUE(head);
    EXPECT_EQ(head->path, "/p");
    EXPECT_TRUE(head->keep_alive);
}

struct Chunks {
    std::string body;
    bool done = false, refused = false;
    std::size_t taken = 0;
};

Chunks decode(std::string_view text, std::size_t piece) {
    ChunkDecoder decoder;
    Chunks result;
    while (!text.empty() && !decoder.done()) {
        auto take = text.substr(0, piece);
        auto taken = decoder.feed(take, result.body, 1 << 20);
        if (!taken) {
            result.refused = true;
            return result;
        }
        result.taken += *taken;
        text.remove_prefix(*taken);
    }
    result.done = decoder.done();
    return result;
}

TEST(Chunks, good_and_bad_in_pieces_of_any_size) {
    struct Case {
        std::string text;
        std::optional<std::string> body;  // nullopt: refused
    };
    const Case cases[] = {
        {"0\r\n\r\n", ""},
        {"5\r\nhello\r\n0\r\n\r\n", "hello"},
        {"5;name=\"v\"\r\nhello\r\n00\r\n\r\n", "hello"},
        {"5 ;x\r\nhello\r\n0\r\n\r\n", "hello"},
        {"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\nT: v\r\n\r\n", "01234567890123456789"},
        {"5\r\nhello0\r\n\r\n", std::nullopt},
        {"5\r\nhelloX\r\n0\r\n\r\n", std::nullopt},
        {"5\nhello\r\n0\r\n\r\n", std::nullopt},
        {"5\r\nhello\n0\r\n\r\n", std::nullopt},
        {"5\r\rhello", std::nullopt},
        {"\r\nhello", std::nullopt},
        {"x\r\n", std::nullopt},
        {"-1\r\n", std::nullopt},
        {"+1\r\n", std::nullopt},
        {"0x5\r\nhello\r\n0\r\n\r\n", std::nullopt},
        {" 5\r\nhello\r\n0\r\n\r\n", std::nullopt},
        {"5 5\r\nhello\r\n0\r\n\r\n", std::nullopt},
        {"FFFFFFFFFFFFFFFFF\r\n", std::nullopt},
        {"1000000000000000\r\n", std::nullopt},
        {"5;" + std::string(300, 'x') + "\r\nhello\r\n0\r\n\r\n", std::nullopt},
        {"5;a\rb\r\nhello\r\n0\r\n\r\n", std::nullopt},
        {std::string("5;\0\r\nhello", 10), std::nullopt},
        {"0\r\nbad trailer: x\r\n\r\n", std::nullopt},
        {"0\r\n folded: x\r\n\r\n", std::nullopt},
    };
    for (const auto& c : cases) {
        for (std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, c.text.size()}) {
            auto result = decode(c.text, piece);
            EXPECT_EQ(result.refused, !c.body) << c.text << " in pieces of " << piece;
            if (!c.body) continue;
            EXPECT_TRUE(result.done) << c.text;
            EXPECT_EQ(result.body, *c.body) << c.text;
            EXPECT_EQ(result.taken, c.text.size()) << c.text;
        }
    }
}

TEST(Chunks, what_follows_is_left_alone) {
    auto result = decode("1\r\na\r\n0\r\n\r\nGET / HTTP/1.1", 1000);
    EXPECT_TRUE(result.done);
    EXPECT_EQ(result.taken, 11u);
}

TEST(Chunks, trailers_are_bounded) {
    std::string text = "0\r\n";
    for (int i = 0; i < 100; ++i) text += "T: " + std::string(100, 'x') + "\r\n";
    EXPECT_TRUE(decode(text, 64).refused);
}

// Whatever the bytes: no crash, nothing read twice, and any split into pieces gives the same result.
TEST(Codec, random_changes_of_requests_read_the_same_in_one_piece_and_in_many) {
    std::mt19937 random(7);
    const std::string seeds[] = {with("Content-Length: 5\r\nA: b\r\n"), with("Transfer-Encoding: chunked\r\n"),
                                 "GET /a?b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"};
    const std::string bytes("\r\n\0 :\t\x7f,;59ax\xff", 15);
    for (int round = 0; round < 20'000; ++round) {
        auto text = seeds[random() % 3];
        for (auto changes = 1 + random() % 4; changes > 0; --changes) {
            auto at = random() % text.size();
            switch (random() % 3) {
                case 0: text[at] = bytes[random() % bytes.size()]; break;
                case 1: text.insert(at, 1, bytes[random() % bytes.size()]); break;
                default: text.erase(at, 1);
            }
            if (text.empty()) text = "x";
        }
        auto whole = read(text);
        HeadScanner scanner;
        int pieces = -1;
        for (std::size_t end = 1; end <= text.size() && pieces == -1; ++end) {
            auto size = scanner.scan(std::string_view(text).substr(0, end), {});
            if (!size) {
                pieces = size.error().status;
            } else if (*size) {
                auto head = parse_head(std::string_view(text).substr(0, **size), {});
                pieces = head ? 0 : head.error().status;
            }
        }
        ASSERT_EQ(whole, pieces) << text;
    }
}

TEST(ResponseHead, a_field_with_line_breaks_cannot_split_an_answer) {
    Headers headers;
    headers.add("Location", "https://a\r\nSet-Cookie: x");
    headers.add("X-Frame-Options", "DENY");
    headers.add("Access-Control-Allow-Origin", "https://b");
    std::string out;
    write_response_head(out, ResponseHead{.status = 302, .headers = &headers, .length = 0});
    EXPECT_EQ(out.find("Set-Cookie"), std::string::npos);
    EXPECT_NE(out.find("X-Frame-Options: DENY\r\n"), std::string::npos);
    EXPECT_EQ(out.find("Access-Control-Allow-Origin: *"), std::string::npos) << "the handler's own value counts";
    EXPECT_TRUE(out.starts_with("HTTP/1.1 302 Found\r\n"));
    EXPECT_TRUE(out.ends_with("\r\n\r\n"));
}

TEST(ResponseHead, writes_dates_as_the_rfc_does) { EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT"); }

}  // namespace
}  // namespace peyk::http
