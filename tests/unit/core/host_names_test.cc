#include "core/host_names.h"

#include <gtest/gtest.h>

namespace peyk {
namespace {

TEST(HostNames, AreWrittenInTheLettersOfTheDns) {
    EXPECT_EQ(ascii_host_name("Example.ORG"), "example.org");
    EXPECT_EQ(ascii_host_name("bücher.example"), "xn--bcher-kva.example");
    EXPECT_EQ(ascii_host_name("BÜCHER.example"), "xn--bcher-kva.example");
    EXPECT_EQ(ascii_host_name("faß.de"), "xn--fa-hia.de") << "non-transitional";
    EXPECT_EQ(ascii_host_name("مثال.ایران"), "xn--mgbh0fb.xn--mgba3a4f16a");
    EXPECT_EQ(ascii_host_name("例え。テスト"), "xn--r8jz45g.xn--zckzah");
    EXPECT_EQ(ascii_host_name("１２７．０．０．１"), "127.0.0.1") << "wide digits are digits";
}

TEST(HostNames, ThatCannotExistAreNone) {
    for (const auto* name : {"", "a..b", "-a.example", "a b.example", "a/b", "a@b", "\xff.example", "xn--a.example",
                             "א1a.example", "a\u200db.example"})
        EXPECT_EQ(ascii_host_name(name), std::nullopt) << name;
    EXPECT_EQ(ascii_host_name(std::string(64, 'a') + ".example"), std::nullopt);
    std::string long_name;
    for (int i = 0; i < 60; ++i) long_name += "abcde.";
    EXPECT_EQ(ascii_host_name(long_name + "example"), std::nullopt);
    EXPECT_EQ(ascii_host_name(std::string(100'000, 'a')), std::nullopt);
}

}  // namespace
}  // namespace peyk
