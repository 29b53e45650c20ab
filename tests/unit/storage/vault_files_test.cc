// The vault's files: what is left of them after a crash, a fault of the disk, an upgrade.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <random>
#include <set>

#include "base/bytes.h"
#include "storage/sealed_bytes.h"
#include "storage/vault.h"
#include "unit/storage/scratch.h"

namespace peyk::storage {
namespace {

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
        for (std::size_t i = bytes.size() / 3; i < bytes.size(); i += 40) bytes[i] = static_cast<char>(bytes[i] ^ 1);
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

// The header as version 1 had it: the same under another number.
std::string header_of_version_1(std::string_view now, const std::filesystem::path& key_file) {
    constexpr std::size_t kClear = 11 + 2 + 1 + 8;  // magic, version and kind, no salt, incarnation
    Secret root(Scratch::read(key_file));
    auto master = unseal_bytes(now.substr(kClear), root, now.substr(0, kClear));
    EXPECT_TRUE(master);
    std::string out(now.substr(0, kClear));
    out[11] = 1;
    auto context = out;
    seal_bytes(out, root, context, *master);
    return out;
}

TEST_F(VaultFilesTest, AStoreWithAHeaderOfVersion1OpensAndIsOneThatOlderProgramsRefuse) {
    make();
    auto incarnation = open_vault()->incarnation();
    auto old = header_of_version_1(Scratch::read(dir / "store.header"), source.file);
    // Both copies, as an upgrade finds them; the first alone, as one that was cut off leaves them.
    for (bool both : {true, false}) {
        Scratch::write(dir / "store.header", old);
        if (both) Scratch::write(dir / "store.header.copy", old);
        auto vault = open_vault();
        ASSERT_TRUE(vault);
        EXPECT_EQ(vault->incarnation(), incarnation);
        expect_whole(*vault);
        for (const auto* name : {"store.header", "store.header.copy"})
            EXPECT_EQ(Scratch::read(dir / name)[11], 2) << name;
        EXPECT_TRUE(vault->verify()->empty());
    }
    auto newer = Scratch::read(dir / "store.header");
    newer[11] = 3;
    Scratch::write(dir / "store.header", newer);
    Scratch::write(dir / "store.header.copy", newer);
    auto refused = Vault::open(dir, source);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unsupported);
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
    std::vector<std::string> steps{"keys.a", "keys.a.lock", "keys.b", "keys.b.lock"};
    for (std::size_t done = 0; done <= steps.size(); ++done) {
        std::filesystem::remove_all(dir);
        std::filesystem::copy(old, dir, std::filesystem::copy_options::recursive);
        for (std::size_t i = 0; i < done; ++i) {
            std::filesystem::copy_file(fresh / steps[i], dir / steps[i],
                                       std::filesystem::copy_options::overwrite_existing);
        }
        for (int opening = 0; opening < 2; ++opening) {  // the first one mends
            auto vault = open_vault();
            ASSERT_TRUE(vault) << done;
            EXPECT_EQ(key(*vault, 3), "") << done;
            EXPECT_EQ(key(*vault, 5), keys[4]) << done;
            // From the moment the new lock of the first copy stands, the new table counts.
            EXPECT_EQ(key(*vault, 4).empty(), done >= 2) << done;
        }
        EXPECT_EQ(Scratch::read(dir / "keys.a.lock").substr(0, 8), Scratch::read(dir / "keys.b.lock").substr(0, 8));
    }
}

TEST_F(VaultFilesTest, AWriteThatFailsIsRepeatedAndLosesNothing) {
    make();
    auto vault = open_vault();
    std::filesystem::remove(dir / "keys.b.lock");
    std::filesystem::create_directory(dir / "keys.b.lock");  // cannot be written
    vault->puncture({.slot = 1, .table = 2, .row = 4});
    EXPECT_FALSE(vault->flush());
    EXPECT_TRUE(vault->dirty());
    EXPECT_EQ(key(*vault, 5), keys[4]);
    vault->puncture({.slot = 1, .table = 2, .row = 6});
    EXPECT_FALSE(vault->flush());
    std::filesystem::remove(dir / "keys.b.lock");
    EXPECT_TRUE(vault->flush());
    vault.reset();
    auto again = open_vault();
    for (std::uint64_t row = 1; row < 10; ++row) {
        EXPECT_EQ(key(*again, row), row == 3 || row == 4 || row == 6 ? "" : keys[row - 1]) << row;
    }
}

TEST_F(VaultFilesTest, ManyLoneRowsOutliveReopeningAndAFlushIsSmall) {
    std::set<std::pair<std::uint64_t, std::uint64_t>> gone;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> kept;
    std::mt19937_64 random(11);
    auto name = [](const auto& row) { return KeyName{.slot = row.first, .table = 9, .row = row.second}; };
    auto any = [&] { return std::pair{1 + random() % 40, 1 + random() % 20'000}; };
    for (int start = 0; start < 3; ++start) {
        auto vault = open_vault();
        for (const auto& row : gone) ASSERT_FALSE(vault->key(name(row)));
        for (const auto& [row, bytes] : kept) {
            if (!gone.contains(row)) ASSERT_EQ(vault->key(name(row))->view(), bytes);
        }
        for (int i = 0; i < 300; ++i) {
            auto row = any();
            if (!gone.contains(row)) kept[row] = vault->key(name(row))->view();
        }
        for (int i = 0; i < 3000; ++i) {
            auto row = any();
            gone.insert(row);
            vault->puncture(name(row));
            if (i % 1000 == 999) ASSERT_TRUE(vault->flush());
        }
        auto everything = vault->counters().written_bytes;
        auto lone = any();
        gone.insert(lone);
        vault->puncture(name(lone));
        ASSERT_TRUE(vault->flush());
        EXPECT_GT(everything, 500'000u);
        EXPECT_LT(vault->counters().written_bytes, 60'000u);
    }
}

// While it stands, no file takes a byte behind the first 256: a full disk for all but the head of a file.
struct FullDisk {
    FullDisk() {
        before = std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &limit);
        auto small = limit;
        small.rlim_cur = 256;
        setrlimit(RLIMIT_FSIZE, &small);
    }
    ~FullDisk() {
        setrlimit(RLIMIT_FSIZE, &limit);
        std::signal(SIGXFSZ, before);
    }
    FullDisk(const FullDisk&) = delete;

    rlimit limit{};
    void (*before)(int) = SIG_DFL;
};

TEST_F(VaultFilesTest, AWriteOnAFullDiskLeavesTheFormerTableWholeAndNothingBehind) {
    make();
    auto vault = open_vault();
    auto size = std::filesystem::file_size(dir / "keys.a");
    vault->puncture({.slot = 1, .table = 2, .row = 4});
    for (int i = 0; i < 100; ++i) {
        FullDisk full;
        ASSERT_FALSE(vault->flush());
    }
    auto damaged = vault->verify();
    ASSERT_TRUE(damaged) << damaged.error().detail;
    EXPECT_TRUE(damaged->empty());
    ASSERT_TRUE(vault->flush());
    EXPECT_LT(std::filesystem::file_size(dir / "keys.a"), size + 8192);  // the places of the tries were given back
    damaged = vault->verify();
    ASSERT_TRUE(damaged);
    EXPECT_TRUE(damaged->empty());
    vault.reset();
    auto again = open_vault();
    for (std::uint64_t row = 1; row < 10; ++row) {
        EXPECT_EQ(key(*again, row), row == 3 || row == 4 ? "" : keys[row - 1]) << row;
    }
}

TEST_F(VaultFilesTest, ASecondCopyThatCannotBeWrittenForLongTakesNoSpaceAfterwards) {
    make();
    auto vault = open_vault();
    auto size = std::filesystem::file_size(dir / "keys.a");
    auto flush_rows = [&](std::uint64_t first, int count, bool works) {
        for (int i = 0; i < count; ++i) {
            vault->puncture({.slot = 1, .table = 2, .row = first + static_cast<std::uint64_t>(i)});
            ASSERT_EQ(vault->flush().has_value(), works);
        }
    };
    for (std::uint64_t round = 0; round < 40; ++round) {
        std::filesystem::remove(dir / "keys.b.lock");
        std::filesystem::create_directory(dir / "keys.b.lock");
        flush_rows(100 + 4 * round, 3, false);
        std::filesystem::remove(dir / "keys.b.lock");
        flush_rows(103 + 4 * round, 1, true);
    }
    EXPECT_LT(std::filesystem::file_size(dir / "keys.a"), size + 50'000);
    vault.reset();
    EXPECT_EQ(key(*open_vault(), 5), keys[4]);
}

TEST_F(VaultFilesTest, AChangeOfTheRootThatFailsLeavesTheFormerRoot) {
    make();
    KeySource other{.file = scratch.path / "other"};
    for (const auto* blocked : {"store.header.copy.new", "store.header.new"}) {
        auto vault = open_vault();
        std::filesystem::create_directory(dir / blocked);  // cannot be written
        ASSERT_FALSE(vault->change_root(other)) << blocked;
        std::filesystem::remove(dir / blocked);
        ASSERT_TRUE(vault->verify());
        vault.reset();
        EXPECT_FALSE(Vault::master_key(dir, other)) << blocked;
        expect_whole(*open_vault());
    }
    ASSERT_TRUE(open_vault()->change_root(other));
    EXPECT_FALSE(Vault::master_key(dir, source));
    source = other;
    expect_whole(*open_vault());
}

struct FormerFormatTest : VaultFilesTest {
    // A table as it was before there were pages, in which slot 7 is destroyed.
    void make_former() {
        make();
        auto master = Vault::master_key(dir, source);
        ASSERT_TRUE(master);
        std::string table;
        put_u64be(table, 4321);
        KeyTree former(Secret(std::string(32, 'f')));
        KeyPath path;
        former.puncture(path.add_number(7));
        former.write(table, [](std::string_view) -> KeyPlace { panic("a page without a cut"); });
        for (const auto* copy : {"keys.a", "keys.b"}) {
            auto key = Secret::random();
            std::string generation, lock, bytes = "peyk keys\n";
            put_u64be(generation, 5);
            seal_bytes(bytes, key, generation, table);
            lock = generation;
            seal_bytes(lock, master->derive("lock"), generation, key.view());
            lock.resize(512);
            Scratch::write(dir / copy, bytes);
            Scratch::write(dir / (std::string(copy) + ".lock"), lock);
        }
    }
    void expect_opens_twice(std::string_view where) {
        for (int opening = 0; opening < 2; ++opening) {
            auto vault = open_vault();
            ASSERT_TRUE(vault) << where;
            auto next = vault->new_slot();
            ASSERT_TRUE(next) << where;
            EXPECT_GE(*next, 4321u) << where;
            EXPECT_FALSE(vault->key({.slot = 7, .table = 2, .row = 1})) << where;
            EXPECT_TRUE(vault->key({.slot = 8, .table = 2, .row = 1})) << where;
            for (const auto* copy : {"keys.a", "keys.b"}) {
                EXPECT_TRUE(Scratch::read(dir / copy).starts_with("peyk key pages")) << where;
            }
        }
    }
};

TEST_F(FormerFormatTest, ItIsReadAndBecomesPages) {
    make_former();
    expect_opens_twice("at once");
}

TEST_F(FormerFormatTest, AnUpgradeThatFailsLeavesATableThatOpens) {
    make_former();
    for (int i = 0; i < 2; ++i) {
        FullDisk full;
        EXPECT_FALSE(Vault::open(dir, source));
    }
    EXPECT_TRUE(Scratch::read(dir / "keys.b").starts_with("peyk keys\n"));
    expect_opens_twice("after a full disk");
}

TEST_F(FormerFormatTest, AnUpgradeThatWasCutOffAnywhereLeavesATableThatOpens) {
    make_former();
    auto old = scratch.path / "old";
    auto fresh = scratch.path / "fresh";
    std::filesystem::copy(dir, old, std::filesystem::copy_options::recursive);
    ASSERT_TRUE(open_vault());
    std::filesystem::rename(dir, fresh);
    struct Step {
        std::string_view name, file;
        bool emptied;
    };
    std::vector<Step> steps{{"as it was", "", false},          {"a truncated", "keys.a", true},
                            {"a written", "keys.a", false},    {"a locked", "keys.a.lock", false},
                            {"b truncated", "keys.b", true},   {"b written", "keys.b", false},
                            {"b locked", "keys.b.lock", false}};
    for (std::size_t done = 0; done < steps.size(); ++done) {
        std::filesystem::remove_all(dir);
        std::filesystem::copy(old, dir, std::filesystem::copy_options::recursive);
        for (std::size_t i = 1; i <= done; ++i) {
            Scratch::write(dir / steps[i].file, steps[i].emptied ? "" : Scratch::read(fresh / steps[i].file));
        }
        expect_opens_twice(steps[done].name);
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

}  // namespace
}  // namespace peyk::storage
