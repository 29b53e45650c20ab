// GET …/preview_url against sites that exist in memory only.  Spec: Client-Server API › Content repository.

#include "media/previews/previews.h"

#include <future>
#include <set>
#include <thread>

#include "unit/media/animations.h"

namespace peyk::media::test {
namespace {

struct Site {
    int status = 200;
    std::string type = "text/html";
    std::string body = {};
    std::string location = {};
    std::string coding = {};
    Errc error = Errc::internal;  // anything else: instead of an answer
};

// The web. Follows redirects and asks back as http::Client does.
class Web final : public http::Outbound {
public:
    Task<Result<http::ClientResponse>> send(http::ClientRequest request, std::stop_token stop) override {
        for (;; --request.redirects) {
            if (!request.allowed(request.url)) co_return fail(Errc::forbidden, "not allowed");
            Site site;
            std::optional<OneShot<int>> wait;
            {
                std::lock_guard lock(mutex);
                asked.push_back(request.url.str());
                headers = request.headers;
                wait = std::exchange(gate, std::nullopt);
                EXPECT_EQ(request.reach, http::Reach::strangers);
                EXPECT_LE(request.time, Millis{30'000});
                const auto found = sites.find(request.url.str());
                site = found == sites.end() ? Site{.status = 404, .body = "<title>nothing</title>"} : found->second;
            }
            if (wait) co_await wait->get();
            if (stop.stop_requested()) co_return fail(Errc::cancelled, "given up");
            if (site.error != Errc::internal) co_return fail(site.error, "broken");
            http::ClientResponse response;
            response.status = site.status;
            response.url = request.url;
            if (!site.type.empty()) response.headers.add("Content-Type", site.type);
            if (!site.coding.empty()) response.headers.add("Content-Encoding", site.coding);
            if (!site.location.empty() && request.redirects > 0) {
                auto next = request.url.resolve(site.location);
                if (next) {
                    request.url = *std::move(next);
                    continue;
                }
            }
            if (!request.wants_body(response)) co_return response;
            if (site.body.size() > request.max_body) co_return fail(Errc::too_large, "too large");
            response.body = site.body;
            co_return response;
        }
    }
    std::vector<std::string> take_asked() {
        std::lock_guard lock(mutex);
        return std::exchange(asked, {});
    }

    std::mutex mutex;
    std::map<std::string, Site> sites;
    std::vector<std::string> asked;
    http::Headers headers;
    std::optional<OneShot<int>> gate;  // one answer waits for it
};

struct PreviewsTest : MediaTest {
    PreviewsTest() {
        clock.advance(std::chrono::hours(24 * 365));
        options.borrows = true;
        service.server_name = "example.org";
        service.reader = PEYK_PAGEREADER;
        service.reading_time = Millis{60'000};
        options.thumbnail_time = Millis{60'000};
    }
    ~PreviewsTest() override {
        if (made) made->stop();
    }
    Previews* previews() override {
        if (!on) return nullptr;
        made = std::make_unique<Previews>(service, *media, web, clock);
        return &*made;
    }
    Answer preview(const std::string& url, const std::string& more = "", const std::string& user = "ada") {
        return get("/_matrix/client/v1/media/preview_url?url=" + http::percent_encode(url) + more, user);
    }
    static std::int64_t number(const Answer& answer, std::string_view key) {
        const auto object = answer.json();
        return json::Value(object).get_integer(key).value_or(-1);
    }
    std::string image_of(const Answer& answer) {
        const auto uri = answer.text("og:image");
        return uri.starts_with("mxc://") ? uri.substr(6) : "";
    }
    std::size_t borrowed() const { return test.db.scan(kBorrowed, kArea, {}, {}, 1'000)->size(); }

    bool on = true;
    Web web;
    PreviewOptions service;
    std::unique_ptr<Previews> made;
};

constexpr const char* kPage = "https://site.example/page";

TEST_F(PreviewsTest, of_a_page_has_its_words_and_its_picture) {
    start();
    const auto picture = png(120, 80);
    web.sites[kPage] = {
        .body =
            "<title>The Rock (1996)</title><meta property='og:title' content='The Rock'>"
            "<meta property='og:type' content='video.movie'><meta property='og:image' content='i.png'>"};
    web.sites["https://site.example/i.png"] = {.type = "image/png", .body = picture};
    const auto answer = preview(kPage);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.text("og:title"), "The Rock");
    EXPECT_EQ(answer.text("og:type"), "video.movie");
    EXPECT_EQ(answer.text("og:image:type"), "image/png");
    EXPECT_EQ(number(answer, "og:image:width"), 120);
    EXPECT_EQ(number(answer, "og:image:height"), 80);
    EXPECT_EQ(number(answer, "matrix:image:size"), static_cast<std::int64_t>(picture.size()));
    const auto served = get(download_path(image_of(answer)), "bob");
    EXPECT_EQ(served.body, picture);
    EXPECT_EQ(served.header("Content-Type"), "image/png");
    EXPECT_EQ(get(thumbnail_path(image_of(answer), "width=32&height=32&method=crop")).status, 200);
    // On the disk it is noise like any other media, in nobody's list.
    for (const auto& path : files()) EXPECT_EQ(read_file(path).find("IHDR"), std::string::npos);
    EXPECT_EQ(media->usage(tokens.db.number("@ada:example.org"))->count, 0U);
}

TEST_F(PreviewsTest, asks_without_saying_who_asks) {
    start();
    web.sites[kPage] = {.body = "<title>t</title>"};
    EXPECT_EQ(preview(kPage + std::string("#part")).status, 200);
    EXPECT_EQ(web.take_asked(), (std::vector<std::string>{kPage}));
    for (const auto& [name, value] : web.headers) {
        EXPECT_TRUE(name == "Accept" || name == "Accept-Encoding" || name == "User-Agent") << name;
        EXPECT_FALSE(value.contains("example.org")) << value;
    }
    EXPECT_EQ(web.headers.find("Accept-Encoding"), "identity");
}

TEST_F(PreviewsTest, old_paths_work_and_each_wants_a_user) {
    start();
    web.sites[kPage] = {.body = "<title>t</title>"};
    for (const auto* path : {"/_matrix/media/v3/preview_url", "/_matrix/media/r0/preview_url",
                             "/_matrix/media/v1/preview_url", "/_matrix/client/v1/media/preview_url"}) {
        EXPECT_EQ(get(path + std::string("?url=") + kPage).text("og:title"), "t") << path;
        EXPECT_EQ(get(path + std::string("?url=") + kPage, "").errcode(), "M_MISSING_TOKEN") << path;
    }
    EXPECT_EQ(preview(kPage, "", "guest").errcode(), "M_GUEST_ACCESS_FORBIDDEN");
    EXPECT_EQ(get("/_matrix/client/v1/media/preview_url").errcode(), "M_MISSING_PARAM");
    EXPECT_EQ(preview(kPage, "&ts=soon").errcode(), "M_INVALID_PARAM");
    EXPECT_EQ(web.take_asked().size(), 1U) << "one answer for all";
}

TEST_F(PreviewsTest, switched_off_ask_nobody) {
    on = false;
    start();
    const auto answer = preview(kPage);
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(answer.errcode(), "M_FORBIDDEN");
    EXPECT_EQ(answer.text("error"), "URL previews are switched off on this server");
    EXPECT_TRUE(web.take_asked().empty());
}

TEST_F(PreviewsTest, refuse_what_is_no_address_of_the_web) {
    start();
    for (const auto* link : {"ftp://site.example/", "file:///etc/passwd", "javascript:alert(1)", "site.example",
                             "http://user:secret@site.example/", "http://site.example:0/", "http://[::1%25eth0]/"})
        EXPECT_EQ(preview(link).errcode(), "M_INVALID_PARAM") << link;
    EXPECT_TRUE(web.take_asked().empty());
}

// Whoever sends links must not learn what is there inside: all of it sounds like a page that is not there.
TEST_F(PreviewsTest, say_the_same_of_everything_that_fails) {
    service.links.blocked_hosts = {"blocked.example", "*.blocked.example"};
    start();
    web.sites["https://down.example/"] = {.error = Errc::unavailable};
    web.sites["https://slow.example/"] = {.error = Errc::timeout};
    web.sites["https://inner.example/"] = {.error = Errc::forbidden};
    web.sites["https://endless.example/"] = {.error = Errc::too_large};
    web.sites["https://broken.example/"] = {.error = Errc::io};
    web.sites["https://large.example/"] = {.body = std::string(11'000'000, 'x')};
    web.sites["https://packed.example/"] = {.body = "\x1f\x8b", .coding = "gzip"};
    web.sites["https://unwilling.example/"] = {.status = 500, .body = "<title>t</title>"};
    web.sites["https://inwards.example/"] = {.status = 302, .location = "http://router.lan/"};
    web.sites["https://to-blocked.example/"] = {.status = 302, .location = "https://x.blocked.example/"};
    web.sites["https://to-port.example/"] = {.status = 302, .location = "https://site.example:25/"};
    web.sites["https://to-file.example/"] = {.status = 302, .location = "file:///etc/passwd"};
    web.sites["https://circle.example/"] = {.status = 302, .location = "https://circle.example/"};
    std::set<std::string> answers;
    for (const auto* link :
         {"https://down.example/", "https://slow.example/", "https://inner.example/", "https://endless.example/",
          "https://broken.example/", "https://large.example/", "https://packed.example/", "https://unwilling.example/",
          "https://inwards.example/", "https://to-blocked.example/", "https://to-port.example/",
          "https://to-file.example/", "https://circle.example/", "https://none.example/", "http://localhost/",
          "http://router.lan/", "http://2130706433/", "https://site.example:22/", "https://blocked.example/"}) {
        const auto answer = preview(link);
        EXPECT_EQ(answer.status, 502) << link;
        EXPECT_EQ(answer.errcode(), "M_UNKNOWN") << link;
        answers.insert(answer.body);
    }
    EXPECT_EQ(answers.size(), 1U);
    for (const auto& asked : web.take_asked())
        EXPECT_TRUE(!asked.contains("router") && !asked.contains("x.blocked") && !asked.contains(":25")) << asked;
}

TEST_F(PreviewsTest, follow_a_page_to_where_it_is) {
    start();
    web.sites["https://short.example/x"] = {.status = 301, .location = "https://long.example/a/page"};
    web.sites["https://long.example/a/page"] = {.body = "<title>t</title><meta property=og:image content=i.png>"};
    web.sites["https://long.example/a/i.png"] = {.type = "image/png", .body = png(50, 50)};
    EXPECT_EQ(number(preview("https://short.example/x"), "og:image:width"), 50);
}

TEST_F(PreviewsTest, of_what_is_neither_page_nor_picture_are_empty) {
    start();
    for (const auto* type : {"application/pdf", "audio/mpeg", "video/mp4", "text/plain", "application/json", "",
                             "image/svg+xml", "application/octet-stream"}) {
        const auto link = fmt::format("https://site.example/{}", http::percent_encode(type));
        web.sites[link] = {.type = type, .body = "<title>t</title>"};
        const auto answer = preview(link);
        EXPECT_EQ(answer.status, 200) << type;
        EXPECT_EQ(answer.body, "{}") << type;
    }
}

TEST_F(PreviewsTest, of_a_picture_is_the_picture) {
    start();
    web.sites[kPage] = {.type = "image/jpeg", .body = png(64, 48)};  // the type lies
    const auto answer = preview(kPage);
    EXPECT_EQ(answer.text("og:image:type"), "image/png");
    EXPECT_EQ(number(answer, "og:image:width"), 64);
    EXPECT_EQ(get(download_path(image_of(answer))).header("Content-Type"), "image/png");
}

TEST_F(PreviewsTest, keep_nothing_as_a_picture_that_is_none) {
    start();
    struct Case {
        const char* name;
        Site site;
    };
    const Case cases[] = {
        {"page", {.type = "image/png", .body = "<script>alert(1)</script>"}},
        {"svg", {.type = "image/svg+xml", .body = "<svg xmlns='http://www.w3.org/2000/svg'/>"}},
        {"svg-as-png", {.type = "image/png", .body = "<svg xmlns='http://www.w3.org/2000/svg'/>"}},
        {"html-type", {.type = "text/html", .body = png(50, 50)}},
        {"bomb", {.type = "image/png", .body = png(50'000, 50'000, false, 1)}},
        {"pixel", {.type = "image/png", .body = png(1, 1)}},
        {"empty", {.type = "image/png"}},
        {"gone", {.status = 404, .type = "image/png", .body = png(50, 50)}},
        {"packed", {.type = "image/png", .body = png(50, 50), .coding = "gzip"}},
        {"large", {.type = "image/png", .body = png(50, 50) + std::string(11'000'000, 'x')}},
        {"inwards", {.status = 302, .location = "http://router.lan/i.png"}},
    };
    for (const auto& [name, site] : cases) {
        const auto base = fmt::format("https://{}.example/", name);
        web.sites[base] = {.body = "<title>t</title><meta property=og:image content=i.png>"};
        web.sites[base + "i.png"] = site;
        const auto answer = preview(base);
        EXPECT_EQ(answer.body, R"({"og:title":"t"})") << name;
    }
    EXPECT_TRUE(files().empty());
    EXPECT_EQ(borrowed(), 0U);
}

TEST_F(PreviewsTest, try_another_picture_but_not_all) {
    start();
    web.sites[kPage] = {.body = "<meta property=og:image content=none.png><meta name=twitter:image content=two.png>"};
    web.sites["https://site.example/two.png"] = {.type = "image/png", .body = png(50, 50)};
    EXPECT_EQ(number(preview(kPage), "og:image:width"), 50);
    web.take_asked();
    web.sites["https://many.example/"] = {
        .body =
            "<meta property=og:image content=1><meta property=og:image:url content=2>"
            "<meta name=twitter:image content=3><link rel=image_src href=4><img src=5>"};
    EXPECT_EQ(preview("https://many.example/").body, "{}");
    EXPECT_EQ(web.take_asked().size(), 3U);
}

TEST_F(PreviewsTest, are_remembered_for_a_while) {
    start();
    web.sites[kPage] = {.body = "<title>old</title>"};
    EXPECT_EQ(preview(kPage).text("og:title"), "old");
    web.sites[kPage].body = "<title>new</title>";
    const auto then = clock.now();
    clock.advance(std::chrono::minutes(59));
    EXPECT_EQ(preview(kPage, "", "bob").text("og:title"), "old");
    EXPECT_EQ(web.take_asked().size(), 1U);
    clock.advance(std::chrono::minutes(2));
    // A message from back then is well served by what was seen back then.
    EXPECT_EQ(preview(kPage, fmt::format("&ts={}", then.count())).text("og:title"), "old");
    EXPECT_EQ(preview(kPage, fmt::format("&ts={}", (then - std::chrono::hours(24)).count())).text("og:title"), "old");
    EXPECT_TRUE(web.take_asked().empty());
    EXPECT_EQ(preview(kPage).text("og:title"), "new");
    EXPECT_EQ(web.take_asked().size(), 1U);
    // A time that is still to come asks for the newest.
    EXPECT_EQ(preview(kPage, fmt::format("&ts={}", (clock.now() + std::chrono::hours(900)).count())).text("og:title"),
              "new");
    EXPECT_TRUE(web.take_asked().empty());
    clock.advance(std::chrono::hours(13));
    EXPECT_EQ(preview(kPage, fmt::format("&ts={}", then.count())).status, 200);
    EXPECT_EQ(web.take_asked().size(), 1U) << "the picture would not last";
}

TEST_F(PreviewsTest, that_failed_are_not_tried_again_at_once) {
    start();
    web.sites[kPage] = {.error = Errc::unavailable};
    EXPECT_EQ(preview(kPage).status, 502);
    web.sites[kPage] = {.body = "<title>t</title>"};
    EXPECT_EQ(preview(kPage).status, 502);
    EXPECT_EQ(web.take_asked().size(), 1U);
    clock.advance(std::chrono::minutes(2));
    EXPECT_EQ(preview(kPage).status, 200);
}

TEST_F(PreviewsTest, of_one_address_at_once_ask_once) {
    start();
    web.sites[kPage] = {.body = "<title>t</title>"};
    std::vector<std::thread> clients;
    std::atomic<int> good = 0;
    for (int i = 0; i < 8; ++i)
        clients.emplace_back([&, i] { good += preview(kPage, "", fmt::format("user{}", i)).text("og:title") == "t"; });
    for (auto& client : clients) client.join();
    EXPECT_EQ(good, 8);
    EXPECT_EQ(web.take_asked().size(), 1U);
}

TEST_F(PreviewsTest, whose_client_has_gone_are_not_remembered) {
    start();
    web.sites[kPage] = {.body = "<title>t</title>"};
    OneShot<int> gate;
    web.gate = gate;
    std::stop_source hangup;
    auto first = std::async(std::launch::async,
                            [&] { return run_blocking(workers, made->preview(1, kPage, {}, hangup.get_token())); });
    while (web.take_asked().empty()) std::this_thread::yield();
    hangup.request_stop();
    gate.set(1);
    const auto answer = first.get();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::cancelled);
    EXPECT_EQ(preview(kPage).text("og:title"), "t");
}

TEST_F(PreviewsTest, lend_pictures_for_a_time_only) {
    options.borrowed_life = std::chrono::hours(24);
    start();
    web.sites[kPage] = {.type = "image/png", .body = png(50, 50)};
    const auto first = image_of(preview(kPage));
    EXPECT_EQ(get(thumbnail_path(first, "width=32&height=32&method=crop")).status, 200);
    EXPECT_EQ(files().size(), 2U);
    clock.advance(std::chrono::hours(13));
    const auto second = image_of(preview(kPage));
    EXPECT_NE(second, first);
    EXPECT_EQ(borrowed(), 2U);
    clock.advance(std::chrono::hours(12));
    EXPECT_EQ(get(download_path(first)).errcode(), "M_NOT_FOUND") << "not served, though it is there until the sweep";
    EXPECT_EQ(get(download_path(second)).status, 200);
    EXPECT_EQ(run_blocking(workers, media->return_borrowed()), 1U);
    EXPECT_EQ(files().size(), 1U);
    EXPECT_EQ(borrowed(), 1U);
    clock.advance(std::chrono::hours(13));
    EXPECT_EQ(run_blocking(workers, media->return_borrowed()), 1U);
    EXPECT_TRUE(files().empty());
    EXPECT_EQ(run_blocking(workers, media->return_borrowed()), 0U);
}

TEST_F(PreviewsTest, lend_pictures_within_a_space_only) {
    const auto picture = png(50, 50);
    options.borrowed_space = picture.size() * 3;
    start();
    std::vector<std::string> ids;
    for (int i = 0; i < 5; ++i) {
        const auto link = fmt::format("https://site.example/{}", i);
        web.sites[link] = {.type = "image/png", .body = picture};
        ids.push_back(image_of(preview(link)));
        clock.advance(std::chrono::hours(1));
    }
    EXPECT_EQ(files().size(), 3U);
    EXPECT_EQ(get(download_path(ids[1])).status, 404);
    EXPECT_EQ(get(download_path(ids[2])).status, 200);
    // An answer whose picture had to go is made anew.
    web.take_asked();
    EXPECT_EQ(get(download_path(image_of(preview("https://site.example/0")))).status, 200);
    EXPECT_EQ(web.take_asked().size(), 1U);
    EXPECT_EQ(files().size(), 3U);
    // What was counted is counted again after a restart.
    start();
    web.sites["https://site.example/9"] = {.type = "image/png", .body = picture};
    preview("https://site.example/9");
    EXPECT_EQ(files().size(), 3U);
}

TEST_F(PreviewsTest, leave_no_picture_behind_when_they_are_switched_off) {
    start();
    web.sites[kPage] = {.type = "image/png", .body = png(50, 50)};
    const auto borrowed_one = image_of(preview(kPage));
    const auto own = upload(png(60, 60));
    options.borrows = false;
    on = false;
    start();
    for (int i = 0; i < 1'000 && borrowed() > 0; ++i) std::this_thread::sleep_for(Millis{10});
    EXPECT_EQ(borrowed(), 0U);
    EXPECT_EQ(get(download_path(borrowed_one)).status, 404);
    EXPECT_EQ(get(download_path(own)).status, 200);
    EXPECT_EQ(files().size(), 1U);
}

TEST_F(PreviewsTest, carry_animations_over) {
    start();
    const auto film = gif(100, 100, 3);
    web.sites[kPage] = {.type = "image/gif", .body = film};
    const auto answer = preview(kPage);
    EXPECT_EQ(answer.text("og:image:type"), "image/gif");
    EXPECT_EQ(get(download_path(image_of(answer))).body, film);
}

TEST(PreviewCache, is_bounded_in_number_and_bytes) {
    PreviewCache cache({.count = 3, .bytes = 100'000});
    auto answer = [](std::size_t size) { return PreviewAnswer{std::string(size, 'x'), {}, Millis{1}}; };
    for (const auto* url : {"a", "b", "c"}) cache.put(url, answer(10));
    EXPECT_TRUE(cache.find("a"));  // asked for last
    cache.put("d", answer(10));
    EXPECT_TRUE(cache.find("a") && cache.find("c") && cache.find("d") && !cache.find("b"));
    cache.put("e", answer(99'300));
    EXPECT_TRUE(cache.find("e"));
    EXPECT_EQ(cache.size(), 2U);
    cache.put("f", answer(200'000));
    EXPECT_EQ(cache.size(), 0U);
    cache.put("a", answer(10));
    cache.put("a", answer(20));
    EXPECT_EQ(cache.find("a")->json->size(), 20U);
    EXPECT_EQ(cache.size(), 1U);
    cache.drop("a");
    EXPECT_EQ(cache.size(), 0U);
}

}  // namespace
}  // namespace peyk::media::test
