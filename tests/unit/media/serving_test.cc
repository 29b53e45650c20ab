#include "client_api/media/serving.h"

#include <gtest/gtest.h>

namespace peyk::client_api {
namespace {

using Kind = ByteRange::Kind;

TEST(ByteRange, is_read_as_rfc_9110_says) {
    struct Case {
        std::optional<std::string_view> header;
        Kind kind;
        std::uint64_t offset, length;
    };
    const Case cases[] = {
        {std::nullopt, Kind::whole, 0, 1000},
        {"bytes=0-0", Kind::part, 0, 1},
        {"bytes=0-499", Kind::part, 0, 500},
        {"bytes=500-", Kind::part, 500, 500},
        {"bytes=-1", Kind::part, 999, 1},
        {"bytes=-5000", Kind::part, 0, 1000},
        {"bytes=990-5000", Kind::part, 990, 10},
        {"Bytes=5-6", Kind::part, 5, 2},
        {" bytes= 5-6 ", Kind::part, 5, 2},
        {"bytes=1000-", Kind::unsatisfiable, 0, 0},
        {"bytes=1000-1001", Kind::unsatisfiable, 0, 0},
        {"bytes=-0", Kind::unsatisfiable, 0, 0},
        {"bytes=5-4", Kind::whole, 0, 1000},
        {"bytes=0-1,5-6", Kind::whole, 0, 1000},
        {"lines=0-1", Kind::whole, 0, 1000},
        {"bytes=a-b", Kind::whole, 0, 1000},
        {"bytes=-", Kind::whole, 0, 1000},
        {"bytes=--1", Kind::whole, 0, 1000},
        {"bytes=", Kind::whole, 0, 1000},
        {"bytes=99999999999999999999999-", Kind::whole, 0, 1000},
        {"", Kind::whole, 0, 1000},
    };
    for (const auto& each : cases) {
        const auto range = parse_range(each.header, 1000);
        EXPECT_EQ(range.kind, each.kind) << each.header.value_or("none");
        EXPECT_EQ(range.offset, each.offset) << each.header.value_or("none");
        EXPECT_EQ(range.length, each.length) << each.header.value_or("none");
    }
    EXPECT_EQ(parse_range("bytes=0-", 0).kind, Kind::unsatisfiable);
    EXPECT_EQ(parse_range("bytes=-5", 0).kind, Kind::unsatisfiable);
}

TEST(Disposition, is_inline_for_the_safe_types_only) {
    for (auto type : {"image/png", "IMAGE/PNG", "text/plain; charset=utf-8", " audio/ogg ", "application/json"})
        EXPECT_EQ(content_disposition(type, ""), "inline") << type;
    for (auto type : {"text/html", "image/svg+xml", "application/pdf", "application/octet-stream", "text/plainx", "",
                      "image/png,text/html", "application/xhtml+xml"})
        EXPECT_EQ(content_disposition(type, ""), "attachment") << type;
}

TEST(Disposition, writes_file_names_so_that_every_client_reads_them) {
    auto name = [](std::string_view text) { return content_disposition("image/png", text); };
    EXPECT_EQ(name("a.png"), "inline; filename=\"a.png\"");
    EXPECT_EQ(name("a b;c.png"), "inline; filename=\"a b;c.png\"");
    EXPECT_EQ(name("a\"b\\c"), "inline; filename=\"a\\\"b\\\\c\"");
    EXPECT_EQ(name("پیک.png"), "inline; filename=\"___.png\"; filename*=UTF-8''%D9%BE%DB%8C%DA%A9.png");
    EXPECT_EQ(name("50%.png"), "inline; filename=\"50%.png\"; filename*=UTF-8''50%25.png");
    EXPECT_EQ(name("a\r\nX: y").find('\n'), std::string::npos);
}

}  // namespace
}  // namespace peyk::client_api
