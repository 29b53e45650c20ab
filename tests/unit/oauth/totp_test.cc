// The vectors of RFC 6238 (appendix B) and of RFC 4648, and what a server must refuse.

#include "oauth/totp.h"

#include <gtest/gtest.h>

namespace peyk::oauth {
namespace {

constexpr std::string_view kSecret = "12345678901234567890";

TEST(Totp, GivesTheCodesOfRfc6238) {
    struct Vector {
        std::int64_t seconds;
        std::string_view code;
    };
    for (const auto& [seconds, code] :
         {Vector{59, "94287082"}, Vector{1111111109, "07081804"}, Vector{1111111111, "14050471"},
          Vector{1234567890, "89005924"}, Vector{2000000000, "69279037"}, Vector{20000000000, "65353130"}})
        EXPECT_EQ(totp_code(kSecret, totp_step(Millis{seconds * 1000}), 8), code) << seconds;
    EXPECT_EQ(totp_code(kSecret, 1), "287082");
}

TEST(Totp, TakesTheStepsBesideThisOneAndNoneTwice) {
    Millis now{1'700'000'000'000};
    auto step = totp_step(now);
    for (auto near : {step - 1, step, step + 1}) EXPECT_EQ(match_totp(kSecret, totp_code(kSecret, near), now, 0), near);
    for (auto far : {step - 2, step + 2}) EXPECT_FALSE(match_totp(kSecret, totp_code(kSecret, far), now, 0));
    EXPECT_FALSE(match_totp(kSecret, totp_code(kSecret, step), now, step));
    EXPECT_FALSE(match_totp(kSecret, totp_code(kSecret, step - 1), now, step));
    EXPECT_TRUE(match_totp(kSecret, totp_code(kSecret, step + 1), now, step));
    for (const auto* bad : {"", "1", "abcdef", "0000000"}) EXPECT_FALSE(match_totp(kSecret, bad, now, 0)) << bad;
}

TEST(Base32, GivesTheVectorsOfRfc4648) {
    EXPECT_EQ(base32(""), "");
    EXPECT_EQ(base32("f"), "MY");
    EXPECT_EQ(base32("fo"), "MZXQ");
    EXPECT_EQ(base32("foo"), "MZXW6");
    EXPECT_EQ(base32("foob"), "MZXW6YQ");
    EXPECT_EQ(base32("fooba"), "MZXW6YTB");
    EXPECT_EQ(base32("foobar"), "MZXW6YTBOI");
    EXPECT_EQ(totp_uri("foobar", "a b.example", "ada"),
              "otpauth://totp/a%20b.example:ada?secret=MZXW6YTBOI&issuer=a%20b.example");
}

}  // namespace
}  // namespace peyk::oauth
