#include "search/query.h"

#include <gtest/gtest.h>

#include <random>

#include "core/text_fold.h"
#include "search/signatures.h"

namespace peyk::search {
namespace {

double rank(const char* term, const char* text) {
    auto query = Query::parse(term);
    EXPECT_TRUE(query);
    return query ? query->rank(fold_text(text)) : -1;
}

Signature signature_of(std::u32string_view folded) {
    std::vector<std::uint64_t> grams;
    each_gram(folded, ShortWords::take, [&](std::uint64_t gram) { grams.push_back(gram); });
    return Signature(grams);
}

struct Case {
    const char* term;
    const char* text;
    bool fits;
};
class Terms : public testing::TestWithParam<Case> {};

TEST_P(Terms, FitOrDoNot) {
    const auto& [term, text, fits] = GetParam();
    EXPECT_EQ(rank(term, text) > 0, fits);
    if (fits) {
        auto query = Query::parse(term);
        EXPECT_TRUE(signature_of(fold_text(text)).may_have_all(query->grams));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Scripts, Terms,
    testing::Values(Case{"martians", "Men and Martians", true}, Case{"men martians", "Men and Martians", true},
                    Case{"men venusians", "Men and Martians", false}, Case{"MARTIAN", "martians", true},
                    // Compounds.
                    Case{"schifffahrt", "Die Donaudampfschifffahrtsgesellschaft", true},
                    Case{"Gesellschaft", "Die Donaudampfschifffahrtsgesellschaft", true},
                    Case{"strasse", "Straßenbahn", true},
                    // Short words are whole words.
                    Case{"an", "an apple", true}, Case{"an", "a banana", false}, Case{"5g", "the 5G tower", true},
                    // Persian, however it was typed.
                    Case{"کتاب", "این كتاب را می‌خوانم", true},
                    Case{"میخوانم", "این کتاب را می‌خوانم", true},
                    Case{"خانه", "این کتاب را می‌خوانم", false}, Case{"۱۴۰۲", "در سال 1402", true},
                    // Arabic with and without points and hamza.
                    Case{"محمد", "قال مُحَمَّد", true}, Case{"اسلام", "الإسلام", true},
                    // Chinese: one character, a pair, in the middle of a long run.
                    Case{"京", "我在北京工作", true}, Case{"北京", "我在北京工作", true},
                    Case{"京北", "我在北京工作", false},
                    Case{"信使服务器", "我们社区自己运行的信使服务器不依赖任何外部网络", true},
                    Case{"iPhone手机", "新的iPhone手机很好", true},
                    // Japanese and Korean with particles.
                    Case{"東京", "東京都に行きました", true}, Case{"サーバー", "このサーバーは速い", true},
                    Case{"서버", "서버가 빠르다", true}, Case{"กรุงเทพ", "ฉันอยู่กรุงเทพมหานคร", true},
                    // Phrases.
                    Case{"\"big cat\"", "a big cat sat", true}, Case{"\"big cat\"", "a big black cat", false},
                    Case{"well-known", "a well-known fact", true}, Case{"well-known", "known well", false},
                    Case{"\"xab cde\"", "foo xab cdef", true}, Case{"\"ab cdef\"", "foo xab cdef", true},
                    // Nothing to look for.
                    Case{"", "anything", false}, Case{"!!! ---", "anything --- !!!", false}));

TEST(Query, WholeWordsRankAboveBeginningsAndThoseAboveInsides) {
    EXPECT_GT(rank("cat", "the cat sat"), rank("cat", "category of"));
    EXPECT_GT(rank("cat", "category"), rank("cat", "muscatel"));
    EXPECT_GT(rank("cat", "cat cat cat"), rank("cat", "cat dog cow"));
    EXPECT_GT(rank("cat", "a cat"), rank("cat", ("a cat " + std::string(3000, 'x')).c_str()));
    EXPECT_LE(rank("cat", "cat cat cat cat cat"), 1);
}

TEST(Query, LimitsAreErrors) {
    EXPECT_FALSE(Query::parse(std::string(1001, 'a')));
    EXPECT_TRUE(Query::parse(std::string(1000, 'a')));
    std::string many;
    for (int i = 0; i < 17; ++i) many += "word ";
    EXPECT_FALSE(Query::parse(many));
    EXPECT_TRUE(Query::parse("\"never closed"));
}

// The signature may send a search to a block in vain, but must never hide one.
TEST(Signature, NeverHidesATextThatFits) {
    std::mt19937_64 random(11);
    const std::u32string alphabet = U"abc 1کت京北가กา";
    for (int round = 0; round < 3000; ++round) {
        std::u32string raw;
        for (int i = 0; i < 40; ++i) raw += alphabet[random() % alphabet.size()];
        std::u32string text;
        for (char32_t c : raw)
            if (c != U' ' || (!text.empty() && text.back() != U' ')) text += c;
        auto at = random() % text.size();
        auto part = text.substr(at, 1 + random() % 8);
        while (!part.empty() && part.front() == U' ') part.erase(0, 1);
        while (!part.empty() && part.back() == U' ') part.pop_back();
        if (part.empty()) continue;
        std::string typed = "\"";
        for (char32_t c : part) {
            char bytes[4];
            int length = c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
            if (length == 1) bytes[0] = static_cast<char>(c);
            if (length == 2) bytes[0] = static_cast<char>(0xC0 | c >> 6), bytes[1] = static_cast<char>(0x80 | (c & 63));
            if (length == 3)
                bytes[0] = static_cast<char>(0xE0 | c >> 12), bytes[1] = static_cast<char>(0x80 | (c >> 6 & 63)),
                bytes[2] = static_cast<char>(0x80 | (c & 63));
            typed.append(bytes, static_cast<std::size_t>(length));
        }
        auto query = Query::parse(typed + "\"");
        ASSERT_TRUE(query);
        if (query->rank(text) > 0) {
            EXPECT_TRUE(signature_of(text).may_have_all(query->grams)) << typed;
        }
    }
}

TEST(Signature, PassesOverMostOfWhatDoesNotFit) {
    std::mt19937_64 random(5);
    auto word = [&] {
        std::u32string out;
        for (int i = 0; i < 8; ++i) out += static_cast<char32_t>('a' + random() % 26);
        return out;
    };
    std::u32string text;
    for (int i = 0; i < 500; ++i) text += word() + U" ";
    auto signature = signature_of(text);
    int read = 0;
    for (int i = 0; i < 1000; ++i) {
        Query query;
        each_gram(word(), ShortWords::take, [&](std::uint64_t gram) { query.grams.push_back(gram); });
        read += signature.may_have_all(query.grams);
    }
    EXPECT_LT(read, 20);
}

TEST(Signatures, ForgetTheRoomThatWasNotSearchedForLongest) {
    Signatures signatures(20'000);
    std::vector<std::uint64_t> grams(1000);
    for (std::size_t i = 0; i < grams.size(); ++i) grams[i] = i * 0x9e3779b97f4a7c15ULL;
    for (rooms::RoomNumber room = 1; room <= 30; ++room) {
        signatures.put(room, 3, std::make_shared<const Signature>(grams));
        EXPECT_LE(signatures.bytes(), 20'000);
    }
    EXPECT_TRUE(signatures.get(30, 3));
    EXPECT_FALSE(signatures.get(30, 2));
    EXPECT_FALSE(signatures.get(1, 3));
}

}  // namespace
}  // namespace peyk::search
