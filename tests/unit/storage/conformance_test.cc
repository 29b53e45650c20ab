// What every engine must do. A new engine is one more entry in kEngines.

#include <gtest/gtest.h>

#include <future>
#include <random>
#include <thread>

#include "base/bytes.h"
#include "storage/memory_store.h"
#include "storage/rocks_store.h"
#include "unit/storage/fault_fs.h"
#include "unit/storage/scratch.h"

namespace peyk::storage {
namespace {

struct Engine {
    std::string_view name;
    bool durable;
};
constexpr std::array kEngines{Engine{"memory", false}, Engine{"rocksdb", true}};

Batch batch(std::uint16_t shard, Epoch epoch = 1) { return {.shard = {shard}, .epoch = epoch}; }

struct StoreTest : testing::TestWithParam<Engine> {
    StoreTest() { open(); }

    void open() {
        store.reset();
        if (!GetParam().durable) {
            store = std::make_unique<MemoryStore>();
            return;
        }
        RocksOptions options{.dir = scratch.path / "rocks"};
        options.free_bytes = [this] { return free_bytes.load(); };
        auto opened = RocksStore::open(std::move(options));
        ASSERT_TRUE(opened) << opened.error().detail;
        store = std::move(*opened);
    }

    std::future<CommitResult> start(Batch b) {
        auto answer = std::make_shared<std::promise<CommitResult>>();
        auto future = answer->get_future();
        store->commit(std::move(b), [answer](CommitResult result) { answer->set_value(std::move(result)); });
        return future;
    }
    CommitResult commit(Batch b) { return start(std::move(b)).get(); }
    CommitResult put(std::uint16_t shard, std::string key, std::string value) {
        auto b = batch(shard, store->epoch({shard}));
        b.puts.push_back({.key = std::move(key), .value = std::move(value)});
        return commit(std::move(b));
    }
    std::string keys(std::uint16_t shard, std::string_view from, std::string_view to, std::size_t limit,
                     Store::Order order = Store::Order::forward) {
        auto rows = store->scan({shard}, from, to, limit, order);
        if (!rows) return rows.error().detail;
        std::string out;
        for (const auto& row : *rows) out += row.key + " ";
        return out;
    }

