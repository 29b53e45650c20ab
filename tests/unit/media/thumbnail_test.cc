#include <sys/wait.h>

#include <csignal>

#include "media/sandbox/child.h"
#include "unit/media/pictures.h"
#include "unit/media/support.h"

namespace peyk::media::test {
namespace {

std::string decoded(std::string_view base64) { return base64_decode(base64).value(); }

TEST(ThumbnailSizes, are_few_and_never_smaller_than_asked) {
    using enum ThumbnailMethod;
    auto text = [](std::uint32_t width, std::uint32_t height, ThumbnailMethod method) -> std::string {
        const auto size = snap({width, height, method, false});
        if (!size) return "original";
        return fmt::format("{}x{} {}", size->width, size->height, size->method == crop ? "crop" : "scale");
    };
    EXPECT_EQ(text(1, 1, crop), "32x32 crop");
    EXPECT_EQ(text(32, 32, crop), "32x32 crop");
    EXPECT_EQ(text(33, 33, crop), "96x96 crop");
    EXPECT_EQ(text(120, 120, crop), "256x256 crop");
    EXPECT_EQ(text(320, 240, crop), "320x240 crop");
    EXPECT_EQ(text(100, 50, crop), "320x240 scale");
    EXPECT_EQ(text(5'000, 5'000, crop), "original");
    EXPECT_EQ(text(1, 1, scale), "320x240 scale");
    EXPECT_EQ(text(321, 240, scale), "640x480 scale");
    EXPECT_EQ(text(800, 600, scale), "800x600 scale");
    EXPECT_EQ(text(10, 700, scale), "1600x1200 scale");
    EXPECT_EQ(text(1'601, 10, scale), "original");
    for (std::uint32_t width = 1; width < 1'700; width += 13) {
        for (std::uint32_t height = 1; height < 1'300; height += 17) {
            for (const auto method : {crop, scale}) {
                const auto size = snap({width, height, method, false});
                if (size) EXPECT_TRUE(size->width >= width && size->height >= height) << width << "x" << height;
            }
        }
    }
}

// What a decoded picture has, read back from the bytes of the answer.
struct Shape {
    std::string type;
    std::uint32_t width = 0, height = 0;
};
std::ostream& operator<<(std::ostream& out, const Shape& shape) {
    return out << shape.type << " " << shape.width << "x" << shape.height;
}
bool operator==(const Shape& a, const Shape& b) {
    return a.type == b.type && a.width == b.width && a.height == b.height;
}

Shape jpeg_shape(const std::string& bytes) {
    for (std::size_t at = 2; at + 9 < bytes.size();) {
        const auto marker = static_cast<unsigned char>(bytes[at + 1]);
        if (marker >= 0xc0 && marker <= 0xc2)
            return {"jpeg", get_u16be(bytes.data() + at + 7), get_u16be(bytes.data() + at + 5)};
        at += 2 + get_u16be(bytes.data() + at + 2);
    }
    return {"broken jpeg"};
}

Shape shape_of(const std::string& bytes) {
    if (bytes.starts_with("\x89PNG")) return {"png", get_u32be(bytes.data() + 16), get_u32be(bytes.data() + 20)};
    if (bytes.starts_with("\xff\xd8")) return jpeg_shape(bytes);
    if (bytes.starts_with("GIF8")) {
        auto little = [&](std::size_t at) {
            return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at]) |
                                              static_cast<unsigned char>(bytes[at + 1]) << 8);
        };
        return {"gif", little(6), little(8)};
    }
    if (bytes.substr(8, 4) == "WEBP") return {"webp"};
    return {"unknown"};
}

struct ThumbnailTest : MediaTest {
    Answer thumbnail(const std::string& media_uri, const std::string& query) {
        return get(thumbnail_path(media_uri, query));
    }
};

TEST_F(ThumbnailTest, all_four_formats_are_cropped_and_scaled) {
    start();
    struct Case {
        const char* name;
        std::string bytes;
        Shape crop;
        Shape scale;
    };
    // The small pictures are 200 x 100: smaller than 320 x 240, so `scale` gives the original.
    const Case cases[] = {
        {"png", png(1000, 500), {"png", 96, 96}, {"png", 480, 240}},
        {"transparent png", png(500, 1000, true), {"png", 96, 96}, {"webp", 0, 0}},
        {"jpeg", decoded(kJpeg), {"jpeg", 96, 96}, {"jpeg", 200, 100}},
        {"webp", decoded(kWebp), {"jpeg", 96, 96}, {"webp", 0, 0}},
        {"gif", decoded(kGif), {"jpeg", 96, 96}, {"gif", 200, 100}},
    };
    for (const auto& each : cases) {
        const auto media_uri = upload(each.bytes, "application/octet-stream");
        const auto crop = thumbnail(media_uri, "width=96&height=96&method=crop");
        EXPECT_EQ(crop.status, 200) << each.name << crop.body;
        EXPECT_EQ(shape_of(crop.body), each.crop) << each.name;
        EXPECT_EQ(crop.header("Content-Type"), "image/" + each.crop.type) << each.name;
        EXPECT_TRUE(crop.header("Content-Disposition").starts_with("inline; filename=\"thumbnail.")) << each.name;
        const auto scale = thumbnail(media_uri, "width=300&height=200&method=scale");
        EXPECT_EQ(scale.status, 200) << each.name << scale.body;
        EXPECT_EQ(shape_of(scale.body), each.scale) << each.name;
        EXPECT_EQ(scale.header("Content-Type"), "image/" + each.scale.type) << each.name;
    }
}

TEST_F(ThumbnailTest, is_made_once_and_kept_sealed) {
    start();
    const auto media_uri = upload(png(1000, 500));
    const auto first = thumbnail(media_uri, "width=96&height=96&method=crop");
    ASSERT_EQ(files().size(), 2U);
    for (const auto& path : files()) EXPECT_EQ(read_file(path).find("IHDR"), std::string::npos);
    options.thumbnailer = "/nonexistent";  // start() sets it again, so take the program away instead
    const auto again = thumbnail(media_uri, "width=90&height=50&method=crop");
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(thumbnail(media_uri, "width=96&height=96&method=crop").body, first.body);
    EXPECT_EQ(files().size(), 3U);  // 90 x 50 has another shape
    EXPECT_TRUE(run_blocking(workers, media->remove(id_of(media_uri))));
    EXPECT_TRUE(files().empty());
}

TEST_F(ThumbnailTest, requests_for_one_size_at_once_start_one_decoder) {
    start();
    const auto media_uri = upload(png(2000, 2000));
    std::vector<std::thread> clients;
    std::atomic<int> good = 0;
    for (int i = 0; i < 8; ++i)
        clients.emplace_back([&] { good += thumbnail(media_uri, "width=32&height=32&method=crop").status == 200; });
    for (auto& client : clients) client.join();
    EXPECT_EQ(good, 8);
    EXPECT_EQ(files().size(), 2U);
}

TEST_F(ThumbnailTest, small_pictures_are_served_as_they_are_and_never_enlarged) {
    start();
    const auto tiny = png(20, 20);
    const auto answer = thumbnail(upload(tiny, "text/html"), "width=800&height=600");
    EXPECT_EQ(answer.body, tiny);
    EXPECT_EQ(answer.header("Content-Type"), "image/png");
    // One side is shorter than wanted: the largest part of the wanted shape.
    EXPECT_EQ(shape_of(thumbnail(upload(png(50, 200)), "width=96&height=96&method=crop").body), (Shape{"png", 50, 50}));
    const auto large = png(1700, 1300);
    EXPECT_EQ(thumbnail(upload(large), "width=3000&height=3000").body, large);
}

TEST_F(ThumbnailTest, stands_upright_and_tells_nothing_about_its_maker) {
    start();
    const auto jpeg = decoded(kJpeg);
    ASSERT_NE(jpeg.find("SECRETPLACE"), std::string::npos);
    const auto answer = thumbnail(upload(jpeg), "width=96&height=96&method=crop");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body.find("SECRETPLACE"), std::string::npos);
    EXPECT_EQ(answer.body.find("Exif"), std::string::npos);
    // 200 x 100 lying on its side is 100 x 200: a 256 x 256 crop keeps the shorter side.
    EXPECT_EQ(shape_of(thumbnail(upload(jpeg), "width=90&height=90&method=crop").body), (Shape{"jpeg", 96, 96}));
}

