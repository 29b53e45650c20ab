#include "storage/open.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include "base/bytes.h"
#include "storage/verification.h"
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

struct OpenTest : testing::Test {
    OpenOptions options() {
        return {.dir = scratch.path / "store",
                .key = {.file = scratch.path / "store.key"},
                .catalog = {kCatalog},
                .flush_every = {}};
    }
    void put(Db& db, std::uint64_t number, std::string_view body) {
        Change change(db, Owner::room, kRoom, db.epoch(Owner::room, kRoom));
        change.put(kEvents, kRoom, row(number), body);
        ASSERT_TRUE(run_blocking(pool, db.commit(std::move(change))));
    }
    void puncture(Db& db, std::uint64_t number) {
        Change change(db, Owner::room, kRoom, db.epoch(Owner::room, kRoom));
        change.puncture(kEvents, kRoom, number);
        ASSERT_TRUE(run_blocking(pool, db.commit(std::move(change))));
    }
    void expect_rows(Db& db, std::uint64_t count, std::uint64_t gone) {
        for (std::uint64_t i = 1; i <= count; ++i) {
            auto entry = db.get(kEvents, kRoom, row(i));
            ASSERT_TRUE(entry && *entry) << i;
            EXPECT_EQ((*entry)->gone, i == gone) << i;
            if (i != gone) EXPECT_EQ((*entry)->body, fmt::format("body {}", i));
        }
    }

    Scratch scratch;
    WorkerPool pool{"test", 2};
};

TEST_F(OpenTest, RowsAndPuncturesOutliveTheProcess) {
    std::uint64_t incarnation = 0;
    std::uint64_t number = 0;
    {
        auto opened = open(options());
        ASSERT_TRUE(opened) << opened.error().detail;
        incarnation = (*opened)->incarnation();
        number = (*opened)->db().number("!room");
        for (std::uint64_t i = 1; i <= 30; ++i) put((*opened)->db(), i, fmt::format("body {}", i));
        puncture((*opened)->db(), 7);
        ASSERT_TRUE((*opened)->close());
    }
    auto opened = open(options());
    ASSERT_TRUE(opened) << opened.error().detail;
    EXPECT_EQ((*opened)->incarnation(), incarnation);
    EXPECT_EQ((*opened)->db().number("!room"), number);
    expect_rows((*opened)->db(), 30, 7);
    put((*opened)->db(), 31, "body 31");
}

TEST_F(OpenTest, APunctureThatWasNotWrittenIsRepeatedFromItsNote) {
    auto copy = scratch.path / "crashed";
    {
        auto opened = open(options());
        ASSERT_TRUE(opened);
        for (std::uint64_t i = 1; i <= 10; ++i) put((*opened)->db(), i, fmt::format("body {}", i));
        puncture((*opened)->db(), 3);
        // What a crash would leave: the log has the note, the key table has the key.
        std::filesystem::copy(scratch.path / "store", copy, std::filesystem::copy_options::recursive);
    }
    auto crashed = options();
    crashed.dir = copy;
    auto opened = open(crashed);
    ASSERT_TRUE(opened) << opened.error().detail;
    expect_rows((*opened)->db(), 10, 3);
    EXPECT_FALSE((*opened)->vault().dirty());
}

Verification::Report verify(Opened& opened) {
    Verification verification(opened);
    while (verification.step()) {
    }
    EXPECT_EQ(verification.report().bytes, verification.total_bytes());
    return verification.report();
}

TEST_F(OpenTest, AVerificationNamesADamagedCopyOfTheKeysAndWritesItAnew) {
    auto opened = open(options());
    ASSERT_TRUE(opened);
    put((*opened)->db(), 1, "body 1");
    EXPECT_TRUE(verify(**opened).damaged.empty());
    for (const auto* name : {"keys.a", "keys.b.lock", "store.header", "store.header.copy"}) {
        auto path = scratch.path / "store" / name;
        auto bytes = Scratch::read(path);
        for (std::size_t i = 20; i < bytes.size(); i += 40) bytes[i] ^= 1;
        Scratch::write(path, bytes);
        auto found = verify(**opened).damaged;
        ASSERT_EQ(found.size(), 1u) << name;
        EXPECT_TRUE(found[0].starts_with(std::string(name).substr(0, 6))) << found[0];
        EXPECT_TRUE(verify(**opened).damaged.empty()) << name << " was not written anew";
    }
    // A copy that is missing is damage too.
    std::filesystem::remove(scratch.path / "store" / "keys.b");
    EXPECT_EQ(verify(**opened).damaged.size(), 1u);
    ASSERT_TRUE((*opened)->close());
    opened = open(options());
    ASSERT_TRUE(opened) << opened.error().detail;
    expect_rows((*opened)->db(), 1, 0);
}

