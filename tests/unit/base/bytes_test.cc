#include "base/bytes.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace peyk {
namespace {

// Spec: Appendices › Unpadded Base64, the seven pairs.
TEST(Base64, matches_the_pairs_of_the_specification) {
    const std::pair<std::string, std::string> pairs[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"},
    };
    for (const auto& [bytes, text] : pairs) {
        EXPECT_EQ(base64_encode(bytes), text);
        EXPECT_EQ(base64_decode(text), bytes);
    }
}

TEST(Base64, refuses_foreign_characters_and_bad_lengths) {
    EXPECT_FALSE(base64_decode("Zm9v!"));
    EXPECT_FALSE(base64_decode("Z"));
    EXPECT_FALSE(base64_decode("Zm-v"));
    EXPECT_EQ(base64_decode("Zm8=", Base64::standard), "fo");
    EXPECT_EQ(base64_encode("\xfb\xff", Base64::url), "-_8");
}

TEST(Bytes, integers_and_varints_round_trip_and_big_endian_keeps_order) {
    std::string out;
    put_u64be(out, 0x0102030405060708ULL);
    EXPECT_EQ(out, std::string("\x01\x02\x03\x04\x05\x06\x07\x08"));
    for (std::uint64_t value : {0ULL, 127ULL, 128ULL, 300ULL, ~0ULL}) {
        std::string varint;
        put_varint(varint, value);
        ByteReader reader(varint);
        EXPECT_EQ(reader.varint(), value);
        EXPECT_TRUE(reader.done());
    }
}

TEST(Bytes, a_short_read_sticks) {
    ByteReader reader(
        "\x05"
        "ab");
    EXPECT_EQ(reader.bytes(), "");
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.u64be(), 0u);
}

TEST(Utf8, is_strict) {
    EXPECT_TRUE(is_utf8("plain سلام 🚀"));
    EXPECT_FALSE(is_utf8("\xc0\x80"));          // overlong NUL
    EXPECT_FALSE(is_utf8("\xed\xa0\x80"));      // surrogate
    EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));  // above U+10FFFF
    EXPECT_FALSE(is_utf8("\xe2\x82"));          // cut off
}

TEST(Random, seeded_repeats_and_alphabets_hold) {
    SeededRandom a(7), b(7);
    EXPECT_EQ(a.alphanumeric(40), b.alphanumeric(40));
    for (char c : a.letters(100)) EXPECT_TRUE(c >= 'A' && c <= 'Z');
}

}  // namespace
}  // namespace peyk
