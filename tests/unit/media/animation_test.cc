// Animated thumbnails.  Spec: Client-Server API › Content repository › GET …/thumbnail, `animated`.

#include "media/thumbnailer/protocol.h"
#include "unit/media/animations.h"
#include "unit/media/pictures.h"

namespace peyk::media::test {
namespace {

struct AnimationTest : MediaTest {
    Answer thumbnail(const std::string& media_uri, const std::string& query) {
        auto answer = get(thumbnail_path(media_uri, query));
        EXPECT_EQ(answer.status, 200) << query << answer.body;
        return answer;
    }
    // 32 x 32 or 96 x 96 crops.
    Answer animated(const std::string& bytes, int side = 32) {
        return thumbnail(upload(bytes), fmt::format("width={0}&height={0}&method=crop&animated=true", side));
    }
    // A still answer, whatever it is made of.
    static bool still(const Answer& answer) {
        const auto type = answer.header("Content-Type");
        return type == "image/png" || type == "image/jpeg";
    }
};

TEST_F(AnimationTest, of_a_gif_is_a_webp_with_its_frames_times_and_repetitions) {
    start();
    const auto answer = animated(gif(200, 100, 3));
    EXPECT_EQ(answer.header("Content-Type"), "image/webp");
    EXPECT_EQ(answer.header("Content-Disposition"), "inline; filename=\"thumbnail.webp\"");
    const Film film(answer.body);
    EXPECT_EQ(film.width, 32);
    EXPECT_EQ(film.height, 32);
    EXPECT_EQ(film.plays, 3U);
    EXPECT_EQ(film.ends_ms, (std::vector<int>{50, 100, 150}));
    ASSERT_EQ(film.frames.size(), 3U);
    EXPECT_TRUE(film.shows(0, 16, 16, kRed));
    EXPECT_TRUE(film.shows(1, 16, 16, kGreen));
    EXPECT_TRUE(film.shows(2, 16, 16, kBlue));
}

TEST_F(AnimationTest, is_scaled_to_cover_and_cropped_in_the_middle) {
    start();
    // Red left, green in the middle, blue right; what moves is a transparent stripe.
    const auto bytes = gif(900, 300, 2, [](int frame, int x, int y) {
        if (y < 30 && frame == 1) return kClear;
        return x < 300 ? kRed : x < 600 ? kGreen : kBlue;
    });
    const auto media_uri = upload(bytes);
    const Film scaled(thumbnail(media_uri, "width=320&height=240&animated=true").body);
    EXPECT_EQ(scaled.width, 720);
    EXPECT_EQ(scaled.height, 240);
    ASSERT_EQ(scaled.frames.size(), 2U);
    EXPECT_TRUE(scaled.shows(0, 20, 100, kRed) && scaled.shows(0, 360, 100, kGreen) &&
                scaled.shows(0, 700, 100, kBlue));
    EXPECT_TRUE(scaled.shows(1, 20, 100, kRed) && scaled.shows(1, 20, 5, kClear));
    const Film cropped(thumbnail(media_uri, "width=96&height=96&method=crop&animated=true").body);
    ASSERT_EQ(cropped.frames.size(), 2U);
    for (const int x : {2, 48, 93}) EXPECT_TRUE(cropped.shows(0, x, 48, kGreen)) << x;
}

TEST_F(AnimationTest, is_given_to_those_only_who_ask) {
    start();
    const auto webp = thumbnail(upload(gif(400, 400, 3)), "width=256&height=256&method=crop&animated=true").body;
    ASSERT_GT(Film(webp).frames.size(), 1U);
    const ApngFrame frame{0, 0, 200, 200};
    for (const auto& bytes : {gif(200, 100, 3), webp, apng(200, 200, {frame, frame, frame})}) {
        const auto media_uri = upload(bytes);
        for (const std::string size : {"width=32&height=32&method=crop", "width=800&height=600"}) {
            EXPECT_TRUE(still(thumbnail(media_uri, size)));
            const auto answer = thumbnail(media_uri, size + "&animated=false");
            EXPECT_TRUE(still(answer));
            EXPECT_EQ(answer.body.find("acTL"), std::string::npos);
        }
        // Not larger than wanted: the original, which moves.
        EXPECT_EQ(thumbnail(media_uri, "width=800&height=600&animated=true").body, bytes);
    }
}

TEST_F(AnimationTest, of_an_animated_webp_is_one) {
    start();
    const auto webp = thumbnail(upload(gif(400, 400, 3)), "width=256&height=256&method=crop&animated=true").body;
    const Film film(animated(webp).body);
    ASSERT_EQ(film.frames.size(), 3U);
    EXPECT_EQ(film.ends_ms.back(), 150);
    EXPECT_EQ(film.plays, 3U);
    EXPECT_TRUE(film.shows(0, 16, 16, kRed) && film.shows(2, 16, 16, kBlue));
}

TEST_F(AnimationTest, of_an_apng_draws_its_frames_as_the_format_says) {
    start();
    auto all = [](Rgba colour) { return [colour](int, int, int) { return colour; }; };
    const Rgba half_blue{0, 0, 255, 128};
    const auto bytes = apng(200, 200,
                            {{0, 0, 200, 200, 0, 0, all(kRed)},
                             {100, 0, 100, 200, 2, 0, all(kGreen)},    // gone afterwards
                             {0, 0, 100, 100, 1, 1, all(half_blue)},   // over the red, emptied afterwards
                             {0, 100, 200, 100, 0, 0, all(kClear)}});  // source: a hole
    const auto answer = animated(bytes, 96);
    const Film film(answer.body);
    ASSERT_EQ(film.frames.size(), 4U) << answer.header("Content-Type");
    EXPECT_EQ(film.plays, 5U);
    EXPECT_EQ(film.ends_ms, (std::vector<int>{100, 200, 300, 400}));
    EXPECT_TRUE(film.shows(0, 10, 10, kRed) && film.shows(0, 80, 80, kRed));
    EXPECT_TRUE(film.shows(1, 10, 10, kRed) && film.shows(1, 80, 80, kGreen));
    EXPECT_TRUE(film.shows(2, 10, 10, {127, 0, 128, 255}) && film.shows(2, 80, 80, kRed));
    EXPECT_TRUE(film.shows(3, 10, 10, kClear) && film.shows(3, 80, 10, kRed) && film.shows(3, 10, 80, kClear));
}

TEST_F(AnimationTest, of_a_still_picture_is_still) {
    start();
    for (const auto& bytes : {png(300, 300), base64_decode(kJpeg).value(), gif(300, 300, 1)})
        EXPECT_TRUE(still(animated(bytes)));
}

TEST_F(AnimationTest, is_still_when_it_would_be_too_much) {
    start();
    const ApngFrame frame{0, 0, 2, 2};
    const auto too_many = gif(40, 40, 501);
    std::vector<ApngFrame> dots(17, frame);
    dots[0] = {0, 0, 3000, 2000};
    const auto too_large = apng(3000, 2000, dots, {}, 1);  // 102 million pixels are shown
    for (const auto& bytes : {too_many, too_large}) {
        const auto answer = animated(bytes);
        EXPECT_TRUE(still(answer)) << answer.header("Content-Type");
    }
    EXPECT_EQ(Film(animated(gif(40, 40, 500)).body).frames.size(), 500U);
    // Ten thousand frames are not drawn, and cost the child neither its time nor its memory.
    EXPECT_TRUE(still(animated(gif(64, 64, 10'000))));
    std::vector<ApngFrame> many(10'000, frame);
    many[0] = {0, 0, 64, 64};
    EXPECT_TRUE(still(animated(apng(64, 64, many))));
}

TEST_F(AnimationTest, is_refused_where_the_canvas_is_a_bomb) {
    start();
    auto bytes = gif(20, 20, 3);
    // The library takes the size from the frames.
    bytes.replace(bytes.find(std::string("\x2c\0\0\0\0", 5)) + 5, 4, "\x60\xea\x60\xea");  // 60,000 x 60,000
    const auto huge = get(thumbnail_path(upload(bytes), "width=32&height=32&method=crop&animated=true"));
    EXPECT_EQ(huge.status, 413) << huge.body;
    const ApngFrame frame{0, 0, 20, 20};
    bytes = apng(50'000, 50'000, {frame, frame});
    EXPECT_EQ(get(thumbnail_path(upload(bytes), "width=32&height=32&method=crop&animated=true")).status, 413);
}

TEST_F(AnimationTest, is_still_or_refused_when_it_is_broken) {
    start();
    const ApngFrame frame{0, 0, 100, 100};
    const auto good = apng(100, 100, {frame, frame, frame});
    ASSERT_EQ(Film(animated(good).body).frames.size(), 3U);
    auto out_of_canvas = apng(100, 100, {frame, {50, 50, 100, 100}, frame});
    auto no_such_frame = apng(100, 100, {frame, frame}, 3);
    auto wrong_sum = good;
    wrong_sum[wrong_sum.find("fcTL") + 5] = 7;  // the sequence
    auto wrong_blend = apng(100, 100, {frame, {0, 0, 100, 100, 0, 9}});
    auto wrong_dispose = apng(100, 100, {frame, {0, 0, 100, 100, 9, 0}});
    auto cut = good.substr(0, good.size() - 30'000);
    auto cut_in_head = good.substr(0, good.find("fcTL") + 10);
    for (const auto& bytes : {out_of_canvas, no_such_frame, wrong_sum, wrong_blend, wrong_dispose, cut}) {
        const auto answer = animated(bytes);
        EXPECT_TRUE(still(answer)) << answer.header("Content-Type");
    }
    const auto whole = gif(100, 100, 5);
    for (const auto& bytes : {cut_in_head, whole.substr(0, whole.size() / 2), whole.substr(0, whole.size() - 100),
                              whole.substr(0, 900) + noise(5'000)}) {
        const auto answer = get(thumbnail_path(upload(bytes), "width=32&height=32&method=crop&animated=true"));
        EXPECT_TRUE(answer.status == 400 || answer.status == 200) << answer.status;
        EXPECT_TRUE(answer.status == 400 || still(answer) || Film(answer.body).frames.size() > 1);
    }
}

TEST_F(AnimationTest, is_the_original_where_that_is_smaller) {
    start();
    // A pattern that repeats costs next to nothing as PNG, and much once it is resampled.
    auto pattern = [](int frame, int x, int y) {
        const auto hash = static_cast<unsigned>((x % 5) * 7919 + (y % 5) * 104'729 + frame * 31) * 2'654'435'761U;
        return Rgba{static_cast<std::uint8_t>(hash >> 24), static_cast<std::uint8_t>(hash >> 16),
                    static_cast<std::uint8_t>(hash >> 8), 255};
    };
    const ApngFrame frame{0, 0, 110, 110, 0, 0, pattern};
    const auto small = apng(110, 110, {frame, frame, frame}, {}, 9);
    const auto answer = animated(small, 96);
    EXPECT_EQ(answer.body, small);
    EXPECT_EQ(answer.header("Content-Type"), "image/png");
}

TEST(Animation, that_takes_too_long_is_still) {
    const ApngFrame frame{0, 0, 400, 400};
    const auto bytes = apng(400, 400, std::vector<ApngFrame>(20, frame));
    auto format_within = [&bytes](const char* milliseconds) {
        auto input = MemoryFile::create("in"), output = MemoryFile::create("out");
        EXPECT_TRUE(input && output && input->append(bytes) && input->seal());
        const auto end = run_child(PEYK_THUMBNAILER, {"320", "240", "scale", "any", milliseconds}, input->fd(),
                                   output->fd(), Millis{60'000});
        EXPECT_TRUE(end && end->signal == 0 && end->status == thumbnailer::kDone);
        thumbnailer::Header header;
        const auto answer = output->read_all(thumbnailer::kMaxOutput).value();
        std::memcpy(&header, answer.data(), sizeof header);
        return header.format;
    };
    EXPECT_EQ(format_within("60000"), thumbnailer::Format::webp);
    EXPECT_EQ(format_within("1"), thumbnailer::Format::png);
}

}  // namespace
}  // namespace peyk::media::test