TEST_F(ThumbnailTest, of_an_animation_is_still_unless_the_original_will_do) {
    start();
    const auto gif = decoded(kAnimatedGif);
    const auto media_uri = upload(gif);
    const auto still = thumbnail(media_uri, "width=320&height=240");
    EXPECT_EQ(still.status, 200);
    EXPECT_EQ(shape_of(still.body), (Shape{"png", 60, 40}));
    EXPECT_EQ(thumbnail(media_uri, "width=320&height=240&animated=true").body, gif);
    EXPECT_EQ(thumbnail(media_uri, "width=320&height=240&animated=false").body, still.body);
}

TEST_F(ThumbnailTest, a_bomb_is_refused_by_its_header) {
    start();
    const auto answer = thumbnail(upload(png(50'000, 50'000, false, 1)), "width=96&height=96&method=crop");
    EXPECT_EQ(answer.status, 413);
    EXPECT_EQ(answer.errcode(), "M_TOO_LARGE");
}

TEST_F(ThumbnailTest, what_is_no_picture_gives_400_and_is_remembered) {
    start();
    const auto whole = png(300, 300);
    for (const auto& bytes :
         {std::string("garbage that is not an image"), std::string(), whole.substr(0, 30),
          decoded(kJpeg).substr(0, 400), decoded(kWebp).substr(0, 100),
          std::string("<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>"),
          std::string("%PDF-1.4"), whole.substr(0, 40) + noise(500)}) {
        const auto media_uri = upload(bytes, "image/png");
        for (int time = 0; time < 2; ++time) {
            const auto answer = thumbnail(media_uri, "width=96&height=96&method=crop");
            EXPECT_EQ(answer.status, 400) << hex_encode(bytes.substr(0, 12)) << " of " << bytes.size();
            EXPECT_EQ(answer.errcode(), "M_UNKNOWN") << hex_encode(bytes.substr(0, 12)) << " of " << bytes.size();
        }
    }
}