TEST_F(OpenTest, AVerificationNamesADamagedFileOfRows) {
    {
        auto opened = open(options());
        ASSERT_TRUE(opened);
        for (std::uint64_t i = 1; i <= 200; ++i) put((*opened)->db(), i, fmt::format("body {}", i));
    }
    auto opened = open(options());  // what was in the log goes into a file
    ASSERT_TRUE(opened);
    auto files = (*opened)->rocks()->table_files();
    ASSERT_FALSE(files.empty());
    EXPECT_TRUE(verify(**opened).damaged.empty());
    auto bytes = Scratch::read(files[0].path);
    bytes[4096 + (bytes.size() - 4096) / 4] ^= 1;
    Scratch::write(files[0].path, bytes);
    auto found = verify(**opened).damaged;
    ASSERT_EQ(found.size(), 1u);
    EXPECT_NE(found[0].find(std::filesystem::path(files[0].path).filename().string()), std::string::npos) << found[0];
    // A file that compaction has removed is no damage.
    EXPECT_TRUE((*opened)->rocks()->verify_file({(scratch.path / "store/rocks/999999.sst").string(), 1}));
}

TEST_F(OpenTest, AnotherRootSecretReplacesTheFormerOne) {
    auto words = options();
    words.key = {.kind = KeySource::Kind::passphrase, .secret = "six words drawn by dice"};
    auto file = options();
    file.key = {.file = scratch.path / "second.key"};
    {
        auto opened = open(options());
        ASSERT_TRUE(opened);
        put((*opened)->db(), 1, "body 1");
        ASSERT_TRUE((*opened)->vault().change_root(words.key));
        EXPECT_TRUE(verify(**opened).damaged.empty());
        put((*opened)->db(), 2, "body 2");
    }
    EXPECT_EQ(open(options()).error().code, Errc::forbidden);
    {
        auto opened = open(words);
        ASSERT_TRUE(opened) << opened.error().detail;
        expect_rows((*opened)->db(), 2, 0);
        ASSERT_TRUE((*opened)->vault().change_root(file.key));
    }
    EXPECT_EQ(open(words).error().code, Errc::forbidden);
    auto opened = open(file);
    ASSERT_TRUE(opened) << opened.error().detail;
    expect_rows((*opened)->db(), 2, 0);
}

// The first copy of the header has the new secret, the second the former one: either opens, and the other is over.
TEST_F(OpenTest, ACutOffChangeOfTheRootSecretLeavesAStoreThatOpens) {
    auto words = options();
    words.key = {.kind = KeySource::Kind::passphrase, .secret = "six words drawn by dice"};
    for (const auto& [source, other] : {std::pair{words, options()}, std::pair{options(), words}}) {
        std::filesystem::remove_all(scratch.path / "store");
        std::filesystem::remove(scratch.path / "store.key");
        auto header = scratch.path / "store" / "store.header";
        std::string former;
        {
            auto opened = open(options());
            ASSERT_TRUE(opened) << opened.error().detail;
            put((*opened)->db(), 1, "body 1");
            former = Scratch::read(header);
            ASSERT_TRUE((*opened)->vault().change_root(words.key));
        }
        Scratch::write(header, former);
        {
            auto opened = open(source);
            ASSERT_TRUE(opened) << opened.error().detail;
            expect_rows((*opened)->db(), 1, 0);
        }
        EXPECT_EQ(open(other).error().code, Errc::forbidden);
    }
}

TEST_F(OpenTest, ASecondProcessIsTurnedAway) {
    auto first = open(options());
    ASSERT_TRUE(first);
    auto second = open(options());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::conflict);
    EXPECT_NE(second.error().detail.find("stop that one"), std::string::npos);
}

TEST_F(OpenTest, AnotherKeyIsTurnedAwayAndLeavesTheStoreAlone) {
    ASSERT_TRUE(open(options()));
    auto other = options();
    other.key = {.kind = KeySource::Kind::raw, .secret = std::string(32, 'x')};
    auto refused = open(other);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::forbidden);
    auto missing = options();
    missing.key.file = scratch.path / "nowhere.key";
    auto absent = open(missing);
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().code, Errc::unavailable);
    EXPECT_FALSE(std::filesystem::exists(scratch.path / "nowhere.key"));
    EXPECT_TRUE(open(options()));
}

