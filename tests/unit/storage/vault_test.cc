#include "storage/vault.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <thread>

#include "unit/storage/scratch.h"

namespace peyk::storage {
namespace {

KeyPath path_of(std::uint64_t number) {
    KeyPath path;
    path.add_number(number);
    return path;
}

std::optional<std::string> key_at(const KeyTree& tree, std::uint64_t number) {
    auto path = path_of(number);
    auto found = tree.find(path);
    if (!found) return std::nullopt;
    return std::string(KeyTree::descend(found->key, path, found->depth).view());
}

// Of a tree without pages.
std::string bytes_of(KeyTree& tree) {
    std::string out;
    tree.write(out, [](std::string_view) -> KeyPlace { panic("a page without a cut"); });
    return out;
}

TEST(KeyPath, KeepsTheOrderOfNumbersAndIsFreeOfPrefixes) {
    std::vector<std::uint64_t> numbers{0,  1,  2,    3,         4,          15,        16,   17,
                                       63, 64, 1000, 1'000'000, ~0ULL >> 1, ~0ULL - 1, ~0ULL};
    for (std::size_t i = 0; i + 1 < numbers.size(); ++i) {
        auto low = path_of(numbers[i]);
        auto high = path_of(numbers[i + 1]);
        std::size_t at = 0;
        while (at < low.size() && at < high.size() && low[at] == high[at]) ++at;
        ASSERT_LT(at, std::min(low.size(), high.size())) << numbers[i];
        EXPECT_LT(low[at], high[at]) << numbers[i];
    }
    EXPECT_LE(path_of(1'000'000).size(), 13);
    EXPECT_EQ(path_of(~0ULL).size(), 35);
}

TEST(KeyTree, PuncturingTakesOneKeyAndChangesNoOther) {
    KeyTree tree(Secret(std::string(32, 'k')));
    std::map<std::uint64_t, std::string> before;
    for (std::uint64_t i = 0; i < 300; ++i) before[i] = *key_at(tree, i);
    std::set<std::string> distinct;
    for (const auto& [number, key] : before) distinct.insert(key);
    EXPECT_EQ(distinct.size(), 300);
    std::mt19937_64 random(3);
    std::set<std::uint64_t> gone;
    for (int i = 0; i < 100; ++i) {
        auto number = random() % 300;
        EXPECT_EQ(tree.puncture(path_of(number)), gone.insert(number).second);
    }
    for (const auto& [number, key] : before) {
        EXPECT_EQ(key_at(tree, number), gone.contains(number) ? std::nullopt : std::optional(key)) << number;
    }
    auto bytes = bytes_of(tree);
    auto again = KeyTree::parse(bytes);
    ASSERT_TRUE(again);
    for (const auto& [number, key] : before) EXPECT_EQ(key_at(*again, number), key_at(tree, number));
    // What is left does not contain what is gone, nor the root.
    for (auto number : gone) EXPECT_EQ(bytes.find(before[number]), std::string::npos);
    EXPECT_EQ(bytes.find(std::string(32, 'k')), std::string::npos);
}

TEST(KeyTree, ARangeThatIsGoneTakesNoSpace) {
    KeyTree tree(Secret(std::string(32, 'k')));
    for (std::uint64_t i = 0; i < 10'000; ++i) tree.puncture(path_of(i));
    auto one_by_one = tree.frontier();
    EXPECT_LT(one_by_one, 60);
    KeyTree other(Secret(std::string(32, 'k')));
    EXPECT_TRUE(other.puncture_below(path_of(10'000), 0));
    EXPECT_FALSE(other.puncture_below(path_of(10'000), 0));
    EXPECT_LE(other.frontier(), one_by_one);
    EXPECT_EQ(key_at(other, 9'999), std::nullopt);
    EXPECT_EQ(key_at(other, 10'000), key_at(tree, 10'000));
    EXPECT_TRUE(key_at(other, 10'000));
}

TEST(KeyTree, DamagedBytesDoNotParse) {
    KeyTree tree(Secret(std::string(32, 'k')));
    tree.puncture(path_of(5));
    auto bytes = bytes_of(tree);
    EXPECT_FALSE(KeyTree::parse(""));
    EXPECT_FALSE(KeyTree::parse(bytes + "x"));
    EXPECT_FALSE(KeyTree::parse(std::string_view(bytes).substr(0, bytes.size() - 1)));
    EXPECT_FALSE(KeyTree::parse(std::string(500, '\2')));  // splits without end
    EXPECT_FALSE(KeyTree::parse("\7"));
}

// A disk for pages that are addressed by a number.
struct PageDisk {
    KeyTree::Keep keep() {
        return [this](std::string_view page) {
            pages[++last] = page;
            return KeyPlace{.offset = last, .length = static_cast<std::uint32_t>(page.size()), .key = Secret()};
        };
    }
    void bring(KeyTree& tree, const KeyPath& path) {
        while (auto page = tree.absent(path)) {
            ++loads;
            ASSERT_TRUE(tree.load(page, pages.at(tree.place(page).offset)));
        }
    }
    std::map<std::uint64_t, std::string> pages;
    std::uint64_t last = 0;
    int loads = 0;
};

KeyPath owner_and_row(std::uint64_t owner, std::uint64_t row) {
    KeyPath path;
    path.add_number(owner).cut();
    path.add_number(row).cut(std::min<std::size_t>(6, path.size()));
    return path;
}

TEST(KeyTree, PagesHoldWhatTheTreeHeldAndOnlyChangedOnesAreWritten) {
    KeyTree whole(Secret(std::string(32, 'k')));  // never written
    KeyTree tree(Secret(std::string(32, 'k')));
    PageDisk disk;
    std::mt19937_64 random(5);
    std::string root;
    auto both = [&](std::uint64_t owner, std::uint64_t row, bool below) {
        auto path = owner_and_row(owner, row);
        KeyPath head;
        auto fixed = head.add_number(owner).size();
        disk.bring(tree, path);
        bool expected = below ? whole.puncture_below(path, fixed) : whole.puncture(path);
        EXPECT_EQ(below ? tree.puncture_below(path, fixed) : tree.puncture(path), expected);
    };
    auto write = [&](bool works) {
        root.clear();
        auto before = disk.pages.size();
        tree.write(root, disk.keep());
        auto freed = tree.settle(works);
        EXPECT_TRUE(works || freed.empty());
        for (const auto& place : freed) EXPECT_EQ(disk.pages.erase(place.offset), 1u);
        return static_cast<int>(disk.pages.size() + freed.size() - before);
    };
    for (int round = 0; round < 40; ++round) {
        for (int i = 0; i < 50; ++i) both(1 + random() % 5, 1 + random() % 50'000, random() % 100 == 0);
        if (round % 7 == 3) {  // an owner goes
            KeyPath owner;
            owner.add_number(1 + random() % 5).cut();
            disk.bring(tree, owner);
            EXPECT_EQ(tree.puncture(owner), whole.puncture(owner));
        }
        if (round % 3 == 1) write(false);
        write(true);
        if (round % 4 == 2) tree.unload(0);
        if (round % 10 == 9) {  // a new process
            auto again = KeyTree::parse(root);
            ASSERT_TRUE(again);
            tree = std::move(*again);
        }
        for (int i = 0; i < 200; ++i) {
            auto path = owner_and_row(1 + random() % 5, 1 + random() % 50'000);
            auto expected = whole.find(path);
            auto found = tree.find(path);
            if (found && found->absent) {
                disk.bring(tree, path);
                found = tree.find(path);
            }
            ASSERT_EQ(found.has_value(), expected.has_value());
            if (found) {
                EXPECT_EQ(KeyTree::descend(found->key, path, found->depth).view(),
                          KeyTree::descend(expected->key, path, expected->depth).view());
            }
        }
    }
    EXPECT_GT(disk.loads, 20);
    EXPECT_GT(disk.pages.size(), 30u);
    // What lies on the disk is what the root leads to, and nothing else.
    std::size_t reached = 0;
    std::vector<KeyPlace> open = *KeyTree::places(root, KeyTree::Bytes::tree);
    while (!open.empty()) {
        auto place = open.back();
        open.pop_back();
        ++reached;
        auto below = KeyTree::places(disk.pages.at(place.offset), KeyTree::Bytes::page);
        ASSERT_TRUE(below);
        open.insert(open.end(), below->begin(), below->end());
    }
    EXPECT_LE(reached, disk.pages.size());
    // One row more: its page, its owner's, and no other.
    whole = KeyTree(Secret(std::string(32, 'k')));
    auto row = owner_and_row(77, 40'000);
    disk.bring(tree, row);
    ASSERT_TRUE(tree.puncture(row));
    EXPECT_LE(write(true), 2);
    EXPECT_EQ(write(true), 0);
}

TEST(Vault, TheCacheNeverServesADestroyedKey) {
    auto vault = Vault::in_memory(Secret(std::string(32, 'k')));
    auto slot = *vault->new_slot();
    std::atomic<std::uint64_t> destroyed_below = 0;
    std::atomic<bool> stop = false;
    std::atomic<int> served = 0;
    std::vector<std::jthread> readers;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&, i] {
            std::mt19937_64 random(static_cast<std::uint64_t>(i));
            while (!stop) {
                auto row = random() % 400;
                auto below = destroyed_below.load();
                bool got = vault->key({.slot = slot, .table = 2, .row = row}).has_value();
                if (got && row < below) ++served;
            }
        });
    }
    for (std::uint64_t row = 0; row < 400; ++row) {
        vault->puncture({.slot = slot, .table = 2, .row = row});
        destroyed_below = row + 1;
    }
    stop = true;
    readers.clear();
    EXPECT_EQ(served, 0);
    EXPECT_TRUE(vault->key({.slot = slot, .table = 3, .row = 5}));
    EXPECT_TRUE(vault->key({.slot = slot}));
    vault->drop(slot);
    EXPECT_FALSE(vault->key({.slot = slot, .table = 3, .row = 5}));
    EXPECT_FALSE(vault->key({.slot = slot}));
}

}  // namespace
}  // namespace peyk::storage
