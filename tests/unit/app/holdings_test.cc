// What people are told is held: nothing is missing, and nothing is made up.

#include "app/holdings.h"

#include <gtest/gtest.h>

#include <set>

#include "pages/words_held.h"

namespace peyk::app {
namespace {

TEST(Holdings, EveryTableAndFileHasALineAndEveryLineATable) {
    std::set<int> tables;
    std::set<std::string_view> files, groups;
    for (const auto& holding : holdings()) {
        auto name = fmt::format("table {} {}", holding.table, holding.name);
        if (holding.place == Place::table) EXPECT_TRUE(tables.insert(holding.table).second) << name << " twice";
        if (holding.place == Place::file) EXPECT_TRUE(files.insert(holding.name).second) << name << " twice";
        EXPECT_FALSE(holding.whose.empty() || holding.why.empty()) << name;
        if (holding.labels != 0 && holding.place == Place::table &&
            catalog().find(holding.table)->owner == storage::Owner::user)
            EXPECT_FALSE(holding.fields.empty()) << name << " says nothing of its fields";
        groups.insert(holding.group);
    }
    for (const auto* table : catalog().tables) {
        if (!table->dropped) EXPECT_TRUE(tables.erase(table->id)) << table->name;
    }
    EXPECT_TRUE(tables.empty()) << "a line for a table that is not there";
    for (const auto& file : kept_files()) EXPECT_TRUE(files.erase(file.name)) << file.name;
    EXPECT_TRUE(files.empty());
    // What people read covers what there is, in both languages, and nothing else.
    for (const auto& words : pages::words::kHeldGroups) {
        EXPECT_TRUE(groups.erase(words.group)) << words.group;
        for (const auto& line : {words.what, words.why, words.kept})
            EXPECT_FALSE(line.english.empty() || line.persian.empty()) << words.group;
    }
    EXPECT_TRUE(groups.empty()) << *groups.begin() << " has no words";
}

TEST(Holdings, TheQuietProfileHasNoneOfWhatItSwitchesOff) {
    Config quiet, open;
    open.privacy.presence = open.privacy.search = open.privacy.third_party_ids = open.privacy.url_previews = true;
    auto names = [](const Config& config) {
        std::set<std::string_view> out;
        for (const auto& group : held_groups(config)) out.insert(group.group);
        return out;
    };
    for (const char* group : {"addresses", "previews", "searches"}) {
        EXPECT_FALSE(names(quiet).contains(group)) << group;
        EXPECT_TRUE(names(open).contains(group)) << group;
    }
    json::Object out;
    add_memory_and_categories(out, &quiet);
    json::Value inventory(out);
    const auto* categories = inventory.get_object("categories");
    ASSERT_NE(categories, nullptr);
    EXPECT_EQ(categories->size(), 16u);
    for (const char* none : {"Health & Fitness", "Financial Info", "Browsing History", "Search History", "Purchases",
                             "Surroundings", "Body"})
        EXPECT_EQ(categories->find(none)->array()->size(), 0u) << none;
    EXPECT_GT(categories->find("Identifiers")->array()->size(), 5u);
}

}  // namespace
}  // namespace peyk::app
