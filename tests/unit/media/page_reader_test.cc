// The program that reads pages, with what sites send and with what attackers send.

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>

#include "media/child_process.h"
#include "media/previews/page_card.h"
#include "media/sandbox/child.h"
#include "unit/media/support.h"

namespace peyk::media::test {
namespace {

using Kind = PageFinding::Kind;

struct PageReader : testing::Test {
    std::vector<PageFinding> read(std::string_view page, std::string_view charset = {}) {
        auto findings = media::read_page(PEYK_PAGEREADER, page, charset, Millis{30'000});
        EXPECT_TRUE(findings) << findings.error().detail;
        return findings.value_or(std::vector<PageFinding>{});
    }
    // The only value of a kind; "-": none; "*": several.
    static std::string only(const std::vector<PageFinding>& findings, Kind kind, std::string_view key = {}) {
        std::string out = "-";
        for (const auto& finding : findings)
            if (finding.kind == kind && finding.key == key) out = out == "-" ? finding.value : "*";
        return out;
    }
    std::string title(std::string_view page, std::string_view charset = {}) {
        return only(read(page, charset), Kind::title);
    }
};

std::string repeated(std::string_view text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

TEST_F(PageReader, finds_what_a_preview_is_made_of) {
    const auto found = read(R"(<!DOCTYPE html><html prefix="og: http://ogp.me/ns#"><head>
        <title>The Rock
          (1996)</title><meta property="og:title" content="The &quot;Rock&quot; &amp; I">
        <meta PROPERTY=og:image content='rock.png' /><meta name="Description" content="A film">
        <base href="/films/"><base href="/other/"><link rel="image_src" href="link.png"><link rel=icon href=i.ico>
        <meta property="og:title" content="another"><meta name="keywords" content="none"></head><body>
        <svg><title>not this</title></svg><p>short<p>This paragraph is long enough to say something about the page.
        <script>if (a < b) document.write("<p>nor this one, although it is long enough to be taken for a text</p>")</script>
        <img src="pixel.gif" width="1" height="1"><img src="data:image/png;base64,AAAA"><img src="big.png" width="640">
        </body></html>)");
    EXPECT_EQ(only(found, Kind::title), "The Rock (1996)");
    EXPECT_EQ(only(found, Kind::meta, "og:title"), "The \"Rock\" & I");
    EXPECT_EQ(only(found, Kind::meta, "og:image"), "rock.png");
    EXPECT_EQ(only(found, Kind::meta, "description"), "A film");
    EXPECT_EQ(only(found, Kind::meta, "keywords"), "-");
    EXPECT_EQ(only(found, Kind::base), "/films/");
    EXPECT_EQ(only(found, Kind::image_link), "link.png");
    EXPECT_EQ(only(found, Kind::image), "big.png");
    EXPECT_EQ(only(found, Kind::text), "This paragraph is long enough to say something about the page.");
}

TEST_F(PageReader, understands_encodings) {
    EXPECT_EQ(title("<title>سلام‌دنیا é</title>"), "سلام‌دنیا é") << "UTF-8 needs no word";
    EXPECT_EQ(title("<title>caf\xe9</title>"), "café") << "what is no UTF-8 is read as the West wrote once";
    EXPECT_EQ(title("<title>\xcf\xf0\xe8\xe2\xe5\xf2</title>", "windows-1251"), "Привет");
    EXPECT_EQ(title("<title>\xf0\xd2\xc9\xd7\xc5\xd4</title>", "KOI8-R"), "Привет");
    EXPECT_EQ(title("<meta charset='windows-1256'><title>\xd3\xe1\xc7\xe3</title>"), "سلام");
    EXPECT_EQ(
        title("<meta http-equiv=content-type content='text/html; charset=gb2312'><title>\xc4\xe3\xba\xc3</title>"),
        "你好");
    EXPECT_EQ(title("<?xml version='1.0' encoding='Shift_JIS'?><html><title>\x82\xb1\x82\xf1</title></html>"), "こん");
    EXPECT_EQ(title("\xef\xbb\xbf<title>é</title>", "iso-8859-1"), "é") << "the mark wins";
    EXPECT_EQ(title("<meta charset=utf-16><title>é</title>"), "é") << "it could be read until here";
    const std::string little("\xff\xfe<\0t\0i\0t\0l\0e\0>\0\x27\x06<\0/\0t\0i\0t\0l\0e\0>\0", 34);
    EXPECT_EQ(title(little), "ا");
    for (const auto* charset : {"utf-7", "x-no-such-thing", "../../etc/passwd", "ibm037", "-v", "UTF-8,version=1"})
        EXPECT_EQ(title("<title>+ADw-b+AD4-</title>", charset), "+ADw-b+AD4-") << charset;
    EXPECT_EQ(title("<title>a\xff\xfe b</title>", "utf-8").substr(0, 1), "a") << "broken bytes break nothing else";
}

TEST_F(PageReader, survives_what_is_no_page) {
    EXPECT_TRUE(read("").empty());
    EXPECT_TRUE(read(noise(1'000'000)).size() < 20);
    EXPECT_EQ(title(png(200, 200)), "-");
    EXPECT_EQ(only(read(png(200, 200)), Kind::text), "-");
    EXPECT_EQ(title(std::string("<title>a\0b</title>\0", 19)), "a b");
}

TEST_F(PageReader, stops_where_a_page_has_no_end) {
    struct Case {
        const char* name;
        std::string page;
    };
    const std::string head = "<title>t</title><meta property='og:title' content='good'>";
    const Case cases[] = {
        {"nested", head + repeated("<div>", 100'000)},
        {"nested and closed", head + repeated("<b>", 100'000) + repeated("</b>", 100'000)},
        {"tables", head + repeated("<table><tr><td>", 100'000)},
        {"paragraphs", head + repeated("<p>x", 1'000'000)},
        {"an attribute", head + "<a href='" + std::string(9'000'000, 'A') + "'>"},
        {"an attribute without end", head + "<a href='" + std::string(9'000'000, 'A')},
        {"a comment without end", head + "<!--" + std::string(9'000'000, '-')},
        {"a script without end", head + "<script>" + repeated("</s", 3'000'000)},
        {"the same attribute", head + "<a " + repeated("a=1 ", 2'000'000) + ">"},
        {"references", head + "<p>" + repeated("&amp;&#x41;", 900'000)},
        {"angles", head + std::string(9'000'000, '<')},
        {"closing tags", head + repeated("</a>", 2'000'000)},
    };
    for (const auto& each : cases) {
        const auto begin = std::chrono::steady_clock::now();
        const auto found = read(each.page);
        EXPECT_EQ(only(found, Kind::meta, "og:title"), "good") << each.name;
        EXPECT_LE(found.size(), 10U) << each.name;
        EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20)) << each.name;
    }
}

TEST_F(PageReader, bounds_what_it_finds) {
    std::string page;
    for (int i = 0; i < 3'000; ++i)
        page += fmt::format("<meta property=og:x{} content='{}'>", i, std::string(3'000, 'z'));
    const auto found = read(page);
    EXPECT_EQ(found.size(), 128U);
    for (const auto& finding : found) EXPECT_EQ(finding.value.size(), 2'048U);
    // Half an address is none.
    EXPECT_TRUE(read("<meta property=og:image content='/" + std::string(3'000, 'z') + "'>").empty());
    EXPECT_TRUE(read("<meta property=og:" + std::string(100, 'k') + " content=x>").empty());
}

TEST_F(PageReader, that_takes_too_long_is_ended) {
    // Each attribute is compared with those before it: the reader's limit of processor time ends that.
    std::string page = "<title>t</title><a ";
    for (int i = 0; i < 900'000; ++i) page += fmt::format("a{}=1 ", i);
    const auto found = media::read_page(PEYK_PAGEREADER, page + ">", {}, Millis{60'000});
    if (!found) EXPECT_EQ(found.error().code, Errc::unavailable);
    const auto soon = media::read_page(PEYK_PAGEREADER, page + ">", {}, Millis{1});
    ASSERT_FALSE(soon);
    EXPECT_EQ(soon.error().code, Errc::unavailable);
    const auto missing = media::read_page("/nonexistent/peyk-pagereader", "<p>", {}, Millis{1'000});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Errc::unavailable);
}

TEST_F(PageReader, lives_in_the_same_sandbox) {
    for (const auto* what : {"open", "socket", "fork", "exec", "executable-memory", "write-elsewhere", "read-input"}) {
        auto input = MemoryFile::create("in"), output = MemoryFile::create("out");
        ASSERT_TRUE(input && input->append("x") && input->seal() && output);
        const auto end = run_child(PEYK_PAGEREADER, {"--self-test", what}, input->fd(), output->fd(), Millis{10'000});
        ASSERT_TRUE(end);
        EXPECT_EQ(end->signal, SIGSYS) << what << ", status " << end->status;
    }
}

}  // namespace
}  // namespace peyk::media::test
