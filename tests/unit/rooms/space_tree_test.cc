// Walks through spaces: what they may cost.

#include "rooms/directory/space_tree.h"

#include <gtest/gtest.h>

#include "rooms_world.h"

namespace peyk::rooms {
namespace {

struct Spaces : testing::Test {
    World world;

    static Task<RoomId> create(World& world) {
        const auto* rules = find_room_rules("12");
        json::Object content{{"room_version", "12"}, {"type", "m.space"}};
        auto write = co_await world.rooms.create(*rules, kAda, std::move(content));
        EXPECT_TRUE(write) << write.error().detail;
        auto room = write->room().id;
        Draft join{"m.room.member", kAda.str(), {{"membership", "join"}}};
        EXPECT_TRUE(write->add(kAda, std::move(join)));
        auto done = co_await std::move(*write).commit();
        EXPECT_TRUE(done) << done.error().detail;
        co_return room;
    }
    RoomId make_space() { return run_blocking(world.pool, create(world)); }
    void add(const RoomId& space, const RoomId& child) {
        json::Array via{"example.org"};
        Draft draft{"m.space.child", child.str(), {{"via", std::move(via)}}};
        EXPECT_TRUE(run_blocking(world.pool, world.rooms.send(kAda, space, std::move(draft), {})));
    }
    std::size_t rooms(const RoomId& root, SpaceLimits limits) {
        SpaceQuery query{world.store.number(kAda), false, 20, 0, 100, limits};
        auto page = walk_space(world.store, world.memberships, root, query);
        EXPECT_TRUE(page) << page.error().detail;
        return page ? page->rooms.size() : 0;
    }
};

TEST_F(Spaces, a_walk_goes_to_so_many_children_and_to_those_it_has_seen_for_nothing) {
    auto root = make_space(), inner = make_space(), leaf = world.make_room(), other = world.make_room();
    add(root, inner);
    add(inner, root);
    add(inner, leaf);
    add(inner, other);
    EXPECT_EQ(rooms(root, {}), 4u);
    EXPECT_EQ(rooms(root, {.steps = 3}), 4u);
    EXPECT_EQ(rooms(root, {.steps = 2}), 3u);
}

TEST_F(Spaces, a_walk_ends_when_it_has_read_enough_state) {
    auto root = make_space(), inner = make_space();
    add(root, inner);
    EXPECT_EQ(rooms(root, {}), 2u);
    EXPECT_EQ(rooms(root, {.state = 1}), 1u);
}

}  // namespace
}  // namespace peyk::rooms