TEST_F(ThumbnailTest, bad_requests_are_told_so) {
    start();
    const auto media_uri = upload(png(100, 100));
    EXPECT_EQ(thumbnail(media_uri, "width=96").errcode(), "M_MISSING_PARAM");
    for (const auto* query : {"width=0&height=5", "width=-3&height=5", "width=x&height=5", "width=5.5&height=5",
                              "width=5&height=5&method=stretch", "width=5&height=5&animated=maybe"})
        EXPECT_EQ(thumbnail(media_uri, query).errcode(), "M_INVALID_PARAM") << query;
    EXPECT_EQ(thumbnail("example.org/none", "width=5&height=5").errcode(), "M_NOT_FOUND");
    EXPECT_EQ(get("/_matrix/media/v3/thumbnail/" + media_uri + "?width=5&height=5", "").errcode(), "M_NOT_FOUND");
}

TEST_F(ThumbnailTest, a_decoder_without_time_is_killed_and_not_asked_again_at_once) {
    options.thumbnail_time = Millis{1};
    start();
    const auto media_uri = upload(png(2000, 2000));
    const auto answer = thumbnail(media_uri, "width=96&height=96&method=crop");
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.text("error"), "The thumbnail took too long");
    EXPECT_EQ(thumbnail(media_uri, "width=96&height=96&method=crop").text("error"), "The thumbnail could not be made");
    EXPECT_EQ(files().size(), 1U);
}

struct Sandbox : testing::Test {
    ChildEnd attempt(const std::string& what, Millis time = Millis{10'000}) {
        auto input = MemoryFile::create("in"), output = MemoryFile::create("out");
        EXPECT_TRUE(input && input->append("x") && input->seal());
        auto end = run_child(PEYK_THUMBNAILER, {"--self-test", what}, input->fd(), output->fd(), time);
        EXPECT_TRUE(end) << end.error().detail;
        return end.value_or(ChildEnd{});
    }
};

TEST_F(Sandbox, kills_whoever_leaves_it) {
    for (const auto* what :
         {"open", "socket", "fork", "exec", "executable-memory", "kill", "write-elsewhere", "read-input"}) {
        const auto end = attempt(what);
        EXPECT_EQ(end.signal, SIGSYS) << what << ", status " << end.status;
    }
}

TEST_F(Sandbox, refuses_files_even_without_the_list_of_calls) {
    // By Landlock alone, where the kernel has it.
    const auto end = attempt("open-landlock");
    EXPECT_EQ(end.signal, 0);
    EXPECT_EQ(end.status, sandbox::kRefused);
}

TEST_F(Sandbox, limits_memory_and_does_not_notice_what_is_allowed) {
    EXPECT_EQ(attempt("memory").status, sandbox::kRefused);
    EXPECT_EQ(attempt("nothing").status, sandbox::kSurvived);
}

TEST_F(Sandbox, kills_who_takes_too_long) {
    for (const auto* what : {"spin", "sleep"}) {
        const auto begin = std::chrono::steady_clock::now();
        const auto end = attempt(what, Millis{300});
        EXPECT_TRUE(end.timed_out) << what;
        EXPECT_EQ(end.signal, SIGKILL) << what;
        EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3)) << what;
    }
}

TEST_F(Sandbox, a_missing_program_is_an_error_and_no_more) {
    auto memory = MemoryFile::create("x");
    const auto end = run_child("/nonexistent/peyk-thumbnailer", {}, memory->fd(), memory->fd(), Millis{100});
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code, Errc::unavailable);
}

}  // namespace
}  // namespace peyk::media::test