    Scratch scratch;
    std::atomic<std::uint64_t> free_bytes = ~0ULL;
    std::unique_ptr<Store> store;
};

// Engines with a disk.
struct DurableStoreTest : StoreTest {};

TEST_P(StoreTest, AnEmptyStoreHasNothing) {
    EXPECT_EQ(store->visible(), 0);
    EXPECT_EQ(store->epoch({5}), 1);
    EXPECT_EQ(*store->get({5}, "a"), std::nullopt);
    EXPECT_EQ(keys(5, "", "", 10), "");
    EXPECT_EQ(store->next_shard({0}), std::nullopt);
}

TEST_P(StoreTest, WhatWasCommittedIsReadByItsShardOnly) {
    ASSERT_TRUE(put(5, "a", "1"));
    EXPECT_EQ(*store->get({5}, "a"), "1");
    EXPECT_EQ(*store->get({4}, "a"), std::nullopt);
    EXPECT_EQ(*store->get({6}, "a"), std::nullopt);
    EXPECT_EQ(keys(4, "", "", 10), "");
    EXPECT_EQ(keys(6, "", "", 10), "");
    ASSERT_TRUE(put(5, "a", ""));
    EXPECT_EQ(*store->get({5}, "a"), "");
}

TEST_P(StoreTest, ABatchIsAppliedAsAWholeAndInItsOrder) {
    ASSERT_TRUE(put(1, "old", "x"));
    auto b = batch(1);
    b.puts.push_back({.key = "a", .value = "1"});
    b.puts.push_back({.key = "b", .value = "2"});
    b.puts.push_back({.key = "a", .value = "3"});
    b.dels.push_back("old");
    b.dels.push_back("never");
    ASSERT_TRUE(commit(std::move(b)));
    EXPECT_EQ(*store->get({1}, "a"), "3");
    EXPECT_EQ(keys(1, "", "", 10), "a b ");
}

TEST_P(StoreTest, PositionsRiseOverAllShardsAndAreVisibleWhenAnswered) {
    Position last = 0;
    for (int i = 0; i < 20; ++i) {
        auto b = batch(static_cast<std::uint16_t>(i * 400));
        b.positions = 1 + static_cast<std::uint32_t>(i % 3);
        auto count = b.positions;
        b.puts.push_back({.key = "k", .value = "v"});
        auto position = commit(std::move(b));
        ASSERT_TRUE(position);
        EXPECT_GT(*position, last);
        last = *position + count - 1;
        EXPECT_GE(store->visible(), last);
        EXPECT_GE(store->visible({static_cast<std::uint16_t>(i * 400)}), last);
    }
}

TEST_P(StoreTest, HolesTakeThePositionPlusNth) {
    auto b = batch(2);
    b.positions = 3;
    std::string nulls(8, '\0');
    b.puts.push_back({.key = "k" + nulls + "z", .value = "v" + nulls, .key_hole = 1, .value_hole = 1, .nth = 0});
    b.puts.push_back({.key = "l" + nulls, .value = nulls, .key_hole = 1, .nth = 2});
    b.puts.push_back({.key = "m", .value = nulls, .value_hole = 0, .nth = 1});
    auto first = commit(std::move(b));
    ASSERT_TRUE(first);
    auto bytes = [](std::uint64_t value) {
        std::string out;
        put_u64be(out, value);
        return out;
    };
    auto rows = store->scan({2}, "", "", 10);
    ASSERT_TRUE(rows && rows->size() == 3);
    EXPECT_EQ((*rows)[0].key, "k" + bytes(*first) + "z");
    EXPECT_EQ((*rows)[0].value, "v" + bytes(*first));
    EXPECT_EQ((*rows)[1].key, "l" + bytes(*first + 2));
    EXPECT_EQ((*rows)[1].value, nulls);
    EXPECT_EQ((*rows)[2].value, bytes(*first + 1));
    EXPECT_GE(store->visible(), *first + 2);
}

TEST_P(StoreTest, ScansAreOrderedBoundedAndGoBothWays) {
    auto b = batch(3);
    for (const auto* key : {"a", "b", "ba", "bb", "c", "\x7f", "\xff", "\xff\xff"}) {
        b.puts.push_back({.key = key, .value = "v"});
    }
    ASSERT_TRUE(commit(std::move(b)));
    using enum Store::Order;
    EXPECT_EQ(keys(3, "b", "c", 10), "b ba bb ");
    EXPECT_EQ(keys(3, "b", "c", 2), "b ba ");
    EXPECT_EQ(keys(3, "b", "c", 10, reverse), "bb ba b ");
    EXPECT_EQ(keys(3, "b", "c", 2, reverse), "bb ba ");
    EXPECT_EQ(keys(3, "b\x01", "bb\x01", 10, reverse), "bb ba ");
    EXPECT_EQ(keys(3, "", "", 100), "a b ba bb c \x7f \xff \xff\xff ");
    EXPECT_EQ(keys(3, "", "", 2, reverse), "\xff\xff \xff ");
    EXPECT_EQ(keys(3, "c", "b", 10), "");
    EXPECT_EQ(keys(3, "b", "b", 10), "");
    EXPECT_EQ(keys(3, "", "", 0), "");
}

TEST_P(StoreTest, OnlyTheEpochOfTheShardMayWrite) {
    auto taken = store->acquire({7}, 1);
    ASSERT_TRUE(taken);
    EXPECT_EQ(*taken, 2);
    EXPECT_EQ(store->epoch({7}), 2);
    EXPECT_EQ(store->epoch({8}), 1);
    auto old = batch(7, 1);
    old.puts.push_back({.key = "a", .value = "old"});
    auto refused = commit(std::move(old));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::fenced);
    EXPECT_EQ(store->epoch({7}), 2);  // being fenced is no failure of the new owner
    auto again = store->acquire({7}, 1);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::fenced);
    ASSERT_TRUE(put(7, "a", "new"));
    EXPECT_EQ(*store->get({7}, "a"), "new");
}

