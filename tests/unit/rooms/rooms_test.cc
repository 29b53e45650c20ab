// The write side over the memory engine: what a failed batch leaves behind, retries, redactions, recovery.

#include <gtest/gtest.h>

#include <future>
#include <set>

#include "rooms/membership/actions.h"
#include "rooms/timeline/transaction_sweep.h"
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

TEST(Rooms, rooms_that_are_made_in_one_millisecond_are_different_rooms) {
    World world;
    std::set<RoomId> made;
    for (int i = 0; i < 20; ++i) made.insert(world.make_room());  // the clock stands still
    EXPECT_EQ(made.size(), 20u);
}

TEST(Rooms, times_are_rounded_down_to_a_multiple_of_what_is_set) {
    World world;
    auto room = world.make_room();
    Rooms::Options options{.server = ServerName::trusted("example.org"), .timestamp_rounding = Millis{1'000'000}};
    Rooms rounded(world.test.db, world.store, world.memberships, world.activity, world.feed, world.clock, world.random,
                  world.key, options);
    world.clock.advance(Millis{1'234'567});
    auto send = [&](std::optional<std::int64_t> time) {
        Draft draft{"m.room.message", {}, {{"body", "when"}}, {}, time};
        auto sent = run_blocking(world.pool, rounded.send(kAda, room, std::move(draft), {}));
        EXPECT_TRUE(sent) << sent.error().detail;
        return world.read(room, *sent)->event->origin_server_ts;
    };
    EXPECT_EQ(send({}), 1'700'001'000'000);
    EXPECT_EQ(send(1'234'567), 1'234'567);  // times that an application service gives are its own
}

struct BobIsAGuest final : GuestAccounts {
    Result<bool> is_guest(const UserId& user) const override { return user == kBob; }
};

// Also where nobody becomes a guest any more: no observer, but accounts of before.
TEST(Rooms, guests_join_only_where_guests_may) {
    World world;
    auto room = world.make_room();
    BobIsAGuest accounts;
    Rooms::Options options{.server = ServerName::trusted("example.org"), .guest_accounts = &accounts};
    Rooms rooms(world.test.db, world.store, world.memberships, world.activity, world.feed, world.clock, world.random,
                world.key, options);
    auto send = [&](const UserId& who, Draft draft) {
        return run_blocking(world.pool, rooms.send(who, room, std::move(draft), {}));
    };
    auto joins = [&](json::Object content) {
        content.set("membership", "join");
        return send(kBob, Draft{"m.room.member", kBob.str(), std::move(content)});
    };
    auto refused = joins({});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().m_code, "M_GUEST_ACCESS_FORBIDDEN");
    ASSERT_TRUE(send(kAda, Draft{"m.room.guest_access", "", {{"guest_access", "can_join"}}}));
    EXPECT_TRUE(joins({}));
    // Who is in the room may go on with another name.
    ASSERT_TRUE(send(kAda, Draft{"m.room.guest_access", "", {{"guest_access", "forbidden"}}}));
    EXPECT_TRUE(joins({{"displayname", "Bob"}}));
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
    EXPECT_EQ(stored->event->pdu->prev_events, std::vector<EventId>{*before});
    EXPECT_EQ(stored->number, world.read(room, *before)->number + 1);
}

