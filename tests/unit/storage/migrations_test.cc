#include "storage/migrations.h"

#include <gtest/gtest.h>

#include "async/executor.h"
#include "base/bytes.h"
#include "storage/open.h"
#include "storage/tables.h"
#include "storage/testing.h"
#include "unit/storage/scratch.h"

namespace peyk::storage {
namespace {

constexpr Table kNotes{.id = 3,
                       .name = "notes",
                       .about = "a note",
                       .rest = "any text",
                       .owner = Owner::server,
                       .seal = Seal::owner,
                       .category = Category::none,
                       .kept = "for the test"};
constexpr std::array<const Table*, 1> kCatalog{&kNotes};

struct MigrationTest : testing::Test {
    void put(std::string_view rest, std::string_view body) { put_in(test.db, rest, body); }
    void put_in(Db& db, std::string_view rest, std::string_view body) {
        Change change(db, Owner::server, 0, db.epoch(Owner::server, 0));
        change.put(kNotes, 0, rest, body);
        ASSERT_TRUE(run_blocking(pool, db.commit(std::move(change))));
    }
    void set_format(Db& db, ContentFormat format) {
        std::string body;
        put_u32be(body, format);
        Change change(db, Owner::server, 0, db.epoch(Owner::server, 0));
        change.put(kContentFormat, 0, "", body);
        ASSERT_TRUE(run_blocking(pool, db.commit(std::move(change))));
    }
    // A step that writes down that it ran, in the order of all; it fails while `broken` names it.
    Migration step(ContentFormat to) {
        return {to, "notes are turned over", [this, to](Db& db) { return run(db, to); }};
    }
    Task<Result<void>> run(Db& db, ContentFormat to) {
        ran.push_back(to);
        Change change(db, Owner::server, 0, db.epoch(Owner::server, 0));
        change.put(kNotes, 0, fmt::format("of {}", to), "done");
        PEYK_CO_CHECK(co_await db.commit(std::move(change)));
        if (to == broken) co_return fail(Errc::io, "the power went away");
        co_return Result<void>{};
    }
    Result<void> migrate_to(ContentFormat newest) {
        std::vector<Migration> steps;
        for (ContentFormat to = 2; to <= newest; ++to) steps.push_back(step(to));
        return migrate(test.db, steps, pool);
    }
    using Steps = std::vector<ContentFormat>;

    TestDb test{kCatalog};
    WorkerPool pool{"test", 2};
    Steps ran;
    ContentFormat broken = 0;
};

TEST_F(MigrationTest, AStoreThatSaysNothingHasTheFirstFormatAndGetsAllStepsInOrder) {
    put("old", "row");
    EXPECT_EQ(content_format(test.db), kFirstFormat);
    ASSERT_TRUE(migrate_to(4));
    EXPECT_EQ(ran, (Steps{2, 3, 4}));
    EXPECT_EQ(content_format(test.db), 4u);
    ASSERT_TRUE(migrate_to(4));
    EXPECT_EQ(ran.size(), 3u) << "each step runs once";
    ASSERT_TRUE(migrate_to(5));
    EXPECT_EQ(ran, (Steps{2, 3, 4, 5})) << "only what is new";
}

TEST_F(MigrationTest, ANewStoreHasTheNewestFormatWithoutAnyStep) {
    ASSERT_TRUE(migrate_to(3));
    EXPECT_TRUE(ran.empty());
    EXPECT_EQ(content_format(test.db), 3u);
}

TEST_F(MigrationTest, AStoreKnowsWithWhichFormatItWasMade) {
    EXPECT_EQ((Db(test.store, *test.vault, Catalog{kCatalog}).made_with()), kFirstFormat) << "nobody has looked";
    ASSERT_TRUE(migrate_to(3));
    EXPECT_EQ(test.db.made_with(), 3u);
    ASSERT_TRUE(migrate_to(5));
    EXPECT_EQ(test.db.made_with(), 3u) << "rows of that one may still be there";
    Db again(test.store, *test.vault, Catalog{kCatalog});
    ASSERT_TRUE(migrate(again, std::array{step(2), step(3), step(4), step(5)}, pool));
    EXPECT_EQ(again.made_with(), 3u);
}

TEST_F(MigrationTest, AStoreThatDoesNotSayWithWhichFormatItWasMadeWasMadeWithTheOneItHas) {
    put("old", "row");
    set_format(test.db, 2);
    broken = 4;
    EXPECT_FALSE(migrate_to(4));
    EXPECT_EQ(test.db.made_with(), 2u);
    broken = 0;
    ASSERT_TRUE(migrate_to(4));
    EXPECT_EQ(test.db.made_with(), 2u);
}

TEST_F(MigrationTest, AStepMayLeaveTheRowsAsTheyAre) {
    put("old", "row");
    ASSERT_TRUE(migrate(test.db, std::array{Migration{2, "only what comes is another", {}}}, pool));
    EXPECT_EQ(content_format(test.db), 2u);
    EXPECT_EQ(test.db.made_with(), kFirstFormat);
}

TEST_F(MigrationTest, AStepThatWasCutShortRunsAgainAndThoseBeforeItDoNot) {
    put("old", "row");
    broken = 3;
    auto failed = migrate_to(4);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Errc::io);
    EXPECT_EQ(content_format(test.db), 2u) << "what is whole stays";
    EXPECT_EQ(ran, (Steps{2, 3}));
    broken = 0;
    ASSERT_TRUE(migrate_to(4));
    EXPECT_EQ(ran, (Steps{2, 3, 3, 4}));
    EXPECT_EQ(content_format(test.db), 4u);
}

TEST_F(MigrationTest, ANewerStoreIsRefusedAndNothingRuns) {
    put("old", "row");
    set_format(test.db, 7);
    auto refused = migrate_to(4);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unsupported);
    EXPECT_NE(refused.error().detail.find("format 7"), std::string::npos) << refused.error().detail;
    EXPECT_TRUE(ran.empty());
    EXPECT_EQ(content_format(test.db), 7u);
}

TEST_F(MigrationTest, AGapBetweenTheStepsIsABrokenInvariant) {
    put("old", "row");
    EXPECT_DEATH((void)migrate(test.db, std::array{step(2), step(4)}, pool), "gap");
}

TEST_F(MigrationTest, OpenRefusesANewerStoreBeforeItWritesAnything) {
    Scratch scratch;
    OpenOptions options{.dir = scratch.path / "store", .key = {.file = scratch.path / "key"}, .catalog = {kCatalog}};
    options.newest_format = 2;
    {
        auto opened = open(options);
        ASSERT_TRUE(opened) << opened.error().detail;
        put_in((*opened)->db(), "a", "row");
        set_format((*opened)->db(), 3);
    }
    auto refused = open(options);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unsupported);
    options.newest_format = 3;
    auto opened = open(options);
    ASSERT_TRUE(opened) << opened.error().detail;
    EXPECT_EQ((*opened)->db().get(kNotes, 0, "a")->value().body, "row");
}

}  // namespace
}  // namespace peyk::storage