TEST_P(StoreTest, WhatBuildsOnAFailedBatchIsFenced) {
    auto bad = batch(7);
    bad.puts.push_back({.key = "a", .value = std::string(kMaxValue + 1, 'x')});
    auto good = batch(7);
    good.puts.push_back({.key = "b", .value = "built on a"});
    auto first = start(std::move(bad));
    auto second = start(std::move(good));
    EXPECT_EQ(first.get().error().code, Errc::bad_request);
    EXPECT_EQ(second.get().error().code, Errc::fenced);
    EXPECT_EQ(keys(7, "", "", 10), "");
    EXPECT_EQ(store->epoch({7}), 2);
    EXPECT_EQ(store->epoch({8}), 1);
    ASSERT_TRUE(put(7, "b", "on its own"));
}

TEST_P(StoreTest, LimitsAreExact) {
    auto try_one = [&](Put p, std::uint32_t positions = 1) {
        auto b = batch(9, store->epoch({9}));
        b.positions = positions;
        b.puts.push_back(std::move(p));
        auto result = commit(std::move(b));
        return result ? std::string_view("ok") : errc_name(result.error().code);
    };
    auto bad = errc_name(Errc::bad_request);
    EXPECT_EQ(try_one({.key = std::string(kMaxKey, 'k'), .value = std::string(kMaxValue, 'v')}), "ok");
    EXPECT_EQ(try_one({.key = std::string(kMaxKey + 1, 'k'), .value = "v"}), bad);
    EXPECT_EQ(try_one({.key = "", .value = "v"}), bad);
    EXPECT_EQ(try_one({.key = "k", .value = std::string(kMaxValue + 1, 'v')}), bad);
    EXPECT_EQ(try_one({.key = "k", .value = "12345678", .value_hole = 0}), "ok");
    EXPECT_EQ(try_one({.key = "k", .value = "12345678", .value_hole = 1}), bad);
    EXPECT_EQ(try_one({.key = "k", .value = "1234567", .value_hole = 0}), bad);
    EXPECT_EQ(try_one({.key = "k", .value = "v", .nth = 1}), bad);
    EXPECT_EQ(try_one({.key = "k", .value = "v", .nth = 1}, 2), "ok");
    EXPECT_EQ(try_one({.key = "k", .value = "v"}, 0), bad);
    auto large = [&](std::size_t last) {
        auto b = batch(9, store->epoch({9}));
        std::size_t bytes = 0;
        for (int i = 0; bytes + kMaxValue + 2 < kMaxBatch; ++i) {
            b.puts.push_back({.key = fmt::format("{:02}", i), .value = std::string(kMaxValue, 'v')});
            bytes = b.bytes();
        }
        b.puts.push_back({.key = "zz", .value = std::string(kMaxBatch - bytes - 2 + last, 'v')});
        return commit(std::move(b)).has_value();
    };
    EXPECT_TRUE(large(0));
    EXPECT_FALSE(large(1));
    auto nowhere = batch(Shard::kCount, 1);
    EXPECT_EQ(commit(std::move(nowhere)).error().code, Errc::bad_request);
}

TEST_P(StoreTest, BatchesOfOneShardAreAppliedInTheOrderOfTheirCalls) {
    std::vector<std::future<CommitResult>> answers;
    for (int i = 0; i < 500; ++i) {
        auto b = batch(static_cast<std::uint16_t>(i % 3));
        b.puts.push_back({.key = "last", .value = std::to_string(i)});
        answers.push_back(start(std::move(b)));
    }
    Position last = 0;
    for (auto& answer : answers) {
        auto position = answer.get();
        ASSERT_TRUE(position);
        EXPECT_GT(*position, last);
        last = *position;
    }
    EXPECT_EQ(*store->get({0}, "last"), "498");
    EXPECT_EQ(*store->get({1}, "last"), "499");
    EXPECT_EQ(*store->get({2}, "last"), "497");
}

TEST_P(StoreTest, ManyThreadsSeeOnlyWholeBatchesAndTheirOwnWrites) {
    std::atomic<bool> stop = false;
    std::atomic<int> torn = 0;
    std::jthread reader([&] {
        while (!stop) {
            auto rows = store->scan({1}, "pair", "pais", 10);
            if (rows && rows->size() == 2 && (*rows)[0].value != (*rows)[1].value) ++torn;
        }
    });
    std::vector<std::jthread> writers;
    std::atomic<int> unseen = 0;
    for (int thread = 0; thread < 4; ++thread) {
        writers.emplace_back([&, thread] {
            for (int i = 0; i < 100; ++i) {
                auto own = fmt::format("own {} {}", thread, i);
                auto b = batch(1);
                b.puts.push_back({.key = "pair a", .value = own});
                b.puts.push_back({.key = "pair b", .value = own});
                b.puts.push_back({.key = own, .value = own});
                if (!commit(std::move(b)) || *store->get({1}, own) != own) ++unseen;
            }
        });
    }
    writers.clear();
    stop = true;
    reader.join();
    EXPECT_EQ(torn, 0);
    EXPECT_EQ(unseen, 0);
    EXPECT_EQ(store->scan({1}, "own", "owo", 1000)->size(), 400);
}

