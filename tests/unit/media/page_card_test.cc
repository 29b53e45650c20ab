#include "media/previews/page_card.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace peyk::media {
namespace {

using Kind = PageFinding::Kind;

struct PageCardTest : testing::Test {
    static PageCard card(const std::vector<PageFinding>& findings) {
        return make_card(findings, http::Url::parse("https://example.org/a/b").value());
    }
    static std::string property(const PageCard& card, std::string_view key) {
        for (const auto& [name, value] : card.properties)
            if (name == key) return value;
        return "-";
    }
};

TEST_F(PageCardTest, prefers_what_the_page_says_of_itself) {
    std::vector<PageFinding> findings{{Kind::text, "", "A paragraph."},
                                      {Kind::title, "", "The title"},
                                      {Kind::image, "", "first.png"},
                                      {Kind::meta, "og:type", "article"}};
    auto made = card(findings);
    EXPECT_EQ(property(made, "og:title"), "The title");
    EXPECT_EQ(property(made, "og:description"), "A paragraph.");
    EXPECT_EQ(property(made, "og:type"), "article");
    ASSERT_EQ(made.images.size(), 1U);
    EXPECT_EQ(made.images[0].str(), "https://example.org/a/first.png");

    findings.push_back({Kind::meta, "description", "For search engines"});
    findings.push_back({Kind::meta, "twitter:title", "For birds"});
    findings.push_back({Kind::meta, "twitter:image", "bird.png"});
    made = card(findings);
    EXPECT_EQ(property(made, "og:title"), "For birds");
    EXPECT_EQ(property(made, "og:description"), "For search engines");
    EXPECT_EQ(made.images[0].target, "/a/bird.png");

    findings.push_back({Kind::meta, "og:title", "For all"});
    findings.push_back({Kind::meta, "og:image", "/all.png"});
    findings.push_back({Kind::base, "", "//cdn.example/x/"});
    made = card(findings);
    EXPECT_EQ(property(made, "og:title"), "For all");
    EXPECT_EQ(made.images[0].str(), "https://cdn.example/all.png");
    EXPECT_EQ(made.images[1].str(), "https://cdn.example/x/bird.png");
    EXPECT_EQ(property(card({}), "og:title"), "-");
}

TEST_F(PageCardTest, names_nothing_that_a_client_would_fetch_from_the_site) {
    const auto made = card({{Kind::meta, "og:image", "https://example.org/i.png"},
                            {Kind::meta, "og:image:width", "7"},
                            {Kind::meta, "og:video", "https://example.org/v.mp4"},
                            {Kind::meta, "og:video:url", "https://example.org/v.mp4"},
                            {Kind::meta, "og:audio", "https://example.org/a.mp3"},
                            {Kind::meta, "twitter:player", "https://example.org/p"},
                            {Kind::meta, "og:site_name", "Example"}});
    ASSERT_EQ(made.properties.size(), 1U);
    EXPECT_EQ(property(made, "og:site_name"), "Example");
}

TEST_F(PageCardTest, has_only_addresses_that_are_some) {
    EXPECT_EQ(property(card({{Kind::meta, "og:url", "javascript:alert(1)"}}), "og:url"), "-");
    EXPECT_EQ(property(card({{Kind::meta, "og:url", "https://user:x@example.org/"}}), "og:url"), "-");
    EXPECT_EQ(property(card({{Kind::meta, "og:url", "https://example.org/é"}}), "og:url"),
              "https://example.org/%C3%A9");
    const auto made = card({{Kind::meta, "og:image", "file:///etc/passwd"},
                            {Kind::image_link, "", "javascript:x"},
                            {Kind::base, "", "javascript:x"},
                            {Kind::image, "", "ok.png"}});
    ASSERT_EQ(made.images.size(), 1U);
    EXPECT_EQ(made.images[0].str(), "https://example.org/a/ok.png");
}

TEST_F(PageCardTest, is_bounded) {
    std::vector<PageFinding> many;
    for (int i = 0; i < 100; ++i) many.push_back({Kind::meta, fmt::format("og:x{}", i), std::string(2'000, 'x')});
    many.push_back({Kind::meta, "og:bad key", "x"});
    many.push_back({Kind::meta, "og:", "x"});
    const auto made = card(many);
    EXPECT_EQ(made.properties.size(), 32U);
    for (const auto& [key, value] : made.properties) EXPECT_LE(value.size(), 500U);
}

TEST_F(PageCardTest, lines_are_clean) {
    EXPECT_EQ(clean_line("  a \n\t b  ", 100), "a b");
    EXPECT_EQ(clean_line("a\u202eb\x01\x7f\u0085\u2066c\ufeff", 100), "abc");
    EXPECT_EQ(clean_line("می\u200cروم", 100), "می\u200cروم") << "a joiner is a letter's shape";
    EXPECT_EQ(clean_line("one two three four", 13), "one two…");
    EXPECT_EQ(clean_line(std::string(100, 'x'), 10), "xxxxxxx…");
    EXPECT_EQ(clean_line("ああああああ", 10), "ああ…");
    EXPECT_EQ(clean_line("bad \xff", 10), "");
    for (std::size_t max = 4; max < 60; ++max) {
        const auto line = clean_line("سلام دنیا, this 🎈 is some text of all lengths", max);
        EXPECT_LE(line.size(), max);
        EXPECT_TRUE(is_utf8(line));
    }
}

std::string finding(int kind, std::string_view key, std::string_view value) {
    std::string out;
    put_u8(out, static_cast<std::uint8_t>(kind));
    put_u8(out, static_cast<std::uint8_t>(key.size()));
    put_u16be(out, static_cast<std::uint16_t>(value.size()));
    return out + std::string(key) + std::string(value);
}

TEST(Findings, are_believed_only_in_shape) {
    const auto good = finding(1, "og:title", "x") + finding(2, "", "y");
    ASSERT_TRUE(parse_findings(good));
    EXPECT_EQ(parse_findings(good)->size(), 2U);
    EXPECT_TRUE(parse_findings("")->empty());
    std::string many;
    for (int i = 0; i < 129; ++i) many += finding(5, "", "x");
    for (const auto& bad : {good + "x", good.substr(0, good.size() - 1), finding(0, "", "x"), finding(7, "", "x"),
                            finding(2, "", "\xff"), finding(1, "\xff", "x"), finding(1, std::string(65, 'k'), "x"),
                            finding(2, "", std::string(2'049, 'v')), many, std::string("\x02\x00\xff\xff", 4)})
        EXPECT_FALSE(parse_findings(bad));
}

}  // namespace
}  // namespace peyk::media
