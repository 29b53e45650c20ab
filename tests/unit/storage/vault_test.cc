#include "storage/vault.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <thread>

#include "storage/compress.h"
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
    std::string bytes;
    tree.write(bytes);
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
    std::string bytes;
    tree.write(bytes);
    EXPECT_FALSE(KeyTree::parse(""));
    EXPECT_FALSE(KeyTree::parse(bytes + "x"));
    EXPECT_FALSE(KeyTree::parse(std::string_view(bytes).substr(0, bytes.size() - 1)));
    EXPECT_FALSE(KeyTree::parse(std::string(500, '\2')));  // splits without end
    EXPECT_FALSE(KeyTree::parse("\7"));
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

struct VaultFilesTest : testing::Test {
    std::unique_ptr<Vault> open_vault() {
        auto vault = Vault::open(dir, source);
        EXPECT_TRUE(vault) << vault.error().detail;
        return vault ? std::move(*vault) : nullptr;
    }
    static std::string key(const Vault& vault, std::uint64_t row) {
        auto found = vault.key({.slot = 1, .table = 2, .row = row});
        return found ? std::string(found->view()) : "";
    }
    // Two generations: rows 1 to 9, of which 3 is destroyed.
    void make() {
        auto vault = open_vault();
        ASSERT_EQ(*vault->new_slot(), 1);
        for (std::uint64_t row = 1; row < 10; ++row) keys.push_back(key(*vault, row));
        vault->puncture({.slot = 1, .table = 2, .row = 3});
        ASSERT_TRUE(vault->flush());
        EXPECT_FALSE(vault->dirty());
    }
    void expect_whole(const Vault& vault) {
        for (std::uint64_t row = 1; row < 10; ++row) {
            EXPECT_EQ(key(vault, row), row == 3 ? "" : keys[row - 1]) << row;
        }
    }
    void change(std::string_view name) {
        auto bytes = Scratch::read(dir / name);
        bytes[bytes.size() / 3] = static_cast<char>(bytes[bytes.size() / 3] ^ 1);
        Scratch::write(dir / name, bytes);
    }

    Scratch scratch;
    std::filesystem::path dir = scratch.path / "vault";
    KeySource source{.file = scratch.path / "key"};
    std::vector<std::string> keys;
};

TEST_F(VaultFilesTest, PuncturesOutliveReopening) {
    make();
    expect_whole(*open_vault());
}

TEST_F(VaultFilesTest, EitherCopyOfAnyFileMayBeLostAndIsRepaired) {
    make();
    for (const auto* name : {"keys.a", "keys.b", "keys.a.lock", "keys.b.lock", "store.header", "store.header.copy"}) {
        for (bool removed : {true, false}) {
            if (removed) {
                std::filesystem::remove(dir / name);
            } else {
                change(name);
            }
            auto vault = open_vault();
            ASSERT_TRUE(vault) << name;
            expect_whole(*vault);
        }
    }
    // Each repair left two good copies: the other one may go now.
    std::filesystem::remove(dir / "keys.a");
    expect_whole(*open_vault());
    std::filesystem::remove(dir / "keys.b");
    expect_whole(*open_vault());
}

TEST_F(VaultFilesTest, WithoutAnyCopyItIsRefusedAndNothingIsMadeUp) {
    make();
    change("keys.a");
    change("keys.b");
    auto refused = Vault::open(dir, source);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::corrupt);
    EXPECT_NE(refused.error().detail.find("backup"), std::string::npos);
}