TEST_P(StoreTest, ShardsWithRowsAreFound) {
    for (int shard : {3, 17, int{Shard::of_server().number}})
        ASSERT_TRUE(put(static_cast<std::uint16_t>(shard), "k", "v"));
    EXPECT_EQ(store->next_shard({0})->number, 3);
    EXPECT_EQ(store->next_shard({3})->number, 3);
    EXPECT_EQ(store->next_shard({4})->number, 17);
    EXPECT_EQ(store->next_shard({18}), Shard::of_server());
    EXPECT_EQ(store->next_shard({Shard::kCount}), std::nullopt);
}

TEST_P(StoreTest, ItBehavesLikeASortedMapUnderRandomWork) {
    std::mt19937 random(20261);
    std::map<std::string, std::string> model;
    auto any_key = [&] { return fmt::format("{:x}", random() % 300); };
    for (int step = 0; step < 400; ++step) {
        auto b = batch(11);
        std::map<std::string, std::string> put_now;
        for (unsigned i = 0; i < random() % 4; ++i) put_now[any_key()] = std::to_string(random());
        for (const auto& [key, value] : put_now) b.puts.push_back({.key = key, .value = value});
        for (unsigned i = 0; i < random() % 3; ++i) {
            auto key = any_key();
            if (!put_now.contains(key)) b.dels.push_back(key);
        }
        for (const auto& [key, value] : put_now) model[key] = value;
        for (const auto& key : b.dels) model.erase(key);
        ASSERT_TRUE(commit(std::move(b)));
        auto from = any_key();
        auto to = any_key();
        bool reverse = random() % 2 == 0;
        std::string expected;
        if (from < to) {
            std::vector<std::string> inside;
            for (auto at = model.lower_bound(from); at != model.lower_bound(to); ++at) inside.push_back(at->first);
            if (reverse) std::ranges::reverse(inside);
            for (std::size_t i = 0; i < std::min<std::size_t>(inside.size(), 5); ++i) expected += inside[i] + " ";
        }
        ASSERT_EQ(keys(11, from, to, 5, reverse ? Store::Order::reverse : Store::Order::forward), expected);
    }
}

// Batches that wait while the log is brought to the disk go there together, in the order in which they came.
TEST_P(DurableStoreTest, BatchesThatWaitShareOneSync) {
    auto& rocks = dynamic_cast<RocksStore&>(*store);
    auto before = rocks.counters();
    constexpr std::uint64_t kBatches = 400;
    std::vector<std::future<CommitResult>> answers;
    for (std::uint64_t i = 0; i < kBatches; ++i) {
        auto b = batch(7);
        b.puts.push_back({.key = fmt::format("k{}", i), .value = "v"});
        answers.push_back(start(std::move(b)));
    }
    Position last = 0;
    for (auto& answer : answers) {
        auto position = answer.get();
        ASSERT_TRUE(position);
        EXPECT_GT(*position, last);
        last = *position;
    }
    auto after = rocks.counters();
    EXPECT_EQ(after.batches - before.batches, kBatches);
    EXPECT_LT(after.syncs - before.syncs, kBatches / 4);
    EXPECT_GT(after.syncs, before.syncs);
}

TEST_P(DurableStoreTest, EverythingIsThereAfterReopening) {
    ASSERT_TRUE(put(1, "a", "1"));
    ASSERT_TRUE(store->acquire({2}, 1));
    auto last = put(1, "b", "2");
    ASSERT_TRUE(last);
    open();
    EXPECT_EQ(*store->get({1}, "a"), "1");
    EXPECT_EQ(*store->get({1}, "b"), "2");
    EXPECT_EQ(store->epoch({2}), 2);
    EXPECT_EQ(store->visible(), *last);
    auto next = put(1, "c", "3");
    ASSERT_TRUE(next);
    EXPECT_GT(*next, *last);
}

