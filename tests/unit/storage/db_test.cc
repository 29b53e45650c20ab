#include "storage/db.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/random.h"
#include "storage/testing.h"

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
constexpr Table kStream{.id = 3,
                        .name = "stream",
                        .about = "a stream",
                        .rest = "position u64be",
                        .owner = Owner::room,
                        .seal = Seal::owner,
                        .category = Category::usage_data,
                        .kept = "always"};
constexpr Table kIndex{.id = 4,
                       .name = "index",
                       .about = "an index",
                       .rest = "digest",
                       .owner = Owner::room,
                       .seal = Seal::none,
                       .category = Category::none,
                       .kept = "always",
                       .stamped = true};
constexpr Table kStranger{.id = 5,
                          .name = "stranger",
                          .about = "not listed",
                          .rest = "",
                          .owner = Owner::room,
                          .seal = Seal::none,
                          .category = Category::none,
                          .kept = "never"};
constexpr std::array<const Table*, 3> kCatalog{&kEvents, &kStream, &kIndex};

std::string row(std::uint64_t number) {
    std::string out;
    put_u64be(out, number);
    return out;
}

struct DbTest : testing::Test {
    Result<Position> commit(Change change) { return run_blocking(pool, db.commit(std::move(change))); }
    Change change(std::uint64_t room = kRoom) { return Change(db, Owner::room, room, db.epoch(Owner::room, room)); }
    void put_event(std::uint64_t number, std::string_view body) {
        auto c = change();
        c.put(kEvents, kRoom, row(number), body, "head");
        ASSERT_TRUE(commit(std::move(c)));
    }
    void puncture(std::uint64_t number) {
        auto c = change();
        c.puncture(kEvents, kRoom, number);
        ASSERT_TRUE(commit(std::move(c)));
    }

    static constexpr std::uint64_t kRoom = 0xabcdef0123456789;
    WorkerPool pool{"test", 2};
    TestDb test{kCatalog};
    Db& db = test.db;
};

TEST_F(DbTest, ARowReadsAsItWasWritten) {
    auto c = change();
    c.put(kEvents, kRoom, row(7), R"({"type":"m.room.message"})", "head");
    c.put(kIndex, kRoom, "digest", "x");
    auto position = commit(std::move(c));
    ASSERT_TRUE(position);
    auto event = db.get(kEvents, kRoom, row(7));
    ASSERT_TRUE(event && *event);
    EXPECT_EQ((*event)->body, R"({"type":"m.room.message"})");
    EXPECT_EQ((*event)->header, "head");
    EXPECT_EQ((*event)->position, *position);
    EXPECT_FALSE((*event)->gone);
    auto index = db.get(kIndex, kRoom, "digest");
    ASSERT_TRUE(index && *index);
    EXPECT_EQ((*index)->body, "x");
    EXPECT_EQ((*index)->position, *position);
    EXPECT_FALSE(*db.get(kEvents, kRoom, row(8)));
    EXPECT_FALSE(*db.get(kEvents, kRoom + 1, row(7)));
}

TEST_F(DbTest, RowsAtPositionsStandInTheOrderOfCommits) {
    std::vector<Position> positions;
    for (int i = 0; i < 3; ++i) {
        auto c = change();
        c.put_at_position(kStream, kRoom, "a", "z", fmt::format("first {}", i));
        c.put_at_position(kStream, kRoom, "a", "z", fmt::format("second {}", i), 1);
        auto position = commit(std::move(c));
        ASSERT_TRUE(position);
        positions.push_back(*position);
    }
    EXPECT_GE(positions[1], positions[0] + 2);
    auto rows = db.scan_prefix(kStream, kRoom, "a", 100);
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 6);
    EXPECT_EQ((*rows)[0].rest, "a" + row(positions[0]) + "z");
    EXPECT_EQ((*rows)[1].rest, "a" + row(positions[0] + 1) + "z");
    EXPECT_EQ((*rows)[1].body, "second 0");
    auto last = db.scan_prefix(kStream, kRoom, "a", 1, Store::Order::reverse);
    ASSERT_TRUE(last && last->size() == 1);
    EXPECT_EQ((*last)[0].body, "second 2");
}

