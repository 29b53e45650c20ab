#include "users/names.h"

#include "support.h"

namespace peyk::users {
namespace {

TEST(FoldedWords, LoseCaseAccentsAndInvisibleJoiners) {
    EXPECT_EQ(folded_words("Ünal  O'Brien"), (std::vector<std::string>{"unal", "o", "brien"}));
    EXPECT_EQ(folded_words("\xEF\xBC\xA1\xEF\xBC\xA2"), (std::vector<std::string>{"ab"})) << "full width";
    // Persian: half-spaces do not separate words for the reader, so not here either.
    EXPECT_EQ(folded_words("می\u200cخواهم"), (std::vector<std::string>{"میخواهم"}));
    EXPECT_EQ(folded_words("Straße"), (std::vector<std::string>{"strasse"}));
    EXPECT_TRUE(folded_words(" .,!- ").empty());
    EXPECT_LE(folded_words(std::string(10'000, 'a') + std::string(1'000, ' ')).size(), 24u);
}

class Names : public World {
protected:
    Names() { EXPECT_TRUE(names().load()); }
    NameIndex& names() { return server->users.names; }
    std::vector<std::string> find(std::string_view term, std::size_t batch = 100) {
        std::vector<std::string> out;
        std::string after;
        do {
            for (auto& found : names().search(folded_words(term), after, batch)) out.push_back(found.user.str());
        } while (!after.empty());
        std::ranges::sort(out);
        return out;
    }
    void put(std::string name, std::optional<std::string> shown) { names().put(user(name), number(name), shown); }
};

TEST_F(Names, AreFoundByTheBeginningOfAnyWord) {
    put("ada", "Augusta King");
    put("bob", std::nullopt);
    EXPECT_EQ(find("aug"), (std::vector<std::string>{"@ada:test.example"}));
    EXPECT_EQ(find("KIN aug"), (std::vector<std::string>{"@ada:test.example"}));
    EXPECT_EQ(find("bo"), (std::vector<std::string>{"@bob:test.example"}));
    EXPECT_TRUE(find("ugusta").empty()) << "the middle of a word";
    EXPECT_TRUE(find("aug queen").empty());
    EXPECT_TRUE(find("").empty());
}

TEST_F(Names, WithManyFittingWordsAreFoundOnce) {
    put("anna", "Anna Annabel Ann");
    EXPECT_EQ(find("ann").size(), 1u);
}

TEST_F(Names, ComeInBatchesThatMissAndRepeatNobody) {
    for (int i = 0; i < 50; ++i) put("user" + std::to_string(i), "Same Name");
    EXPECT_EQ(find("same", 7).size(), 50u);
    EXPECT_EQ(find("user1 same", 3).size(), 11u);
}

TEST_F(Names, FollowChangesAndEnds) {
    put("ada", "Zebra");
    put("ada", "Giraffe");
    EXPECT_TRUE(find("zebra").empty());
    EXPECT_EQ(find("giraffe").size(), 1u);
    names().remove(number("ada"));
    EXPECT_TRUE(find("giraffe").empty());
    EXPECT_TRUE(find("ada").empty());
}

TEST_F(Names, OfRegisteredPeopleAreThereAfterARestart) {
    auto token = token_of("ada");
    auto path = "/_matrix/client/v3/profile/@ada:test.example/displayname";
    EXPECT_EQ(World::put(path, R"({"displayname":"Augusta"})", token).status, 200);
    EXPECT_EQ(find("aug").size(), 1u);
    start(test_options());
    EXPECT_TRUE(find("aug").empty()) << "nothing is kept while the directory is off";
    EXPECT_TRUE(names().load());
    EXPECT_EQ(find("aug").size(), 1u);
}

}  // namespace
}  // namespace peyk::users
