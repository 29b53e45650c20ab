#include "http/router.h"

#include <gtest/gtest.h>

namespace peyk::http {
namespace {

Task<Response> nothing(Request) { co_return Response{}; }

Router sample() {
    Router router;
    for (std::string pattern : {"/", "/versions", "/rooms/{room}/send/{type}/{txn}", "/rooms/{room}/state/{type}/{key}",
                                "/rooms/{room}/state/{type}", "/rooms/special/state/{type}",
                                "/media/{server}/{path...}", "/user/{id}/filter/{f}", "/rules/", "/rules/{scope}"}) {
        router.add(Route{.method = Method::get, .pattern = pattern, .handler = nothing});
    }
    router.add(Route{.method = Method::post, .pattern = "/user/{user}/filter", .handler = nothing});
    router.add(Route{.method = Method::put, .pattern = "/rooms/{r}/state/{t}/{k}", .handler = nothing});
    return router;
}

TEST(Router, finds_routes_and_captures) {
    auto router = sample();
    struct Case {
        Method method;
        std::string path, pattern;  // empty: none
        std::vector<std::string> values;
    };
    const Case cases[] = {
        {Method::get, "/", "/", {}},
        {Method::get, "/versions", "/versions", {}},
        {Method::get, "/version%73", "/versions", {}},
        {Method::get, "/versions/", "", {}},
        {Method::get, "/Versions", "", {}},
        {Method::get, "versions", "", {}},
        {Method::get, "", "", {}},
        {Method::get,
         "/rooms/%21a%3Ab/send/m.room.message/1",
         "/rooms/{room}/send/{type}/{txn}",
         {"!a:b", "m.room.message", "1"}},
        {Method::get, "/rooms/a%2Fb/send/c%2fd/e", "/rooms/{room}/send/{type}/{txn}", {"a/b", "c/d", "e"}},
        {Method::get, "/rooms/a/send//1", "", {}},
        {Method::get, "/rooms/a/state/t/", "/rooms/{room}/state/{type}/{key}", {"a", "t", ""}},
        {Method::get, "/rooms/a/state/t/%2E%2E", "/rooms/{room}/state/{type}/{key}", {"a", "t", ".."}},
        {Method::put, "/rooms/a/state/t/k", "/rooms/{r}/state/{t}/{k}", {"a", "t", "k"}},
        {Method::get, "/rooms/special/state/t", "/rooms/special/state/{type}", {"t"}},
        {Method::get, "/rooms/special/state/t/k", "/rooms/{room}/state/{type}/{key}", {"special", "t", "k"}},
        {Method::get, "/media/s/a/b%2Fc/d", "/media/{server}/{path...}", {"s", "a/b/c/d"}},
        {Method::get, "/media/s/", "/media/{server}/{path...}", {"s", ""}},
        {Method::get, "/media/s", "", {}},
        {Method::head, "/versions", "/versions", {}},
        {Method::get, "/rules/", "/rules/", {}},
        {Method::get, "/rules/global", "/rules/{scope}", {"global"}},
        {Method::post, "/user/a/filter", "/user/{user}/filter", {"a"}},
        {Method::get, "/user/a+b/filter/1", "/user/{id}/filter/{f}", {"a+b", "1"}},
    };
    for (const auto& c : cases) {
        auto match = router.match(c.method, c.path);
        ASSERT_EQ(match.route != nullptr, !c.pattern.empty()) << c.path;
        if (!match.route) continue;
        EXPECT_EQ(match.route->pattern, c.pattern) << c.path;
        std::vector<std::string> values;
        for (const auto& [name, value] : match.captures) values.push_back(value);
        EXPECT_EQ(values, c.values) << c.path;
    }
}

TEST(Router, tells_a_wrong_method_from_a_wrong_path) {
    auto router = sample();
    EXPECT_TRUE(router.match(Method::del, "/rooms/a/state/t/k").path_known);
    EXPECT_FALSE(router.match(Method::get, "/nowhere").path_known);
    auto methods = router.methods("/rooms/a/state/t/k");
    EXPECT_EQ(methods, (std::vector{Method::get, Method::put}));
    EXPECT_TRUE(router.methods("/nowhere").empty());
    EXPECT_EQ(router.match(Method::put, "/rooms/x/state/y/z").captures.front().first, "r");
}

TEST(Router, a_capture_that_does_not_decode_is_bad_encoding) {
    auto router = sample();
    for (std::string segment : {"%", "%4", "%zz", "%00", "%ff", "%C0%AF", "%ED%A0%80", "%F4%90%80%80", "a%0"}) {
        auto match = router.match(Method::get, "/rules/" + segment);
        EXPECT_TRUE(match.bad_encoding) << segment;
    }
}

TEST(RouterDeathTest, two_routes_for_one_method_and_pattern_abort) {
    EXPECT_DEATH(
        {
            auto router = sample();
            router.add(Route{.method = Method::get, .pattern = "/rooms/{other}/state/{names}", .handler = nothing});
        },
        "two routes");
}

TEST(Percent, decodes_strictly) {
    const std::pair<std::string_view, std::optional<std::string>> cases[] = {
        {"", ""},
        {"abc", "abc"},
        {"%41", "A"},
        {"%e2%82%ac", "\xe2\x82\xac"},
        {"a+b", "a+b"},
        {"%2F", "/"},
        {"%2f", "/"},
        {"%25", "%"},
        {"%", std::nullopt},
        {"%4", std::nullopt},
        {"%4g", std::nullopt},
        {"%-1", std::nullopt},
        {"% 1", std::nullopt},
        {"%00", std::nullopt},
        {"%c0%80", std::nullopt},
        {"%c0%af", std::nullopt},
        {"%e0%80%af", std::nullopt},
        {"%80", std::nullopt},
        {"%ed%bf%bf", std::nullopt},
        {"%f5%80%80%80", std::nullopt},
    };
    for (const auto& [text, value] : cases) EXPECT_EQ(percent_decode(text), value) << text;
}

TEST(Percent, what_was_encoded_decodes_to_itself) {
    std::string all;
    for (int c = 1; c < 128; ++c) all += static_cast<char>(c);
    all += "äß€😀";
    EXPECT_EQ(percent_decode(percent_encode(all)), all);
    EXPECT_EQ(percent_encode("a-b_c.d~e/f@"), "a-b_c.d~e%2Ff%40");
}

TEST(Request, reads_query_parameters) {
    Request request;
    request.query = "a=1&b=x+y%26z&a=2&flag&=3&bad=%f&b%63=5&empty=";
    EXPECT_EQ(request.parameter("a"), "1");
    EXPECT_EQ(request.parameters("a"), (std::vector<std::string>{"1", "2"}));
    EXPECT_EQ(request.parameter("b"), "x y&z");
    EXPECT_EQ(request.parameter("flag"), "");
    EXPECT_EQ(request.parameter("empty"), "");
    EXPECT_EQ(request.parameter("bc"), "5");
    EXPECT_EQ(request.parameter("bad"), std::nullopt);
    EXPECT_EQ(request.parameter("none"), std::nullopt);
    EXPECT_FALSE(request.query_is_text()) << "%f";
    for (auto bad : {"a=%FF", "%00=1", "a=1&b=%C0%80", "a=\xff"}) {
        request.query = bad;
        EXPECT_FALSE(request.query_is_text()) << bad;
    }
    for (auto good : {"", "a", "a=b+c&d=%C3%A9", "=&&="}) {
        request.query = good;
        EXPECT_TRUE(request.query_is_text()) << good;
    }
}

TEST(Headers, compare_names_without_case) {
    Headers headers;
    headers.add("X-One", "1");
    headers.add("x-one", "2");
    EXPECT_EQ(headers.find("X-ONE"), "1");
    headers.set("X-oNe", "3");
    EXPECT_EQ(headers.size(), 1u);
    EXPECT_EQ(headers.find("x-one"), "3");
    EXPECT_EQ(headers.find("x-on"), std::nullopt);
}

}  // namespace
}  // namespace peyk::http
