// A room's batch is visible before the user's row: what sliding sync tells of a room that the user was thrown out of.

#include "../push/support.h"
#include "../rooms/rooms_world.h"
#include "sync/sliding_room.h"

namespace peyk::sync {
namespace {

using rooms::Draft;
using rooms::kAda;
using rooms::kBob;

struct World : rooms::World {
    push::FakeRooms fake;
    push::FakeRules rules;
    push::RuleBook book{test.db, rules, feed};
    push::UnreadCounts counts{test.db, fake, book};
    rooms::RoomStream stream{test.db, feed, activity, memberships};
    Tokens tokens{test.db, 1};
    SlidingRooms writer{store, stream, tokens, counts};
    RoomId room = make_room();
    rooms::UserNumber bob = store.number(kBob);

    void member(const UserId& sender, std::string membership, std::string reason) {
        Draft draft{"m.room.member", kBob.str(), {{"membership", membership}, {"reason", reason}}};
        auto done = run_blocking(pool, rooms.send(sender, room, std::move(draft), {}));
        ASSERT_TRUE(done) << done.error().detail;
    }
    rooms::RoomMembership row() { return **memberships.of(bob, store.number(room)); }
    std::optional<rooms::RoomMembership> ended(const rooms::RoomMembership& row) {
        auto info = *store.find(row.number);
        return *ended_row(store, *info, row, bob, (*store.last(*info))->after);
    }
    // What comes next to somebody who knows the room up to `position`.
    RoomResult next(const rooms::RoomMembership& row, storage::Position position) {
        SlidingWindow window{rooms::reader_for(store, kBob, DeviceId::trusted("PHONE"), 0)};
        window.first = false;
        window.from = position;
        window.to = test.db.visible();
        ScopedRoom scoped;
        scoped.room.row = &row;
        scoped.timeline_limit = 20;
        scoped.wish = std::make_shared<Wish>();
        RoomRecord record;
        record.room = row.number;
        record.timeline_limit = 20;
        KnownRoom known;
        known.record = &record;
        known.position = position;
        auto written = writer.write(window, scoped, known, false);
        EXPECT_TRUE(written) << written.error().detail;
        return *std::move(written);
    }
};

TEST(EndedRow, is_what_the_row_will_be) {
    World world;
    world.member(kBob, "join", "");
    auto joined = world.row();
    EXPECT_FALSE(world.ended(joined));
    world.member(kAda, "ban", "one");
    auto banned = world.row();
    world.member(kAda, "ban", "two");
    EXPECT_EQ(world.row().event, banned.event) << "what may be seen ends where the stay did";
    auto found = world.ended(joined);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->event, banned.event);
    EXPECT_EQ(found->membership, rooms::Membership::ban);
    EXPECT_TRUE(found->was_joined);
    EXPECT_FALSE(world.ended(banned)) << "the row says so itself";
    world.member(kAda, "leave", "lifted");
    found = world.ended(joined);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->event, world.row().event);
    EXPECT_FALSE(found->was_joined);
    EXPECT_FALSE(world.row().was_joined);
}

TEST(EndedRow, a_late_join_does_not_come_back_behind_a_repeated_leave) {
    World world;
    world.member(kBob, "join", "");
    world.member(kBob, "leave", "");
    auto left = world.row();
    auto info = *world.store.find(left.number);
    // As Rooms does it, but out of order: a leave that follows a join is applied before that join.
    auto event = [&](rooms::EventNumber number, std::string membership) {
        auto member = std::make_shared<Event>(Event{.id = EventId::trusted("$x"), .room = world.room, .sender = kBob});
        member->content = json::Object{{"membership", membership}};
        auto stored = std::make_shared<rooms::StoredEvent>();
        stored->number = number;
        stored->event = member;
        return stored;
    };
    ASSERT_TRUE(run_blocking(world.pool, world.memberships.apply(world.bob, info, event(left.event + 2, "leave"),
                                                                 rooms::Membership::join, std::string())));
    ASSERT_TRUE(run_blocking(world.pool, world.memberships.apply(world.bob, info, event(left.event + 1, "join"),
                                                                 rooms::Membership::leave, std::string())));
    EXPECT_EQ(world.row().membership, rooms::Membership::leave);
    EXPECT_EQ(world.row().event, left.event);
}

TEST(SlidingRooms, an_end_is_told_before_the_row_says_it) {
    World world;
    world.member(kBob, "join", "");
    auto joined = world.row();
    auto position = world.test.db.visible();
    world.member(kAda, "ban", "one");
    ASSERT_TRUE(world.say(world.room, "secret"));
    auto told = world.next(joined, position);
    EXPECT_TRUE(told.ended);
    EXPECT_NE(told.json.find(R"("membership":"ban","reason":"one")"), std::string::npos) << told.json;
    EXPECT_NE(told.json.find(R"("membership":"ban"})"), std::string::npos) << told.json;
    EXPECT_EQ(told.json.find("secret"), std::string::npos) << told.json;
    // Once: the row that follows is no news.
    EXPECT_EQ(world.next(world.row(), world.test.db.visible()).json, "");
    EXPECT_EQ(world.next(world.row(), position).json.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace peyk::sync
