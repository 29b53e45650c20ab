#include "web/site.h"

#include <fcntl.h>
#include <unistd.h>

#include "unit/http/raw_client.h"
#include "web/embedded.h"

namespace peyk::web {
namespace {

using http::Answer;
using http::RawClient;

// The fixture, embedded in this program, on a server.
class SiteTest : public testing::Test {
protected:
    SiteTest() : site_(*Site::make(embedded_pack())) {
        site_.add_routes(server_.router);
        server_.start();
    }
    Answer get(std::string_view path, std::string_view fields = {}) {
        RawClient client(server_.port());
        return client.ask(http::get(path, fields));
    }

    Site site_;
    http::TestServer server_;
};

constexpr std::string_view kScript = "/assets/app-K3J5W7QX.js";
constexpr std::string_view kBrotli = "Accept-Encoding: gzip, deflate, br, zstd\r\n";

TEST_F(SiteTest, every_place_of_the_client_is_the_same_page) {
    auto home = get("/");
    EXPECT_EQ(home.status, 200);
    EXPECT_EQ(home.field("Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(home.field("Cache-Control"), "no-cache");
    EXPECT_NE(home.body.find("A web client for tests"), std::string::npos);
    for (auto place :
         {"/index.html", "/i/aToken_1", "/room/!lobby:example.org", "/room/!lobby:example.org/$event", "/room/%23a"}) {
        auto answer = get(place);
        EXPECT_EQ(answer.status, 200) << place;
        EXPECT_EQ(answer.body, home.body) << place;
    }
    for (auto nowhere :
         {"/i", "/i/", "/i/a/b", "/room", "/assets", "/assets/", "/assets/none.js", "/app.js", "/assets/../sw.js"})
        EXPECT_EQ(get(nowhere).status, nowhere == std::string_view("/i/") ? 200 : 404) << nowhere;
}

TEST_F(SiteTest, stored_compressed_and_sent_so_to_who_accepts_it) {
    auto packed = get(kScript, kBrotli);
    EXPECT_EQ(packed.status, 200);
    EXPECT_EQ(packed.field("Content-Encoding"), "br");
    EXPECT_EQ(packed.field("Vary"), "Accept-Encoding");
    EXPECT_EQ(packed.field("Content-Type"), "text/javascript; charset=utf-8");
    EXPECT_EQ(packed.field("Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_LT(packed.body.size(), 3'000u);
    for (auto fields :
         {"", "Accept-Encoding: gzip, deflate\r\n", "Accept-Encoding: br;q=0\r\n", "Accept-Encoding: identity\r\n"}) {
        auto plain = get(kScript, fields);
        EXPECT_EQ(plain.field("Content-Encoding"), "") << fields;
        EXPECT_EQ(plain.body.size(), 38'184u) << fields;
        EXPECT_TRUE(plain.body.starts_with("export const line1 =")) << fields;
        EXPECT_TRUE(plain.body.ends_with("compressed: 400';\n")) << fields;
        EXPECT_NE(plain.field("ETag"), packed.field("ETag")) << "other bytes, another strong tag";
    }
}

TEST_F(SiteTest, what_is_known_is_not_sent_again) {
    for (auto fields : {std::string_view(), kBrotli}) {
        auto first = get("/sw.js", fields);
        auto tag = first.field("ETag");
        ASSERT_FALSE(tag.empty());
        EXPECT_EQ(first.field("Cache-Control"), "no-cache");
        for (auto list : {tag, "W/" + tag, "\"other\" , " + tag, std::string("*")}) {
            auto again = get("/sw.js", fmt::format("{}If-None-Match: {}\r\n", fields, list));
            EXPECT_EQ(again.status, 304) << list;
            EXPECT_EQ(again.body, "");
            EXPECT_EQ(again.field("ETag"), tag);
            EXPECT_EQ(again.field("Cache-Control"), "no-cache");
        }
        EXPECT_EQ(get("/sw.js", fmt::format("{}If-None-Match: \"other\"\r\n", fields)).status, 200);
    }
}

TEST_F(SiteTest, head_says_what_get_would_send) {
    RawClient client(server_.port());
    client.send(fmt::format("HEAD {} HTTP/1.1\r\nHost: a\r\n{}\r\n", kScript, kBrotli));
    auto head = client.read(false);
    auto whole = client.ask(http::get(kScript, kBrotli));
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.field("Content-Length"), std::to_string(whole.body.size()));
    EXPECT_EQ(head.field("ETag"), whole.field("ETag"));
    EXPECT_EQ(get("/empty.txt").status, 200);
    EXPECT_EQ(get("/empty.txt").field("Content-Length"), "0");
}

TEST_F(SiteTest, nothing_from_elsewhere_and_nobody_around_it) {
    for (auto path : {"/", "/sw.js", "/assets/app-K3J5W7QX.js", "/assets/crypto-7H2M4N6P.wasm"}) {
        auto answer = get(path);
        EXPECT_EQ(
            answer.field("Content-Security-Policy"),
            "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
            "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; frame-ancestors 'none'; object-src 'none'; "
            "base-uri 'none'; form-action 'self'")
            << path;
        EXPECT_EQ(answer.field("Referrer-Policy"), "no-referrer");
        EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
        EXPECT_EQ(answer.field("Cross-Origin-Opener-Policy"), "same-origin");
        EXPECT_TRUE(answer.field("Permissions-Policy").starts_with("camera=(self), microphone=(self), "));
        EXPECT_NE(answer.field("Permissions-Policy").find("geolocation=()"), std::string::npos);
    }
    EXPECT_EQ(get("/assets/crypto-7H2M4N6P.wasm").field("Content-Type"), "application/wasm");
    EXPECT_EQ(get("/manifest.webmanifest").field("Content-Type"), "application/manifest+json");
    EXPECT_EQ(get("/icon-192.png").field("Content-Type"), "image/png");
    EXPECT_EQ(get("/LICENSES.txt").field("Content-Type"), "text/plain; charset=utf-8");
}

TEST_F(SiteTest, only_reading_is_answered) {
    RawClient client(server_.port());
    EXPECT_EQ(client.ask(http::post("/", "x")).status, 405);
}

// Nothing of the pack is copied: what is served lies in read-only memory of the program.
TEST_F(SiteTest, files_stay_where_the_program_has_them) {
    auto pack = embedded_pack();
    ASSERT_EQ(site_.files().size(), 9u);
    for (const auto& file : site_.files()) {
        EXPECT_GE(file.packed.data(), pack.data());
        EXPECT_LE(file.packed.data() + file.packed.size(), pack.data() + pack.size());
    }
    int null = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    ASSERT_GE(null, 0);
    EXPECT_EQ(read(null, const_cast<char*>(pack.data()), 1), -1) << "the kernel could write there";
    close(null);
}

TEST(Site, a_folder_is_served_like_an_embedded_one) {
    auto site = Site::load(PEYK_SOURCE_DIR "/tests/support/web_client");
    ASSERT_TRUE(site) << site.error().detail;
    auto moved = std::move(*site);
    http::TestServer server;
    moved.add_routes(server.router);
    server.start();
    RawClient client(server.port());
    EXPECT_EQ(client.ask(http::get("/assets/app-K3J5W7QX.js")).body.size(), 38'184u);
    EXPECT_EQ(client.ask(http::get("/")).status, 200);
    EXPECT_FALSE(Site::load("/nowhere"));
    EXPECT_FALSE(Site::make(""));
    EXPECT_FALSE(Site::make(embedded_pack().substr(0, 100)));
}

}  // namespace
}  // namespace peyk::web