TEST_P(DurableStoreTest, AFullDiskTakesOnlyWhatReclaimsSpace) {
    ASSERT_TRUE(put(1, "a", "1"));
    free_bytes = 200 << 20;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));  // free space is looked up four times a second
    auto refused = put(1, "b", "2");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::full);
    EXPECT_EQ(store->epoch({1}), 2);
    EXPECT_EQ(*store->get({1}, "a"), "1");
    auto deletion = batch(1, 2);
    deletion.reclaims = true;
    deletion.dels.push_back("a");
    EXPECT_TRUE(commit(std::move(deletion)));
    free_bytes = ~0ULL;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    EXPECT_TRUE(put(1, "b", "2"));
}

TEST_P(DurableStoreTest, AfterClosingBatchesAreRefused) {
    auto answer = start([] {
        auto b = batch(1);
        b.puts.push_back({.key = "a", .value = "1"});
        return b;
    }());
    auto& rocks = dynamic_cast<RocksStore&>(*store);
    rocks.close();
    EXPECT_TRUE(answer.get());  // what was queued is written
    EXPECT_EQ(commit(batch(1)).error().code, Errc::unavailable);
    EXPECT_EQ(store->get({1}, "a").error().code, Errc::unavailable);
}

INSTANTIATE_TEST_SUITE_P(Engines, StoreTest, testing::ValuesIn(kEngines),
                         [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(Engines, DurableStoreTest, testing::Values(kEngines[1]),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(PrefixEnd, IsTheFirstKeyBehindThePrefix) {
    EXPECT_EQ(prefix_end("a"), "b");
    EXPECT_EQ(prefix_end("a\xff"), "b");
    EXPECT_EQ(prefix_end("\xff\xff"), "");
    EXPECT_EQ(prefix_end(""), "");
}

// ---- A disk that fails under the engine

TEST(FailedEngine, NobodyIsToldThatNothingWasWrittenAndTheNextOpenSettlesIt) {
    for (int seed = 0; seed < 20; ++seed) {
        Scratch scratch;
        auto disk = std::make_shared<FaultFs>(static_cast<std::uint64_t>(seed));
        std::vector<std::string> fatal;
        auto options = [&] {
            RocksOptions out{.dir = scratch.path / "rocks", .reserve = 0, .base = disk};
            out.on_fatal = [&fatal](std::string_view why) { fatal.emplace_back(why); };
            return out;
        };
        auto commit = [](RocksStore& store, std::string key) {
            std::promise<CommitResult> answer;
            auto future = answer.get_future();
            Batch batch{.shard = {7}, .epoch = store.epoch({7})};
            batch.puts.push_back({.key = key + "1", .value = "v"});
            batch.puts.push_back({.key = key + "2", .value = "v"});
            store.commit(std::move(batch), [&answer](CommitResult done) { answer.set_value(std::move(done)); });
            return future.get();
        };
        {
            auto store = RocksStore::open(options());
            ASSERT_TRUE(store);
            ASSERT_TRUE(commit(**store, "kept"));
            disk->cut_after(static_cast<std::uint64_t>(seed % 2));
            auto hit = commit(**store, "hit");
            ASSERT_FALSE(hit);
            EXPECT_EQ(hit.error().code, Errc::io) << "it may be there";
            EXPECT_FALSE(fatal.empty()) << "outside of tests the process ends here";
            auto later = commit(**store, "later");
            ASSERT_FALSE(later);
            EXPECT_EQ(later.error().code, Errc::unavailable) << "it was never tried";
        }
        disk->settle();
        disk = std::make_shared<FaultFs>(0);
        auto again = RocksStore::open(options());
        ASSERT_TRUE(again) << again.error().detail;
        auto there = [&](const std::string& key) { return (*again)->get({7}, key)->has_value(); };
        EXPECT_TRUE(there("kept1") && there("kept2"));
        EXPECT_EQ(there("hit1"), there("hit2")) << "whole or not at all";
        EXPECT_FALSE(there("later1") || there("later2"));
    }
}

}  // namespace
}  // namespace peyk::storage
