// Bodies without a key leave the files when tables are rewritten; their rows stay.

#include "storage/hollow.h"

#include <gtest/gtest.h>

#include <map>

#include "base/bytes.h"
#include "storage/open.h"
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
                        .kept = "until redacted",
                        .stamped = true,
                        .headed = true};
constexpr Table kNames{.id = 3,
                       .name = "names",
                       .about = "a name",
                       .rest = "number u64be",
                       .owner = Owner::room,
                       .seal = Seal::owner,
                       .category = Category::identifiers,
                       .kept = "always"};
constexpr std::array<const Table*, 2> kCatalog{&kEvents, &kNames};
constexpr std::uint64_t kRoom = 4711;
constexpr std::uint64_t kRows = 50;

std::string row(std::uint64_t number) {
    std::string out;
    put_u64be(out, number);
    return out;
}

struct HollowTest : testing::Test {
    HollowTest() { open(); }
    void open() {
        opened.reset();
        auto made =
            storage::open({.dir = scratch.path / "store", .key = key, .catalog = {kCatalog}, .flush_every = {}});
        ASSERT_TRUE(made) << made.error().detail;
        opened = *std::move(made);
    }
    Db& db() { return opened->db(); }
    void change(auto&& fill) {
        Change c(db(), Owner::room, kRoom, db().epoch(Owner::room, kRoom));
        fill(c);
        ASSERT_TRUE(run_blocking(pool, db().commit(std::move(c))));
    }
    // What the engine has of a row.
    std::string raw(std::uint64_t number) {
        std::string row_key(1, static_cast<char>(kEvents.id));
        put_u64be(row_key, kRoom);
        auto found = opened->store().get(Shard::of_room(kRoom), row_key + row(number));
        EXPECT_TRUE(found && *found);
        return found && *found ? **found : std::string();
    }

    Scratch scratch;
    WorkerPool pool{"test", 2};
    KeySource key{.file = scratch.path / "key"};
    std::unique_ptr<Opened> opened;
};

TEST_F(HollowTest, OnlyBodiesWithoutAKeyGo) {
    std::map<std::uint64_t, Position> positions;
    for (std::uint64_t i = 0; i < kRows; ++i) {
        change([&](Change& c) {
            c.put(kEvents, kRoom, row(i), fmt::format("body {}", i), fmt::format("head {}", i));
            c.put(kNames, kRoom, row(i), fmt::format("name {}", i));
        });
        positions[i] = (*db().get(kEvents, kRoom, row(i)))->position;
    }
    auto untouched = raw(1), destroyed = raw(2);
    change([](Change& c) {
        for (std::uint64_t i = 2; i < kRows; i += 2) c.puncture(kEvents, kRoom, i);
    });
    EXPECT_EQ(raw(2), destroyed);
    ASSERT_TRUE(opened->rocks()->compact());
    EXPECT_EQ(raw(1), untouched);
    EXPECT_LT(raw(2).size(), destroyed.size());
    EXPECT_TRUE(destroyed.starts_with(raw(2)));
    for (bool restarted : {false, true}) {
        for (std::uint64_t i = 0; i < kRows; ++i) {
            auto found = db().get(kEvents, kRoom, row(i));
            ASSERT_TRUE(found && *found) << i;
            bool gone = i >= 2 && i % 2 == 0;
            EXPECT_EQ((*found)->gone, gone) << i;
            EXPECT_EQ((*found)->header, fmt::format("head {}", i));
            EXPECT_EQ((*found)->position, positions[i]);
            EXPECT_EQ((*found)->body, gone ? "" : fmt::format("body {}", i));
            EXPECT_EQ((*db().get(kNames, kRoom, row(i)))->body, fmt::format("name {}", i));
        }
        if (!restarted) open();
    }
    // A second time there is nothing more to take.
    auto before = raw(2);
    ASSERT_TRUE(opened->rocks()->compact());
    EXPECT_EQ(raw(2), before);
}

TEST_F(HollowTest, WhatIsNotUnderstoodStays) {
    change([](Change& c) { c.put(kEvents, kRoom, row(1), "body", "head"); });
    auto hollow = hollow_destroyed(opened->vault(), {kCatalog});
    std::string row_key(1, static_cast<char>(kEvents.id));
    put_u64be(row_key, kRoom);
    auto value = raw(1);
    EXPECT_FALSE(hollow(row_key + row(1), value)) << "the key is there";
    change([](Change& c) { c.puncture(kEvents, kRoom, 1); });
    EXPECT_TRUE(hollow(row_key + row(1), value));
    EXPECT_FALSE(hollow(row_key, value));                        // no row number
    EXPECT_FALSE(hollow(row_key + row(1), value.substr(0, 7)));  // cut off
    EXPECT_FALSE(hollow(row_key + row(1), ""));
    EXPECT_FALSE(hollow("", value));
    row_key[0] = static_cast<char>(kNames.id);
    EXPECT_FALSE(hollow(row_key + row(1), value)) << "no keys of their own";
    row_key[0] = 99;
    EXPECT_FALSE(hollow(row_key + row(1), value)) << "no table of ours";
}

}  // namespace
}  // namespace peyk::storage
