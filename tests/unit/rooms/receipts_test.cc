// Receipts and device lists as rows of a room's stream: forward only, bounded by user, and told in part where there are
// many.

#include <gtest/gtest.h>

#include "rooms/ephemeral/room_stream.h"
#include "rooms_world.h"

namespace peyk::rooms {
namespace {

struct Receipts : testing::Test {
    World world;
    RoomStream stream{world.test.db, world.feed, world.activity, world.memberships};
    RoomId room = world.make_room();
    RoomNumber number = world.store.number(room);

    void set(const UserId& user, EventNumber event, const std::string& thread = "",
             const std::string& type = "m.read") {
        Receipt receipt{user, type, EventId::trusted("$" + std::to_string(event)), thread, 1};
        receipt.number = event;
        auto done = run_blocking(world.pool, stream.set_receipt(number, std::move(receipt)));
        ASSERT_TRUE(done) << done.error().detail;
    }
    static UserId user(int n) { return UserId::trusted("@user" + std::to_string(n) + ":example.org"); }
    std::vector<Receipt> all() { return *stream.receipts(number, {0, 100'000}); }
};

TEST_F(Receipts, only_lead_forward) {
    set(kAda, 7);
    set(kAda, 5);
    ASSERT_EQ(all().size(), 1u);
    EXPECT_EQ(all()[0].event.view(), "$7");
    set(kAda, 9);
    EXPECT_EQ(all()[0].event.view(), "$9");
    EXPECT_EQ(world.rows(kRoomStream), 1u) << "the row of the one before is gone";
    set(kAda, 5, "", "m.read.private");
    EXPECT_EQ(all().size(), 2u) << "each kind has its own";
}

TEST_F(Receipts, of_a_thousand_threads_the_oldest_goes) {
    for (std::size_t i = 1; i <= RoomStream::kMaxThreads; ++i) set(kAda, i, "$thread" + std::to_string(i));
    set(kAda, 1, "main");
    set(kAda, 1);
    set(kBob, 1, "$thread1");
    ASSERT_EQ(all().size(), RoomStream::kMaxThreads + 3);
    set(kAda, 5'000, "$another");
    auto left = all();
    EXPECT_EQ(left.size(), RoomStream::kMaxThreads + 3);
    auto of = [&](const UserId& user, std::string_view thread) {
        return std::ranges::count_if(left,
                                     [&](const auto& each) { return each.user == user && each.thread == thread; });
    };
    EXPECT_EQ(of(kAda, "$thread1"), 0);
    EXPECT_EQ(of(kAda, "$thread2"), 1);
    EXPECT_EQ(of(kAda, "main"), 1);
    EXPECT_EQ(of(kAda, ""), 1);
    EXPECT_EQ(of(kBob, "$thread1"), 1);
    EXPECT_EQ(stream.read_marks(number, world.store.number(kAda))->size(), RoomStream::kMaxThreads + 2);
    EXPECT_EQ(world.rows(kRoomStream), RoomStream::kMaxThreads + 3);
}

TEST_F(Receipts, of_many_the_newest_and_ones_own_are_told) {
    set(kAda, 1);
    for (int i = 0; i < 50; ++i) set(user(i), 2);
    auto before = world.test.db.visible();
    for (int i = 0; i < 10; ++i) set(user(i), 3);
    ReceiptLimit limit{world.store.number(kAda), 20};
    auto told = *stream.receipts(number, limit);
    EXPECT_EQ(told.size(), 21u);
    auto has = [&](const UserId& user) { return std::ranges::find(told, user, &Receipt::user) != told.end(); };
    EXPECT_TRUE(has(kAda));
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(has(user(i))) << i;
    for (int i = 40; i < 50; ++i) EXPECT_TRUE(has(user(i))) << i;
    EXPECT_FALSE(has(user(20)));

    told = stream.changes(number, 0, world.test.db.visible(), limit)->receipts;
    EXPECT_EQ(told.size(), 21u);
    EXPECT_TRUE(has(kAda));
    EXPECT_EQ(stream.changes(number, 0, world.test.db.visible())->receipts.size(), 51u) << "without a limit all";
    EXPECT_EQ(stream.changes(number, before, world.test.db.visible(), limit)->receipts.size(), 10u);
    told = stream.changes(number, 0, world.test.db.visible(), ReceiptLimit{world.store.number(kAda), 0})->receipts;
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].user, kAda);
}

TEST_F(Receipts, a_room_keeps_one_row_for_each_members_devices) {
    auto changed = [&] {
        auto done = run_blocking(world.pool, stream.device_list_changed(kAda));
        ASSERT_TRUE(done) << done.error().detail;
    };
    changed();
    auto between = world.test.db.visible();
    changed();
    changed();
    EXPECT_EQ(world.rows(kRoomStream), 1u);
    auto now = world.test.db.visible();
    EXPECT_EQ(stream.changes(number, between, now)->device_lists, std::vector{kAda});
    EXPECT_EQ(stream.changes(number, 0, now)->device_lists, std::vector{kAda});
}

}  // namespace
}  // namespace peyk::rooms