TEST_F(VaultFilesTest, AWriteThatWasCutOffAnywhereLeavesAGoodTable) {
    make();
    auto old = scratch.path / "old";
    std::filesystem::copy(dir, old, std::filesystem::copy_options::recursive);
    {
        auto vault = open_vault();
        vault->puncture({.slot = 1, .table = 2, .row = 4});
        ASSERT_TRUE(vault->flush());
    }
    // The steps of a write, in order; the cut comes after each of them.
    auto fresh = scratch.path / "fresh";
    std::filesystem::rename(dir, fresh);
    std::vector<std::pair<std::string, std::string>> steps{
        {"keys.a", "keys.a.new"}, {"keys.a.lock", "keys.a.lock"}, {"keys.a", "keys.a"},
        {"keys.b", "keys.b.new"}, {"keys.b.lock", "keys.b.lock"}, {"keys.b", "keys.b"}};
    for (std::size_t done = 0; done <= steps.size(); ++done) {
        std::filesystem::remove_all(dir);
        std::filesystem::copy(old, dir, std::filesystem::copy_options::recursive);
        for (std::size_t i = 0; i < done; ++i) {
            if (steps[i].first == steps[i].second) std::filesystem::remove(dir / (steps[i].first + ".new"));
            std::filesystem::copy_file(fresh / steps[i].first, dir / steps[i].second,
                                       std::filesystem::copy_options::overwrite_existing);
        }
        auto vault = open_vault();
        ASSERT_TRUE(vault) << done;
        EXPECT_EQ(key(*vault, 3), "") << done;
        EXPECT_EQ(key(*vault, 5), keys[4]) << done;
        // From the moment the new lock of the first copy stands, the new table counts.
        EXPECT_EQ(key(*vault, 4).empty(), done >= 2) << done;
    }
}

TEST_F(VaultFilesTest, AFormerTableCannotBeOpenedAfterTheNextWrite) {
    make();
    auto former = Scratch::read(dir / "keys.a");
    {
        auto vault = open_vault();
        vault->puncture({.slot = 1, .table = 2, .row = 4});
        ASSERT_TRUE(vault->flush());
    }
    // Someone finds the freed blocks of the former table and knows the root secret: its key was overwritten.
    for (const auto* name : {"keys.a", "keys.b"}) Scratch::write(dir / name, former);
    EXPECT_FALSE(Vault::open(dir, source));
}

TEST_F(VaultFilesTest, SlotsAreNotHandedOutTwice) {
    std::set<std::uint64_t> slots;
    for (int start = 0; start < 3; ++start) {
        auto vault = open_vault();
        for (int i = 0; i < 5000; ++i) {
            auto slot = vault->new_slot();
            ASSERT_TRUE(slot);
            EXPECT_TRUE(slots.insert(*slot).second);
        }
        // No flush: as if the process had been killed.
    }
}

TEST(Compress, RoundTripsAndNeverGrows) {
    std::mt19937_64 random(1);
    std::string out;
    for (std::size_t size : {0, 1, 31, 32, 100, 1000, 65'536}) {
        std::string text(size, '\0');
        for (auto& byte : text) byte = static_cast<char>('a' + random() % 3);
        out = "before";
        if (compress(text, out)) {
            EXPECT_LT(out.size() - 6, text.size());
            auto back = decompress(std::string_view(out).substr(6));
            ASSERT_TRUE(back);
            EXPECT_EQ(*back, text);
        } else {
            EXPECT_LE(size, 32);
        }
        EXPECT_EQ(out.substr(0, 6), "before");
        for (auto& byte : text) byte = static_cast<char>(random());
        out.clear();
        EXPECT_FALSE(compress(text, out));
        EXPECT_TRUE(out.empty());
    }
    EXPECT_FALSE(decompress(""));
    EXPECT_FALSE(decompress("nonsense that is no frame"));
}

TEST(Compress, TheEnvelopeOfAMessageNearlyVanishes) {
    std::string event =
        R"({"auth_events":["$a","$b","$c"],"content":{"body":"x","msgtype":"m.text"},"depth":17,"hashes":{"sha256":"h"},)"
        R"("origin_server_ts":1763930000123,"prev_events":["$p"],"room_id":"!r","sender":"@ada:example.org",)"
        R"("signatures":{"example.org":{"ed25519:a_abcd":"s"}},"type":"m.room.message","unsigned":{}})";
    std::string out;
    ASSERT_TRUE(compress(event, out));
    EXPECT_LT(out.size(), event.size() / 3);
}

}  // namespace
}  // namespace peyk::storage