TEST_F(DbTest, APuncturedRowIsGoneAndItsNeighboursAreNot) {
    for (std::uint64_t i = 0; i < 20; ++i) put_event(i, fmt::format("body {}", i));
    puncture(7);
    for (std::uint64_t i = 0; i < 20; ++i) {
        auto entry = db.get(kEvents, kRoom, row(i));
        ASSERT_TRUE(entry && *entry) << i;
        EXPECT_EQ((*entry)->gone, i == 7);
        EXPECT_EQ((*entry)->body, i == 7 ? "" : fmt::format("body {}", i));
        EXPECT_EQ((*entry)->header, "head");
        EXPECT_GT((*entry)->position, 0);
    }
}

TEST_F(DbTest, PuncturingBelowTakesExactlyTheSmallerRows) {
    for (std::uint64_t i = 0; i < 40; ++i) put_event(i * 37, "body");
    auto c = change();
    c.puncture_below(kEvents, kRoom, 20 * 37);
    ASSERT_TRUE(commit(std::move(c)));
    auto rows = db.scan(kEvents, kRoom, {}, {}, 100);
    ASSERT_TRUE(rows && rows->size() == 40);
    for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ((*rows)[i].gone, i < 20) << i;
}

TEST_F(DbTest, WritingARowWhoseKeyIsGoneFails) {
    put_event(1, "one");
    puncture(1);
    auto c = change();
    c.put(kEvents, kRoom, row(1), "again");
    auto built_on_it = change();
    built_on_it.put(kEvents, kRoom, row(2), "two");
    auto first = db.start_commit(std::move(c));
    auto second = db.start_commit(std::move(built_on_it));
    auto first_answer = run_blocking(pool, std::move(first).wait());
    auto second_answer = run_blocking(pool, std::move(second).wait());
    ASSERT_FALSE(first_answer);
    EXPECT_EQ(first_answer.error().code, Errc::gone);
    ASSERT_FALSE(second_answer);
    EXPECT_EQ(second_answer.error().code, Errc::fenced);
}

TEST_F(DbTest, ADroppedOwnerLosesAllRowsAndMayComeBack) {
    put_event(1, "one");
    auto other = kRoom + Shard::kRooms;  // same shard
    auto c = change(other);
    c.put(kEvents, other, row(1), "other");
    ASSERT_TRUE(commit(std::move(c)));
    ASSERT_TRUE(db.drop_owner(Owner::room, kRoom));
    EXPECT_FALSE(*db.get(kEvents, kRoom, row(1)));
    EXPECT_EQ((*db.get(kEvents, other, row(1)))->body, "other");
    put_event(1, "a new life");
    EXPECT_EQ((*db.get(kEvents, kRoom, row(1)))->body, "a new life");
    EXPECT_FALSE((*db.get(kEvents, kRoom, row(1)))->gone);
}

TEST_F(DbTest, AValueThatWasMovedOrChangedDoesNotOpen) {
    put_event(1, "one");
    auto shard = Shard::of_room(kRoom);
    auto key = [](std::uint64_t number) { return std::string(1, '\2') + row(kRoom) + row(number); };
    auto value = **test.store.get(shard, key(1));
    auto store_raw = [&](std::uint64_t number, std::string bytes) {
        Batch batch{.shard = shard, .epoch = test.store.epoch(shard)};
        batch.puts.push_back({.key = key(number), .value = std::move(bytes)});
        test.store.commit(std::move(batch), [](CommitResult result) { ASSERT_TRUE(result); });
    };
    store_raw(2, value);
    EXPECT_EQ(db.get(kEvents, kRoom, row(2)).error().code, Errc::corrupt);
    for (std::size_t at = 8; at < value.size(); ++at) {
        auto changed = value;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        store_raw(1, changed);
        auto got = db.get(kEvents, kRoom, row(1));
        EXPECT_TRUE(!got || !*got || (*got)->gone || (*got)->body != "one" || (*got)->header != "head") << at;
        EXPECT_TRUE(!got || (*got)->gone) << at;
    }
}

TEST_F(DbTest, BodiesAreNotReadableInTheStore) {
    put_event(1, "a sentence that must not be found");
    auto rows = test.store.scan(Shard::of_room(kRoom), {}, {}, 100);
    ASSERT_TRUE(rows);
    for (const auto& stored : *rows) EXPECT_EQ(stored.value.find("sentence"), std::string::npos);
}

