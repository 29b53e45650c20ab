// What a line of the log looks like, whatever is put into it.

#include <gtest/gtest.h>

#include <regex>

#include "base/log_line.h"

namespace peyk::log {
namespace {

const std::regex kTime(R"(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)");

TEST(LogLine, IsOneLineOfText) {
    auto line = line_of(Format::text, Level::warning, "http", "two\nlines and a \x1b[31m colour");
    EXPECT_TRUE(std::regex_search(line, kTime)) << line;
    EXPECT_NE(line.find(" warning http: two\\u000alines and a \\u001b[31m colour\n"), std::string::npos) << line;
    EXPECT_EQ(std::ranges::count(line, '\n'), 1);
}

TEST(LogLine, IsOneObjectOfJson) {
    EXPECT_TRUE(std::regex_match(line_of(Format::json, Level::info, "app", "plain"),
                                 std::regex(R"(\{"time":"[^"]+","level":"info","area":"app","message":"plain"\}\n)")));
    EXPECT_NE(line_of(Format::json, Level::error, "app", "a \"quote\", a \\ and a\ttab")
                  .find(R"("message":"a \"quote\", a \\ and a\u0009tab"})"),
              std::string::npos);
    EXPECT_NE(line_of(Format::json, Level::error, "app", "سلام").find("سلام"), std::string::npos);
}

TEST(LogLine, OfJsonIsUtf8AlsoWhenTheMessageIsNot) {
    for (std::string bytes : {"\xff", "caf\xe9", "\xc3", "\xed\xa0\x80"}) {
        auto line = line_of(Format::json, Level::error, "app", "the system says " + bytes);
        EXPECT_NE(line.find("\\ufffd"), std::string::npos) << line;
        EXPECT_TRUE(std::ranges::none_of(line, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) << line;
    }
}

}  // namespace
}  // namespace peyk::log