// The one that met the full disk says so; what was queued on it is fenced, and built once more on what is there.
TEST(Rooms, batches_queued_on_a_failed_one_fall_with_it_and_are_built_again) {
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
    EXPECT_EQ(sent[0].get().error().code, Errc::full);
    std::set<std::string> again;
    for (std::size_t i : {1u, 2u}) {
        auto id = sent[i].get();
        ASSERT_TRUE(id) << id.error().detail;
        again.insert(id->str());
    }
    auto after = world.say(room, "after");
    ASSERT_TRUE(after) << after.error().detail;
    auto stored = world.read(room, *after);
    EXPECT_EQ(again.size(), 2u);
    EXPECT_TRUE(again.contains(stored->event->pdu->prev_events.front().str()));
    EXPECT_EQ(stored->number, world.read(room, before)->number + 3);
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

struct NoProfiles final : Profiles {
    Result<Profile> profile(const UserId&) const override { return Profile{}; }
    Result<bool> exists(const UserId&) const override { return true; }
};

TEST(Rooms, a_membership_whose_row_fails_is_applied_within_the_run) {
    World world;
    bool disk_is_full = false;
    world.feed.listen([&](const FeedEntry& entry) {
        if (std::exchange(disk_is_full, false) && entry.kind == FeedEntry::Kind::room)
            world.test.store.fail_next(Errc::full);
    });
    auto room = world.make_room();
    NoProfiles profiles;
    MembershipActions actions(world.rooms, world.memberships, profiles);
    disk_is_full = true;
    auto joined = run_blocking(world.pool, actions.join(kBob, room, {}));
    EXPECT_TRUE(joined) << "the event is durable";
    auto number = world.store.number(kBob);
    EXPECT_TRUE((*world.memberships.of(number))->empty());
    EXPECT_EQ(world.rows(kOutbox), 1u);
    ASSERT_TRUE(run_blocking(world.pool, world.rooms.catch_up()));
    ASSERT_EQ((*world.memberships.of(number))->size(), 1u);
    EXPECT_EQ((*world.memberships.of(number))->front().membership, Membership::join);
    EXPECT_EQ(world.rows(kOutbox), 0u);
}

TEST(Rooms, a_batch_that_another_one_fenced_is_built_once_more) {
    World world;
    auto room = world.make_room();
    auto before = world.read(room, *world.say(room, "before"));
    NoProfiles profiles;
    MembershipActions actions(world.rooms, world.memberships, profiles);
    world.test.store.hold();
    auto sent = std::async(std::launch::async, [&] { return world.say(room, "words", transaction("t")); });
    std::this_thread::sleep_for(Millis{50});
    auto joined =
        std::async(std::launch::async, [&] { return run_blocking(world.pool, actions.join(kBob, room, {})); });
    std::this_thread::sleep_for(Millis{50});
    world.fence(room);
    world.test.store.release();
    auto id = sent.get();
    ASSERT_TRUE(id) << id.error().detail;
    auto done = joined.get();
    ASSERT_TRUE(done) << done.error().detail;
    auto message = world.read(room, *id);
    EXPECT_EQ(*message->event->content.find("body"), json::Value("words"));
    EXPECT_EQ(message->transaction_id, "t");
    // Both are there once, in whichever order.
    auto info = *world.store.find(room);
    EXPECT_EQ((*world.store.last(*info))->number, before->number + 2);
    EXPECT_EQ((*world.memberships.of(world.store.number(kBob)))->size(), 1u);
    EXPECT_EQ(*world.say(room, "words", transaction("t")), *id);
}

TEST(Rooms, an_event_that_is_redacted_before_it_is_durable_keeps_its_place) {
    World world;
    auto room = world.make_room();
    for (int round = 0; round < 10; ++round) {
        auto promised = std::make_shared<std::promise<EventId>>();
        auto known = promised->get_future();
        auto said =
            std::async(std::launch::async, [&] { return run_blocking(world.pool, world.say_held(room, promised)); });
        auto id = known.get();
        std::this_thread::sleep_for(Millis{20});
        auto redacted = std::async(std::launch::async, [&] { return world.redact(room, id); });
        std::this_thread::sleep_for(Millis{20});
        world.test.store.release();
        ASSERT_TRUE(said.get());
        auto redaction = redacted.get();
        ASSERT_TRUE(redaction) << redaction.error().detail;

        auto cached = world.read(room, id);
        ASSERT_TRUE(cached);
        EXPECT_FALSE(cached->event->content.contains("body")) << "the original came into the cache after its redaction";
        RoomStore fresh(world.test.db);
        auto info = *fresh.find(room);
        auto stored = *fresh.event(*info, id);
        EXPECT_EQ(cached->position, stored->position);
        EXPECT_LT(cached->position, world.read(room, *redaction)->position);
        EXPECT_EQ((*world.store.last(*info, stored->position))->number, stored->number);
    }
}

TEST(Rooms, transaction_ids_are_forgotten_by_age) {
    World world;
    auto room = world.make_room();
    world.clock.advance(Millis{1});  // or it would be the same room
    auto other = world.make_room();
    auto old = *world.say(room, "old", transaction("old"));
    ASSERT_TRUE(world.say(other, "elsewhere", transaction("elsewhere")));
    auto upto = world.test.db.visible();
    auto young = *world.say(room, "young", transaction("young"));
    ASSERT_EQ(world.rows(kTransactions), 3u);
    auto swept = run_blocking(world.pool, sweep_transactions(world.test.db, world.store, upto, {}));
    ASSERT_TRUE(swept);
    EXPECT_EQ(*swept, 2u);
    EXPECT_EQ(world.rows(kTransactions), 1u);
    EXPECT_EQ(*world.say(room, "young", transaction("young")), young);
    EXPECT_NE(*world.say(room, "old", transaction("old")), old);
    EXPECT_EQ(*run_blocking(world.pool, sweep_transactions(world.test.db, world.store, 0, {})), 0u);
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