TEST_F(OpenTest, APassphraseOpensOnlyItsStore) {
    auto locked = options();
    locked.key = {.kind = KeySource::Kind::passphrase, .secret = "correct horse"};
    ASSERT_TRUE(open(locked));
    EXPECT_TRUE(open(locked));
    locked.key.secret = "correct hors";
    auto refused = open(locked);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::forbidden);
}

TEST_F(OpenTest, ANewerFormatIsNotTouched) {
    ASSERT_TRUE(open(options()));
    for (const auto* name : {"store.header", "store.header.copy"}) {
        auto path = scratch.path / "store" / name;
        auto bytes = scratch.read(path);
        bytes[11] = 9;
        scratch.write(path, bytes);
    }
    auto refused = open(options());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unsupported);
    EXPECT_NE(refused.error().detail.find("newer version"), std::string::npos);
}

TEST_F(OpenTest, NothingOnDiskIsReadable) {
    {
        auto opened = open(options());
        ASSERT_TRUE(opened);
        for (std::uint64_t i = 1; i <= 50; ++i) put((*opened)->db(), i, "canary-canary-canary");
    }
    ASSERT_TRUE(open(options()));
    std::size_t files = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator(scratch.path / "store")) {
        if (!file.is_regular_file()) continue;
        ++files;
        auto bytes = scratch.read(file.path());
        EXPECT_EQ(bytes.find("canary"), std::string::npos) << file.path();
        EXPECT_EQ(bytes.find("rocksdb"), std::string::npos) << file.path();
        EXPECT_EQ(bytes.find("position"), std::string::npos) << file.path();
        EXPECT_NE(file.path().filename(), "LOG");
    }
    EXPECT_GT(files, 8);
}

TEST_F(OpenTest, ADamagedTableIsReportedAsSuch) {
    {
        auto opened = open(options());
        ASSERT_TRUE(opened);
        put((*opened)->db(), 1, "body 1");
    }
    ASSERT_TRUE(open(options()));  // the log becomes a table
    for (const auto& file : std::filesystem::directory_iterator(scratch.path / "store" / "rocks")) {
        if (file.path().extension() != ".sst") continue;
        auto bytes = scratch.read(file.path());
        for (std::size_t at = 64; at < bytes.size(); at += 16) bytes[at] = static_cast<char>(bytes[at] ^ 0x40);
        scratch.write(file.path(), bytes);
    }
    auto refused = open(options());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::corrupt);
    EXPECT_NE(refused.error().detail.find("backup"), std::string::npos);
}

TEST_F(OpenTest, CompactingGivesTheSpaceOfOverwrittenRowsBack) {
    auto opened = open(options());
    ASSERT_TRUE(opened) << opened.error().detail;
    auto& db = (*opened)->db();
    std::string noise(60'000, '\0');
    constexpr std::uint64_t kRows = 10;
    for (int times = 0; times < 80; ++times) {
        Change change(db, Owner::room, kRoom, db.epoch(Owner::room, kRoom));
        for (std::uint64_t i = 1; i <= kRows; ++i) {
            randombytes_buf(noise.data(), noise.size());
            change.put(kEvents, kRoom, row(i), noise);
        }
        ASSERT_TRUE(run_blocking(pool, db.commit(std::move(change))));
    }
    auto files = [&] {
        std::uint64_t bytes = 0;
        for (const auto& file : std::filesystem::recursive_directory_iterator(scratch.path)) {
            if (file.is_regular_file()) bytes += file.file_size();
        }
        return bytes;
    };
    auto before = files();
    auto compacted = (*opened)->rocks()->compact();
    ASSERT_TRUE(compacted) << compacted.error().detail;
    EXPECT_GT(before, 10'000'000u);
    EXPECT_LT(files(), 2'000'000u) << "ten rows of 60 kB are left";
    auto last = db.get(kEvents, kRoom, row(kRows));
    ASSERT_TRUE(last && *last);
    EXPECT_EQ((*last)->body, noise);

    (*opened)->rocks()->stop_compacting();
    put(db, 99, "something to compact");
    auto stopped = (*opened)->rocks()->compact();
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Errc::cancelled);
}

}  // namespace
}  // namespace peyk::storage
