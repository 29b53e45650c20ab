// The forms of single values: what comes back is what was given, and what costs nothing costs nothing.

#include "storage/compress.h"

#include <gtest/gtest.h>

#include <random>

#include "base/bytes.h"
#include "storage/base64_runs.h"

namespace peyk::storage {
namespace {

struct Noise {
    std::mt19937_64 random{1};

    std::string bytes(std::size_t count) {
        std::string out(count, '\0');
        for (auto& byte : out) byte = static_cast<char>(random());
        return out;
    }
    std::string letters(std::size_t count, Base64 alphabet = Base64::standard) {
        return base64_encode(bytes(count), alphabet).substr(0, count);
    }
    std::size_t below(std::size_t limit) { return random() % limit; }
};

std::size_t expect_comes_back(std::string_view body, std::size_t noise) {
    std::string out = "before";
    auto form = compress(body, noise, out);
    EXPECT_EQ(out.substr(0, 6), "before");
    auto size = out.size() - 6;
    if (form == BodyForm::stored) {
        EXPECT_EQ(size, 0u);
        return body.size();
    }
    EXPECT_LT(size, body.size());
    auto back = decompress(form, std::string_view(out).substr(6));
    EXPECT_TRUE(back && *back == body) << body;
    return size;
}

TEST(Compress, RoundTripsAndNeverGrows) {
    Noise noise;
    for (std::size_t size : {0, 1, 31, 32, 100, 1000, 65'536}) {
        std::string text(size, '\0');
        for (auto& byte : text) byte = static_cast<char>('a' + noise.below(3));
        auto left = expect_comes_back(text, 0);
        EXPECT_TRUE(left < size || size <= 32) << size;
        EXPECT_EQ(expect_comes_back(noise.bytes(size), 0), size);
    }
    for (auto form : {BodyForm::zstd, BodyForm::parted, BodyForm::stored}) {
        EXPECT_FALSE(decompress(form, ""));
        EXPECT_FALSE(decompress(form, "nonsense that is no frame"));
    }
}

TEST(Compress, TheEnvelopeOfAMessageNearlyVanishes) {
    std::string event =
        R"({"auth_events":["$a","$b","$c"],"content":{"body":"x","msgtype":"m.text"},"depth":17,"hashes":{"sha256":"h"},)"
        R"("origin_server_ts":1763930000123,"prev_events":["$p"],"room_id":"!r","sender":"@ada:example.org",)"
        R"("signatures":{"example.org":{"ed25519:a_abcd":"s"}},"type":"m.room.message","unsigned":{}})";
    std::string out;
    ASSERT_EQ(compress(event, 0, out), BodyForm::zstd);
    EXPECT_LT(out.size(), event.size() / 3);
}

TEST(Compress, Base64CostsThreeBytesForFourLetters) {
    Noise noise;
    for (auto alphabet : {Base64::standard, Base64::url}) {
        auto body = R"({"body":")" + noise.letters(1024, alphabet) + R"(","msgtype":"m.text"})";
        EXPECT_LT(expect_comes_back(body, 0), 768u + 40);
    }
    // What is no noise, though it has the letters, is left to zstd.
    std::string words;
    for (int i = 0; i < 60; ++i) words += "OnceUponATimeThereWas";
    EXPECT_LT(expect_comes_back(words, 0), 100u);
    EXPECT_LT(expect_comes_back(hex_encode(noise.bytes(500)), 0), 1000u * 6 / 10);
}

TEST(Compress, NoiseInFrontCostsItsLengthAndHarmsNothing) {
    Noise noise;
    std::string words = R"({"body":"an ordinary message of somebody who has something to say","msgtype":"m.text"})";
    auto alone = expect_comes_back(words, 0);
    EXPECT_LE(expect_comes_back(noise.bytes(150) + words, 150), alone + 150 + 4);
    EXPECT_EQ(expect_comes_back(noise.bytes(200), 200), 200u);
}

// Every mixture of what may stand in a value, with runs at all places and of all lengths.
TEST(Compress, AnyMixtureComesBack) {
    Noise noise;
    for (int round = 0; round < 3000; ++round) {
        std::string body;
        auto pieces = noise.below(8);
        for (std::size_t i = 0; i < pieces; ++i) {
            switch (noise.below(6)) {
                case 0: body += noise.letters(noise.below(120)); break;
                case 1: body += noise.letters(noise.below(120), Base64::url); break;
                case 2: body += noise.bytes(noise.below(60)); break;
                case 3: body += R"("},"hashes":{"sha256":")"; break;
                case 4: body += std::string(noise.below(80), 'A'); break;
                default: body += hex_encode(noise.bytes(noise.below(40))); break;
            }
        }
        expect_comes_back(body, noise.below(2) ? 0 : noise.below(body.size() + 1));
    }
}

TEST(Compress, WhatIsDamagedIsRefusedOrOfItsSize) {
    Noise noise;
    auto body = noise.bytes(40) + R"({"a":")" + noise.letters(64) + R"(","b":")" + noise.letters(90, Base64::url) +
                R"(","msgtype":"m.text","body":"words"})";
    std::string whole;
    ASSERT_EQ(compress(body, 40, whole), BodyForm::parted);
    for (std::size_t length = 0; length < whole.size(); ++length) {
        auto back = decompress(BodyForm::parted, std::string_view(whole).substr(0, length));
        EXPECT_TRUE(!back || *back != body) << length;
    }
    for (int round = 0; round < 5000; ++round) {
        auto damaged = whole;
        for (auto times = noise.below(4) + 1; times > 0; --times)
            damaged[noise.below(damaged.size())] = static_cast<char>(noise.random());
        auto back = decompress(BodyForm::parted, damaged);
        EXPECT_TRUE(!back || back->size() < 100'000);
    }
}

// Stores have these bytes: they decompress to the same for ever.
TEST(Compress, FormatTwoIsWhatItWas) {
    auto text = decompress(BodyForm::parted, *hex_decode("036e6f69"
                                                         "04"
                                                         "0110"
                                                         "0111"
                                                         "000102030405060708090a0b0c0d0e0f1011121314151617"
                                                         "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8"
                                                         "5b2d5d"));
    ASSERT_TRUE(text) << text.error().detail;
    EXPECT_EQ(*text, "noi[AAECAwQFBgcICQoLDA0ODxAREhMUFRYX-__79_Pv6-fj39vX08_Lx8O_u7ezr6uno]");
}

}  // namespace
}  // namespace peyk::storage
