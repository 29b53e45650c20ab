// Searches over rooms: who looks for much does not keep others waiting, and no search reads without an end.

#include "search/searcher.h"

#include "../rooms/rooms_world.h"
#include "async/task_group.h"

namespace peyk::search {
namespace {

using rooms::kAda;
using rooms::kBob;

struct Searches : testing::Test {
    rooms::World world;

    rooms::UserNumber number(const UserId& user) { return world.test.db.number(user.view()); }
    // Of one member each, so that Bob's room is not among Ada's.
    RoomId room_of(int messages, const std::string& text) {
        auto room = world.make_room();
        for (int i = 0; i < messages; ++i) EXPECT_TRUE(world.say(room, text + std::to_string(i)));
        return room;
    }
    void join_bob(const RoomId& room) {
        rooms::Draft draft{"m.room.member", kBob.str(), {{"membership", "join"}}};
        EXPECT_TRUE(run_blocking(world.pool, world.rooms.send(kBob, room, std::move(draft), {})));
    }
    static Request looking_for(rooms::UserNumber user, std::string_view what) {
        return {.user = user, .query = Query::parse(what).value(), .keys = {}, .filter = {}};
    }
    std::size_t hits(Searcher& searcher, const UserId& user, std::string_view what) {
        auto found = run_blocking(world.pool, searcher.search(looking_for(number(user), what)));
        EXPECT_TRUE(found);
        return found ? found->hits.size() : 0;
    }
};

// What ended first, and what then.
struct Ends {
    std::mutex mutex;
    std::string order;
};

Task<void> one_search(Searcher& searcher, Request query, char name, Ends& ends) {
    auto found = co_await searcher.search(std::move(query));
    EXPECT_TRUE(found);
    std::lock_guard lock(ends.mutex);
    ends.order += name;
}

TEST_F(Searches, TakeTurns) {
    room_of(2'000, "about whales ");
    auto small = room_of(1, "about ships ");
    join_bob(small);
    Searcher searcher(world.store, world.memberships, {.slice = 1});
    Ends ends;
    {
        // One thread, so that Bob's search is there before Ada's first turn is over.
        WorkerPool pool("callers", 1);
        TaskGroup group(pool);
        group.spawn("ada", one_search(searcher, looking_for(number(kAda), "whales"), 'A', ends));
        group.spawn("bob", one_search(searcher, looking_for(number(kBob), "ships"), 'B', ends));
        while (group.running() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        group.stop();
        pool.stop();
    }
    EXPECT_EQ(ends.order, "BA");
    searcher.stop();
}

TEST_F(Searches, EndAfterSoMuchText) {
    room_of(1'000, "about whales and what they eat ");
    Searcher all(world.store, world.memberships, {});
    EXPECT_EQ(hits(all, kAda, "whales"), 1'000u);
    Searcher some(world.store, world.memberships, {.text_read = 5'000});
    auto found = hits(some, kAda, "whales");
    EXPECT_GT(found, 100u);
    EXPECT_LT(found, 600u);
    all.stop();
    some.stop();
}

TEST_F(Searches, LeaveEncryptedRoomsOut) {
    auto room = room_of(3, "about whales ");
    Searcher searcher(world.store, world.memberships, {});
    EXPECT_EQ(hits(searcher, kAda, "whales"), 3u);
    rooms::Draft draft{"m.room.encryption", "", {{"algorithm", "m.megolm.v1.aes-sha2"}}};
    ASSERT_TRUE(run_blocking(world.pool, world.rooms.send(kAda, room, std::move(draft), {})));
    EXPECT_EQ(hits(searcher, kAda, "whales"), 0u);
    searcher.stop();
}

}  // namespace
}  // namespace peyk::search