TEST_F(DbTest, NotesOfPuncturesGoWhenTheKeyTableIsWritten) {
    put_event(1, "one");
    auto before = test.store.rows();
    puncture(1);
    EXPECT_EQ(test.store.rows(), before + 1);
    ASSERT_TRUE(db.flush_punctures());
    EXPECT_EQ(test.store.rows(), before);
}

TEST_F(DbTest, AWalkSeesEveryRowOfTheTableOnce) {
    std::map<std::uint64_t, int> seen;
    for (std::uint64_t room = 1; room <= 300; ++room) {
        auto c = change(room * 7919);
        c.put(kEvents, room * 7919, row(1), "body");
        c.put(kIndex, room * 7919, "k", "v");
        ASSERT_TRUE(commit(std::move(c)));
    }
    std::string next;
    do {
        auto page = db.walk(kEvents, next, 7);
        ASSERT_TRUE(page);
        for (const auto& walked : *page) ++seen[walked.owner];
    } while (!next.empty());
    EXPECT_EQ(seen.size(), 300);
    for (const auto& [owner, times] : seen) EXPECT_EQ(times, 1);
}

TEST_F(DbTest, NumbersAndDigestsAreStableAndKeyed) {
    EXPECT_EQ(db.number("!room:a"), db.number("!room:a"));
    EXPECT_NE(db.number("!room:a"), db.number("!room:b"));
    EXPECT_EQ(db.digest("txn", "a").size(), 16);
    EXPECT_NE(db.digest("txn", "a"), db.digest("event", "a"));
    MemoryStore store;
    auto vault = Vault::in_memory(Secret::random());
    Db other(store, *vault, Catalog{kCatalog});
    EXPECT_NE(db.number("!room:a"), other.number("!room:a"));
}

// A message with 1 kB of random base64, and the rows that go with it. Its random bytes alone are about 1,000.
TEST_F(DbTest, AMessageOfOneKilobyteTakesLittleMoreThanItsEntropy) {
    SeededRandom random(1);
    auto base64 = [&](std::size_t characters) {
        std::string raw(characters, '\0');
        random.fill({reinterpret_cast<std::uint8_t*>(raw.data()), raw.size()});
        return base64_encode(raw, Base64::url).substr(0, characters);
    };
    constexpr std::uint64_t kMessages = 50;
    auto stored_bytes = [&] {
        std::size_t sum = 0;
        for (const auto& r : *test.store.scan(Shard::of_room(kRoom), {}, {}, 10'000)) {
            sum += r.key.size() + r.value.size() + 2;
        }
        return sum;
    };
    for (std::uint64_t i = 1; i <= kMessages; ++i) {
        auto event = fmt::format(
            R"({{"auth_events":["${}","${}","${}"],"content":{{"body":"{}","msgtype":"m.text"}},"depth":{},)"
            R"("hashes":{{"sha256":"{}"}},"origin_server_ts":17639300{:05},"prev_events":["${}"],)"
            R"("room_id":"!abcdefghijklmnopqr:example.org","sender":"@ada:example.org",)"
            R"("signatures":{{"example.org":{{"ed25519:a_abcd":"{}"}}}},"type":"m.room.message","unsigned":{{}}}})",
            base64(43), base64(43), base64(43), base64(1000), i, base64(43), i * 317, base64(43), base64(86));
        auto c = change();
        c.put(kEvents, kRoom, row(i), event, std::string(9, '\1'));
        c.put(kIndex, kRoom, db.digest("event", row(i)), row(i));
        c.put(kIndex, kRoom, db.digest("transaction", row(i)), row(i));
        ASSERT_TRUE(commit(std::move(c)));
    }
    RecordProperty("bytes_per_message", static_cast<int>(stored_bytes() / kMessages));
    EXPECT_LE(stored_bytes() / kMessages, 1300);
}

using DbDeathTest = DbTest;
TEST_F(DbDeathTest, ATableOutsideTheCatalogIsABrokenInvariant) {
    EXPECT_DEATH(change().put(kStranger, kRoom, "", ""), "not in the catalog");
    EXPECT_DEATH(change().put(kEvents, kRoom + 1, row(1), ""), "does not belong");
}

}  // namespace
}  // namespace peyk::storage
