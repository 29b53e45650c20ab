// The write side over the memory engine: what a failed batch leaves behind, retries, redactions, recovery.

#include <gtest/gtest.h>

#include <future>

#include "rooms_world.h"

namespace peyk::rooms {
namespace {

Transaction transaction(std::string id) { return {kAda, DeviceId::trusted("PHONE"), "send", std::move(id)}; }

TEST(Rooms, every_version_takes_a_room_a_message_and_a_redaction) {
    World world;
    for (const auto& rules : kRoomRules) {
        auto room = world.make_room(rules.version);
        auto sent = world.say(room, "words");
        ASSERT_TRUE(sent) << rules.version << ": " << sent.error().detail;
        EXPECT_TRUE(world.read(room, *sent)->event->content.contains("body"));
        ASSERT_TRUE(world.redact(room, *sent)) << rules.version;
        auto left = world.read(room, *sent);
        EXPECT_FALSE(left->event->content.contains("body")) << rules.version;
        EXPECT_TRUE(left->redacted_by) << rules.version;
        // Nothing but the redacted form is readable from the rows either.
        RoomStore fresh(world.test.db);
        auto again = fresh.event(**fresh.find(room), *sent);
        ASSERT_TRUE(again && *again) << rules.version;
        EXPECT_FALSE((*again)->event->content.contains("body")) << rules.version;
        EXPECT_EQ((*again)->event->id, *sent);
    }
}

TEST(Rooms, a_transaction_sent_again_is_the_same_event) {
    World world;
    auto room = world.make_room();
    auto first = world.say(room, "once", transaction("t1"));
    auto again = world.say(room, "once", transaction("t1"));
    ASSERT_TRUE(first && again);
    EXPECT_EQ(*first, *again);
    EXPECT_NE(*first, *world.say(room, "twice", transaction("t2")));
}

TEST(Rooms, after_a_failed_batch_the_room_goes_on_where_the_store_is) {
    World world;
    auto room = world.make_room();
    auto before = world.say(room, "before");
    world.test.store.fail_next(Errc::full);
    auto failed = world.say(room, "lost", transaction("t"));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Errc::full);
    auto retried = world.say(room, "lost", transaction("t"));
    ASSERT_TRUE(retried) << retried.error().detail;
    auto stored = world.read(room, *retried);
    EXPECT_EQ(stored->event->prev_events, std::vector<EventId>{*before});
    EXPECT_EQ(stored->number, world.read(room, *before)->number + 1);
}

TEST(Rooms, batches_queued_on_a_failed_one_fail_with_it_and_leave_nothing_behind) {
    World world;
    auto room = world.make_room();
    auto before = *world.say(room, "before");
    world.test.store.hold();
    std::vector<std::future<Result<EventId>>> sent;
    for (int i = 0; i < 3; ++i) {
        sent.push_back(std::async(std::launch::async, [&, i] { return world.say(room, std::to_string(i)); }));
        std::this_thread::sleep_for(Millis{30});
    }
    world.test.store.fail_next(Errc::full);
    world.test.store.release();
    for (auto& one : sent) EXPECT_FALSE(one.get());
    auto after = world.say(room, "after");
    ASSERT_TRUE(after) << after.error().detail;
    auto stored = world.read(room, *after);
    EXPECT_EQ(stored->event->prev_events, std::vector<EventId>{before});
    auto info = *world.store.find(room);
    auto history = *world.store.events(*info, 1, 100, 100, storage::Store::Order::forward);
    EXPECT_EQ(history.back()->event->id, *after);
    EXPECT_EQ(history.size(), static_cast<std::size_t>(stored->number));
}

TEST(Rooms, a_membership_that_a_crash_kept_from_the_user_is_applied_at_the_next_start) {
    World world;
    auto room = world.make_room();
    // The room's batch is durable, the user's row fails: as if the process had ended between the two.
    auto joining = std::async(std::launch::async, [&] { return run_blocking(world.pool, world.join_held(room)); });
    std::this_thread::sleep_for(Millis{50});
    world.test.store.release();  // the room's batch; what follows is applied at once
    auto joined = joining.get();
    auto number = world.store.number(kBob);
    ASSERT_TRUE(joined);
    EXPECT_EQ((*world.memberships.of(number))->size(), 1u);

    // Take the row away and bring the outbox row back: recovery must make it again.
    auto info = *world.store.find(room);
    auto member = *world.store.last(*info);
    storage::Change forget(world.test.db, Owner::user, number, world.test.db.epoch(Owner::user, number));
    forget.del(kMemberships, number, number_key(info->number));
    ASSERT_TRUE(run_blocking(world.pool, world.test.db.commit(std::move(forget))));
    storage::Change outbox(world.test.db, Owner::room, info->number, world.test.db.epoch(Owner::room, info->number));
    outbox.put(kOutbox, info->number, number_key(member->number), "");
    ASSERT_TRUE(run_blocking(world.pool, world.test.db.commit(std::move(outbox))));
    Memberships fresh(world.test.db, world.feed);
    Rooms restarted(world.test.db, world.store, fresh, world.activity, world.feed, world.clock, world.random, world.key,
                    {ServerName::trusted("example.org")});
    EXPECT_TRUE((*fresh.of(number))->empty());
    ASSERT_TRUE(run_blocking(world.pool, restarted.recover()));
    ASSERT_EQ((*fresh.of(number))->size(), 1u);
    EXPECT_EQ((*fresh.of(number))->front().membership, Membership::join);
    EXPECT_TRUE(world.test.db.walk(kOutbox, *std::make_unique<std::string>(), 10)->empty());
}

TEST(Rooms, a_stranger_cannot_write_and_nothing_of_it_stays) {
    World world;
    auto room = world.make_room();
    auto refused =
        run_blocking(world.pool, world.rooms.send(kBob, room, Draft{"m.room.message", {}, {{"body", "x"}}}, {}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::forbidden);
    auto info = *world.store.find(room);
    EXPECT_EQ((*world.store.last(*info))->event->type, "m.room.join_rules");
}

}  // namespace
}  // namespace peyk::rooms
