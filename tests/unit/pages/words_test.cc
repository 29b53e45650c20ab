// Every sentence stands in both languages. The tables are read as text, so that a new one cannot be forgotten here.

#include "pages/words.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace peyk::pages {
namespace {

struct Entry {
    std::string name, english, persian;
};

std::vector<Entry> entries() {
    std::vector<Entry> out;
    const std::regex pattern(R"re(inline constexpr Words (k\w+)\{\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"\};)re");
    for (const auto& file : std::filesystem::directory_iterator(std::string(PEYK_SOURCE_DIR) + "/src/pages")) {
        if (!file.path().filename().string().starts_with("words") || file.path().extension() != ".h") continue;
        std::ifstream in(file.path());
        std::stringstream text;
        text << in.rdbuf();
        auto content = text.str();
        for (std::sregex_iterator it(content.begin(), content.end(), pattern), end; it != end; ++it)
            out.push_back({(*it)[1], (*it)[2], (*it)[3]});
    }
    return out;
}

std::size_t declared() {
    std::size_t count = 0;
    for (const auto& file : std::filesystem::directory_iterator(std::string(PEYK_SOURCE_DIR) + "/src/pages")) {
        if (!file.path().filename().string().starts_with("words") || file.path().extension() != ".h") continue;
        std::ifstream in(file.path());
        std::string line;
        while (std::getline(in, line)) count += line.starts_with("inline constexpr Words ") ? 1 : 0;
    }
    return count;
}

// A letter of the Arabic script: two bytes, the first of them 0xD8 to 0xDB.
bool has_persian(const std::string& text) {
    return std::ranges::any_of(text, [](char c) {
        auto byte = static_cast<unsigned char>(c);
        return byte >= 0xd8 && byte <= 0xdb;
    });
}

TEST(Words, AreCompleteInBothLanguages) {
    auto all = entries();
    ASSERT_GT(all.size(), 150U);
    EXPECT_EQ(all.size(), declared()) << "an entry is written in a way that this test does not read";
    for (const auto& [name, english, persian] : all) {
        if (name == "kOtherLanguage") continue;  // each names the other
        EXPECT_FALSE(english.empty()) << name;
        EXPECT_FALSE(has_persian(english)) << name;
        EXPECT_TRUE(has_persian(persian)) << name;
        EXPECT_NE(english, persian) << name;
        // Letters of Arabic keyboards that Persian writes otherwise.
        EXPECT_EQ(persian.find("ي"), std::string::npos) << name;
        EXPECT_EQ(persian.find("ك"), std::string::npos) << name;
    }
}

}  // namespace
}  // namespace peyk::pages
