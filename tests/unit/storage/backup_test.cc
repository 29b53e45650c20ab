#include "storage/backup.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "unit/storage/scratch.h"

namespace peyk::storage {
namespace {

constexpr Table kEvents{.id = 2,
                        .name = "events",
                        .about = "an event",
                        .rest = "event number u64be",
                        .owner = Owner::room,
                        .seal = Seal::row,
                        .category = Category::user_content,
                        .kept = "until redacted"};
constexpr std::array<const Table*, 1> kCatalog{&kEvents};
constexpr std::uint64_t kRoom = 4711;

std::string row(std::uint64_t number) {
    std::string out;
    put_u64be(out, number);
    return out;
}

struct BackupTest : testing::Test {
    OpenOptions options(const std::filesystem::path& dir) {
        return {.dir = dir, .key = key, .catalog = {kCatalog}, .flush_every = {}};
    }
    void change(Db& db, auto&& fill) {
        Change c(db, Owner::room, kRoom, db.epoch(Owner::room, kRoom));
        fill(c);
        ASSERT_TRUE(run_blocking(pool, db.commit(std::move(c))));
    }
    void put(Db& db, std::uint64_t number) {
        change(db, [&](Change& c) { c.put(kEvents, kRoom, row(number), fmt::format("body {}", number)); });
    }

    Scratch scratch;
    WorkerPool pool{"test", 2};
    KeySource key{.file = scratch.path / "key"};
    std::filesystem::path store = scratch.path / "store", copy = scratch.path / "backups" / "1",
                          restored = scratch.path / "restored";
};

TEST_F(BackupTest, ARestoredStoreHasWhatTheBackupHadAndANewIncarnation) {
    std::uint64_t incarnation = 0;
    {
        auto opened = open(options(store));
        ASSERT_TRUE(opened) << opened.error().detail;
        auto& db = (*opened)->db();
        incarnation = (*opened)->incarnation();
        for (std::uint64_t i = 1; i <= 20; ++i) put(db, i);
        change(db, [](Change& c) { c.puncture(kEvents, kRoom, 5); });
        auto report = backup(**opened, copy);
        ASSERT_TRUE(report) << report.error().detail;
        EXPECT_GT(report->files, 6);
        EXPECT_GT(report->bytes, 1000);
        put(db, 21);  // goes on; not in the backup
    }
    ASSERT_TRUE(verify_backup(copy, key));
    auto done = restore(copy, restored, key);
    ASSERT_TRUE(done) << done.error().detail;
    auto opened = open(options(restored));
    ASSERT_TRUE(opened) << opened.error().detail;
    EXPECT_NE((*opened)->incarnation(), incarnation);
    auto& db = (*opened)->db();
    for (std::uint64_t i = 1; i <= 20; ++i) {
        auto entry = db.get(kEvents, kRoom, row(i));
        ASSERT_TRUE(entry && *entry) << i;
        EXPECT_EQ((*entry)->gone, i == 5);
        if (i != 5) EXPECT_EQ((*entry)->body, fmt::format("body {}", i));
    }
    EXPECT_FALSE(*db.get(kEvents, kRoom, row(21)));
    put(db, 22);
}

TEST_F(BackupTest, ItIsMadeWhileOthersCommit) {
    auto opened = open(options(store));
    ASSERT_TRUE(opened);
    std::atomic<bool> stop = false;
    std::atomic<std::uint64_t> committed = 0;
    std::jthread writer([&] {
        WorkerPool own{"writer", 1};
        auto& db = (*opened)->db();
        for (std::uint64_t i = 1; !stop; ++i) {
            Change c(db, Owner::room, kRoom, db.epoch(Owner::room, kRoom));
            c.put(kEvents, kRoom, row(i), fmt::format("body {}", i));
            if (run_blocking(own, db.commit(std::move(c)))) committed = i;
        }
    });
    while (committed < 50) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    auto before = committed.load();
    auto report = backup(**opened, copy);
    stop = true;
    writer.join();
    ASSERT_TRUE(report) << report.error().detail;
    ASSERT_TRUE(restore(copy, restored, key));
    auto again = open(options(restored));
    ASSERT_TRUE(again);
    auto rows = (*again)->db().scan(kEvents, kRoom, {}, {}, 1'000'000);
    ASSERT_TRUE(rows) << rows.error().detail;
    EXPECT_GE(rows->size(), before);  // all before it, then a gapless beginning of what came during it
    EXPECT_EQ(rows->back().rest, row(rows->size()));
}

TEST_F(BackupTest, AnyChangedMissingOrAddedFileIsFoundBeforeAnythingIsWritten) {
    {
        auto opened = open(options(store));
        ASSERT_TRUE(opened);
        for (std::uint64_t i = 1; i <= 20; ++i) put((*opened)->db(), i);
        ASSERT_TRUE(backup(**opened, copy));
    }
    std::vector<std::filesystem::path> files;
    for (const auto& file : std::filesystem::recursive_directory_iterator(copy)) {
        if (file.is_regular_file()) files.push_back(file.path());
    }
    ASSERT_GT(files.size(), 6);
    auto expect_refused = [&](const std::filesystem::path& what) {
        EXPECT_FALSE(verify_backup(copy, key)) << what;
        EXPECT_FALSE(restore(copy, restored, key)) << what;
        EXPECT_FALSE(std::filesystem::exists(restored)) << what;
    };
    for (const auto& file : files) {
        auto bytes = Scratch::read(file);
        auto changed = bytes;
        changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 1);
        Scratch::write(file, changed);
        expect_refused(file);
        std::filesystem::remove(file);
        expect_refused(file);
        Scratch::write(file, bytes);
    }
    Scratch::write(copy / "rocks" / "999999.sst", "x");
    expect_refused("an added file");
    std::filesystem::remove(copy / "rocks" / "999999.sst");
    EXPECT_TRUE(restore(copy, restored, key));
}

TEST_F(BackupTest, NothingIsOverwrittenAndNoOtherKeyOpensIt) {
    auto opened = open(options(store));
    ASSERT_TRUE(opened);
    put((*opened)->db(), 1);
    ASSERT_TRUE(backup(**opened, copy));
    EXPECT_EQ(backup(**opened, copy).error().code, Errc::conflict);
    EXPECT_EQ(restore(copy, store, key).error().code, Errc::conflict);
    KeySource other{.kind = KeySource::Kind::raw, .secret = std::string(32, 'x')};
    EXPECT_EQ(restore(copy, restored, other).error().code, Errc::forbidden);
    EXPECT_EQ(verify_backup(copy, other).error().code, Errc::forbidden);
}

}  // namespace
}  // namespace peyk::storage
