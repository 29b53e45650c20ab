// How presence moves by itself as time passes.

#include "sync/presence.h"

#include <gtest/gtest.h>

#include "async/run_blocking.h"
#include "rooms/tables.h"
#include "storage/testing.h"

namespace peyk::sync {
namespace {

const UserId kAda = UserId::trusted("@ada:example.org");
const DeviceId kPhone = DeviceId::trusted("PHONE");
const DeviceId kDesk = DeviceId::trusted("DESK");

struct World {
    storage::TestDb test{rooms::kTables};
    ManualClock clock;
    Timers timers{clock, Timers::Mode::manual};
    WorkerPool pool{"test", 1};
    Feed feed;
    rooms::RoomStore store{test.db};
    rooms::Memberships memberships{test.db, feed};
    Presence presence{true, store, memberships, feed, timers, pool, clock};

    static Task<int> nothing() { co_return 0; }
    void pass(Millis time) {
        for (Millis gone{0}; gone < time; gone += Presence::kSweep) {
            clock.advance(Presence::kSweep);
            timers.run_due();
            run_blocking(pool, nothing());  // the sweep went before it
        }
    }
    std::string state() { return *presence.get(kAda).find("presence")->string(); }
    bool active() {
        auto now = presence.get(kAda);
        const auto* flag = now.find("currently_active");
        return flag && *flag->boolean();
    }
    std::size_t events(std::uint64_t since) {
        return presence.events(store.number(kAda), since, presence.counter(), {})->size();
    }
};

TEST(Presence, who_syncs_is_online_then_idle_then_gone) {
    World world;
    EXPECT_EQ(world.state(), "offline");
    {
        auto stay = world.presence.sync(kAda, kPhone, std::nullopt);
        EXPECT_EQ(world.state(), "online");
        EXPECT_TRUE(world.active());
        auto told = world.presence.counter();
        world.pass(Presence::kActive);
        EXPECT_EQ(world.state(), "online");
        EXPECT_FALSE(world.active());
        EXPECT_EQ(world.events(told), 1u);
        world.pass(Presence::kIdle);
        EXPECT_EQ(world.state(), "unavailable");
        world.presence.active(kAda, kPhone);
        EXPECT_EQ(world.state(), "online");
    }
    world.pass(Presence::kGone - Presence::kSweep * 2);
    EXPECT_EQ(world.state(), "online");
    world.pass(Presence::kSweep * 3);
    EXPECT_EQ(world.state(), "offline");
}

TEST(Presence, what_one_said_stays_while_one_only_polls) {
    World world;
    ASSERT_TRUE(world.presence.set(kAda, kPhone, PresenceState::unavailable, "at lunch"));
    auto stay = world.presence.sync(kAda, kPhone, std::nullopt);
    EXPECT_EQ(world.state(), "unavailable");
    auto explicitly = world.presence.sync(kAda, kPhone, PresenceState::online);
    EXPECT_EQ(world.state(), "online");
    EXPECT_EQ(*world.presence.get(kAda).find("status_msg")->string(), "at lunch");
}

TEST(Presence, what_one_said_outlives_a_sync_that_is_not_to_be_seen_until_the_device_is_gone) {
    World world;
    ASSERT_TRUE(world.presence.set(kAda, kPhone, PresenceState::online, "here"));
    {
        auto hidden = world.presence.sync(kAda, kPhone, PresenceState::offline);
    }
    EXPECT_EQ(world.state(), "online");
    world.pass(Presence::kGone + Presence::kSweep);
    EXPECT_EQ(world.state(), "offline");
    ASSERT_TRUE(world.presence.set(kAda, kPhone, PresenceState::online, std::nullopt));
    {
        auto idle = world.presence.sync(kAda, kPhone, PresenceState::unavailable);
    }
    {
        auto hidden = world.presence.sync(kAda, kPhone, PresenceState::offline);
    }
    EXPECT_EQ(world.state(), "offline") << "a later sync has said otherwise";
}

TEST(Presence, the_liveliest_device_counts_and_an_invisible_one_does_not) {
    World world;
    auto hidden = world.presence.sync(kAda, kPhone, PresenceState::offline);
    EXPECT_EQ(world.state(), "offline");
    world.presence.active(kAda, kPhone);
    EXPECT_EQ(world.state(), "offline");
    auto idle = world.presence.sync(kAda, kPhone, PresenceState::unavailable);
    EXPECT_EQ(world.state(), "unavailable");
    auto desk = world.presence.sync(kAda, kDesk, PresenceState::online);
    EXPECT_EQ(world.state(), "online");
    auto leaving = world.presence.sync(kAda, kDesk, PresenceState::offline);
    EXPECT_EQ(world.state(), "unavailable");
}

TEST(Presence, nothing_is_told_twice_and_nothing_is_kept_when_it_is_off) {
    World world;
    auto stay = world.presence.sync(kAda, kPhone, std::nullopt);
    auto told = world.presence.counter();
    world.presence.active(kAda, kPhone);
    auto again = world.presence.sync(kAda, kPhone, std::nullopt);
    EXPECT_EQ(world.events(told), 0u);
    Presence off{false, world.store, world.memberships, world.feed, world.timers, world.pool, world.clock};
    auto none = off.sync(kAda, kPhone, PresenceState::online);
    EXPECT_EQ(*off.get(kAda).find("presence")->string(), "offline");
    std::string long_status(Presence::kMaxStatus + 1, 'x');
    EXPECT_FALSE(world.presence.set(kAda, kPhone, PresenceState::online, long_status));
}

TEST(Presence, who_is_in_no_room_is_not_compared_with_everybody) {
    World world;
    std::vector<Presence::Stay> stays;
    for (int i = 0; i < 500; ++i) {
        auto user = UserId::trusted("@user" + std::to_string(i) + ":example.org");
        stays.push_back(world.presence.sync(user, kPhone, std::nullopt));
    }
    stays.push_back(world.presence.sync(kAda, kPhone, std::nullopt));
    auto looks = [&] { return world.memberships.cache_counts().hits + world.memberships.cache_counts().misses; };
    auto before = looks();
    EXPECT_EQ(world.events(0), 1u);  // her own
    EXPECT_LE(looks() - before, 2u);
}

}  // namespace
}  // namespace peyk::sync
