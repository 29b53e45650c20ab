// Connections of sliding sync over the memory engine: repetition, loss, restarts, limits.

#include "sync/sliding_connections.h"

#include <gtest/gtest.h>

#include "async/run_blocking.h"
#include "storage/testing.h"
#include "sync/connection_state.h"
#include "sync/tables.h"

namespace peyk::sync {
namespace {

const DeviceId kPhone = DeviceId::trusted("PHONE");
constexpr std::uint64_t kAda = 7;

struct World {
    storage::TestDb test{kTables};
    ManualClock clock;
    WorkerPool pool{"test", 1};
    ConnectionLimits limits;
    std::unique_ptr<Connections> connections;
    std::uint64_t run = 0;

    World() { restart(); }
    void restart() { connections = std::make_unique<Connections>(test.db, clock, ++run << 32, limits); }
    Connections::Key key(std::string_view name = "main") { return connections->key(kAda, kPhone, name); }
    std::optional<std::uint64_t> save(Connections::Opened opened, std::string state, std::string_view name = "main") {
        auto saved = run_blocking(pool, connections->save(key(name), std::move(opened), std::move(state)));
        EXPECT_TRUE(saved);
        return *saved;
    }
    std::uint64_t make(std::string state, std::string_view name = "main") {
        return *save(*connections->begin(key(name)), std::move(state), name);
    }
    std::size_t rows() { return test.db.scan(kConnections, kAda, "", "", 10'000)->size(); }
};

TEST(SlidingConnections, a_position_that_is_repeated_gives_the_same_state_until_the_next_is_used) {
    World world;
    auto first = world.make("one");
    auto opened = world.connections->resume(world.key(), first, 1);
    ASSERT_TRUE(opened);
    EXPECT_EQ(*opened->state, "one");
    auto lost = *world.save(*opened, "two");
    // The answer was lost: the client comes again.
    auto again = world.connections->resume(world.key(), first, 1);
    ASSERT_TRUE(again);
    EXPECT_EQ(*again->state, "one");
    auto second = *world.save(*again, "three");
    EXPECT_FALSE(world.connections->resume(world.key(), lost, 2));
    auto next = world.connections->resume(world.key(), second, 2);
    ASSERT_TRUE(next);
    EXPECT_EQ(*next->state, "three");
    auto third = *world.save(*next, "four");
    EXPECT_FALSE(world.connections->resume(world.key(), first, 1));
    EXPECT_TRUE(world.connections->resume(world.key(), third, 3));
    EXPECT_EQ(world.rows(), 2u);
}

TEST(SlidingConnections, nothing_is_written_when_nothing_changed) {
    World world;
    auto first = world.make("one");
    auto before = world.test.db.visible();
    auto opened = world.connections->resume(world.key(), first, 1);
    EXPECT_EQ(world.save(*opened, "one"), first);
    EXPECT_EQ(world.test.db.visible(), before);
    // Once a day it is, so that it does not count as unused.
    world.clock.advance(std::chrono::hours(24));
    auto later = world.connections->resume(world.key(), first, 1);
    EXPECT_NE(world.save(*later, "one"), first);
}

TEST(SlidingConnections, a_restart_keeps_both_generations) {
    World world;
    auto first = world.make(std::string(150'000, 'x'));  // several pages
    auto opened = world.connections->resume(world.key(), first, 1);
    auto second = *world.save(*opened, "small");
    world.restart();
    auto one = world.connections->resume(world.key(), first, 1);
    ASSERT_TRUE(one);
    EXPECT_EQ(one->state->size(), 150'000u);
    auto two = world.connections->resume(world.key(), second, 2);
    ASSERT_TRUE(two);
    EXPECT_EQ(*two->state, "small");
    world.save(*two, "smaller");
    EXPECT_EQ(world.rows(), 2u);
    world.restart();
    EXPECT_FALSE(world.connections->resume(world.key(), first, 1));
}

TEST(SlidingConnections, the_later_of_two_requests_counts) {
    World world;
    auto first = world.make("one");
    auto slow = world.connections->resume(world.key(), first, 1);
    auto fast = world.connections->resume(world.key(), first, 1);
    auto second = world.save(*fast, "two");
    ASSERT_TRUE(second);
    EXPECT_FALSE(world.save(*slow, "of the slow one"));
    EXPECT_EQ(*world.connections->resume(world.key(), *second, 2)->state, "two");
}

TEST(SlidingConnections, members_count_as_told_once_the_answer_came_back) {
    World world;
    auto first = world.make("one");
    world.connections->tell(world.key(), first, 10, {5, 3});
    // Another position of the same state: that answer was lost.
    EXPECT_FALSE(world.connections->resume(world.key(), first, 9)->told);
    world.connections->tell(world.key(), first, 11, {8, 4});
    auto opened = world.connections->resume(world.key(), first, 11);
    ASSERT_TRUE(opened && opened->told);
    EXPECT_EQ(*opened->told, (ToldMembers{4, 8}));
}

TEST(SlidingConnections, a_new_one_takes_the_place_of_the_oldest_and_of_the_unused) {
    World world;
    world.limits.per_device = 3;
    world.restart();
    std::vector<std::uint64_t> made;
    for (int i = 0; i < 5; ++i) made.push_back(world.make("state", std::to_string(i)));
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(world.connections->resume(world.key(std::to_string(i)), made[i], 1).has_value(), i >= 2) << i;
    world.restart();
    EXPECT_FALSE(world.connections->resume(world.key("0"), made[0], 1));
    EXPECT_TRUE(world.connections->resume(world.key("4"), made[4], 1));
    world.clock.advance(std::chrono::hours(24 * 40));
    world.make("state", "much later");
    EXPECT_EQ(world.rows(), 1u);
}

TEST(SlidingConnections, memory_is_bounded_and_what_is_forgotten_is_read_again) {
    World world;
    world.limits.memory = 20'000;
    world.limits.per_device = 1000;
    world.restart();
    std::vector<std::uint64_t> made;
    for (int i = 0; i < 50; ++i) made.push_back(world.make(std::string(2'000, 'a' + i % 26), std::to_string(i)));
    for (int i = 0; i < 50; ++i) {
        auto opened = world.connections->resume(world.key(std::to_string(i)), made[i], 1);
        ASSERT_TRUE(opened) << i;
        EXPECT_EQ((*opened->state)[0], 'a' + i % 26);
    }
}

TEST(SlidingConnections, go_with_their_device) {
    World world;
    auto made = world.make("one");
    auto other = world.connections->key(kAda, DeviceId::trusted("TABLET"), "main");
    auto tablet = **run_blocking(world.pool, world.connections->save(other, *world.connections->begin(other), "t"));
    storage::Change change(world.test.db, storage::Owner::user, kAda, world.test.db.epoch(storage::Owner::user, kAda));
    ASSERT_TRUE(world.connections->removing(change, kAda, {kPhone}));
    ASSERT_TRUE(run_blocking(world.pool, world.test.db.commit(std::move(change))));
    EXPECT_FALSE(world.connections->resume(world.key(), made, 1));
    EXPECT_TRUE(world.connections->resume(other, tablet, 1));
    EXPECT_EQ(world.rows(), 1u);
}

TEST(ConnectionState, comes_back_from_its_encoding_at_a_dozen_bytes_a_room) {
    ConnectionState state;
    state.flags = ConnectionState::account_data;
    auto config = state.config(std::string(600, 'c'));
    for (std::uint64_t i = 1; i <= 300; ++i)
        state.rooms.push_back(
            {i * 0x9e3779b97f4a7c15ULL >> 1, i % 7 ? 0 : i * 1'000'000, 20, config, RoomRecord::receipts});
    std::sort(state.rooms.begin(), state.rooms.end(), [](const auto& a, const auto& b) { return a.room < b.room; });
    auto bytes = state.encode();
    EXPECT_LT(bytes.size(), 300 * 13 + 700);
    auto back = ConnectionState::decode(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, state);
    EXPECT_EQ(back->find(state.rooms[17].room)->room, state.rooms[17].room);
    EXPECT_EQ(back->find(1), nullptr);
    EXPECT_FALSE(ConnectionState::decode(std::string_view(bytes).substr(0, bytes.size() - 1)));
}

TEST(ConnectionState, forgets_what_nobody_asks_for_any_more) {
    ConnectionState state;
    state.config("old");
    auto used = state.config("used");
    state.rooms.push_back({5, 0, 1, used, 0});
    state.drop_unused_configs();
    EXPECT_EQ(state.configs, std::vector<std::string>{"used"});
    EXPECT_EQ(state.rooms[0].config, 0);
    for (int i = 0; i < 500; ++i) state.config(std::to_string(i));
    EXPECT_EQ(state.config("one too many"), ConnectionState::kUnknownConfig);
}

}  // namespace
}  // namespace peyk::sync
