// The removal of a room over the memory engine: what is left of it, whoever was under way, and wherever it stops.

#include "rooms/removal/room_removal.h"

#include <gtest/gtest.h>

#include <future>

#include "base/bytes.h"
#include "core/room_rules.h"
#include "rooms/ephemeral/room_stream.h"
#include "rooms/removal/removed_event.h"
#include "storage/memory_store.h"
#include "storage/vault.h"

namespace peyk::rooms {
namespace {

using namespace std::chrono_literals;

const UserId kAda = UserId::trusted("@ada:example.org");
const UserId kServerUser = UserId::trusted("@server:example.org");
const RoomAlias kAlias = RoomAlias::trusted("#gone:example.org");

UserId member(int number) { return UserId::trusted(fmt::format("@m{}:example.org", number)); }

// The engine of a machine that loses its power after so many batches.
class Disk final : public storage::Store {
public:
    explicit Disk(storage::MemoryStore& rows) : rows_(rows) {}
    static constexpr int kForEver = 1 << 30;
    std::atomic<int> left = kForEver;

    void commit(storage::Batch batch, storage::CommitDone done) override {
        if (left.fetch_sub(1) <= 0) return done(fail(Errc::io, "no power"));
        rows_.commit(std::move(batch), std::move(done));
    }
    storage::Epoch epoch(storage::Shard shard) const override { return rows_.epoch(shard); }
    Result<storage::Epoch> acquire(storage::Shard shard, storage::Epoch expected) override {
        return rows_.acquire(shard, expected);
    }
    storage::Position visible(storage::Shard shard) const override { return rows_.visible(shard); }
    storage::Position visible() const override { return rows_.visible(); }
    Result<std::optional<std::string>> get(storage::Shard shard, std::string_view key) const override {
        return rows_.get(shard, key);
    }
    Result<std::vector<storage::Row>> scan(storage::Shard shard, std::string_view from, std::string_view to,
                                           std::size_t limit, Order order) const override {
        return rows_.scan(shard, from, to, limit, order);
    }
    std::optional<storage::Shard> next_shard(storage::Shard from) const override { return rows_.next_shard(from); }

private:
    storage::MemoryStore& rows_;
};

struct Senders final : DelayedSenders {
    Result<void> check_may_send(const UserId&) const override { return {}; }
};

// One run of the server on what earlier runs left.
struct Server {
    Server(storage::MemoryStore& rows, storage::Vault& vault, ManualClock& shared_clock, Random& shared_random)
        : disk(rows), clock(shared_clock), random(shared_random), db(disk, vault, storage::Catalog{kTables}) {
        db.set_made_with(storage::kAnyFormat);
    }

    Disk disk;
    ManualClock& clock;
    Random& random;
    storage::Db db;
    WorkerPool pool{"test", 2};
    Timers timers{clock, Timers::Mode::manual};
    Feed feed;
    SigningKey key = SigningKey::generate(random, "ed25519:a");
    RoomStore store{db};
    Memberships memberships{db, feed};
    Activity activity;
    Rooms rooms{db, store, memberships, activity, feed, clock, random, key, {ServerName::trusted("example.org")}};
    Directory directory{db};
    RoomStream stream{db, feed, activity, memberships};
    Senders senders;
    DelayedEvents delayed{rooms, db, senders, timers, clock, random, pool};
    RoomRemoval removal{RoomRemoval::Parts{db, rooms, memberships, directory, delayed, clock, kServerUser}};

    template <class T>
    T await(Task<T> task) {
        return run_blocking(pool, std::move(task));
    }
    // Ada's room with so many others in it, one invited, one who has left, one banned, and one who forgot it.
    Task<RoomId> create(int members) {
        const auto* rules = find_room_rules("11");
        auto write = co_await rooms.create(*rules, kAda, json::Object{{"room_version", "11"}});
        auto room = write->room().id;
        auto put = [&](const UserId& by, const UserId& whom, const char* membership) {
            Draft draft{"m.room.member", whom.str(), {{"membership", membership}}};
            EXPECT_TRUE(write->add(by, std::move(draft))) << whom.str() << membership;
        };
        put(kAda, kAda, "join");
        EXPECT_TRUE(write->add(kAda, Draft{"m.room.join_rules", "", {{"join_rule", "public"}}}));
        for (int i = 0; i < members; ++i) put(member(i), member(i), "join");
        for (int i = members; i < members + 4; ++i) {
            put(kAda, member(i), "invite");
            if (i == members + 1 || i == members + 3) put(member(i), member(i), "leave");
            if (i == members + 2) put(kAda, member(i), "ban");
        }
        auto done = co_await std::move(*write).commit();
        EXPECT_TRUE(done) << done.error().detail;
        auto forgot = co_await memberships.forget(store.number(member(members + 3)), store.number(room));
        EXPECT_TRUE(forgot);
        co_return room;
    }
    RoomId make_room(int members) {
        auto room = await(create(members));
        for (const auto* body : {"first", "second"})
            EXPECT_TRUE(await(rooms.send(kAda, room, Draft{"m.room.message", {}, {{"body", body}}}, {})));
        return room;
    }
    void fill_lists(const RoomId& room) {
        EXPECT_TRUE(await(directory.add_alias(kAlias, room, kAda)));
        EXPECT_TRUE(await(directory.set_published(room, true)));
        EXPECT_TRUE(await(delayed.schedule(kAda, DelayedDraft{room, "m.room.message", {}, {{"body", "later"}}, 1h})));
    }
    std::optional<RoomMembership> row(const UserId& user, const RoomId& room) {
        return *memberships.of(store.number(user), store.number(room));
    }
    // Rows of the room itself, of all tables.
    std::size_t rows_of(const RoomId& room) {
        std::size_t count = 0;
        for (const auto* table : kTables) {
            if (table->owner == Owner::room) count += db.scan(*table, store.number(room), "", "", 10'000)->size();
        }
        return count;
    }
    bool is_marked(const RoomId& room) { return db.get(kRemovedRooms, 0, number_key(store.number(room)))->has_value(); }

    void expect_gone(const RoomId& room, int members) {
        EXPECT_EQ(*store.find(room), nullptr);
        EXPECT_EQ(rows_of(room), 0u);
        EXPECT_FALSE(directory.resolve(kAlias)->has_value());
        EXPECT_TRUE(directory.aliases_of(room)->empty());
        EXPECT_FALSE(*directory.published(room));
        EXPECT_TRUE(delayed.list(store.number(kAda))->empty());
        for (int i = -1; i < members + 3; ++i) {
            auto user = i < 0 ? kAda : member(i);
            auto found = row(user, room);
            ASSERT_TRUE(found) << user.str();
            EXPECT_TRUE(found->removed && found->membership == Membership::leave && !found->was_joined) << user.str();
            auto event = removed_event(db, *found, user);
            ASSERT_TRUE(event) << event.error().detail;
            EXPECT_TRUE(event->contains(user.view()) && event->contains(kServerUser.view()));
        }
        EXPECT_FALSE(row(member(members + 3), room)) << "who forgot it is not told";
        auto mark = *db.get(kRemovedRooms, 0, number_key(store.number(room)));
        EXPECT_TRUE(mark && !mark->body.contains(room.view())) << "the id goes with the room";
    }
};

struct Removal : testing::Test {
    storage::MemoryStore rows;
    std::unique_ptr<storage::Vault> vault =
        storage::Vault::in_memory(storage::Secret("0123456789abcdef0123456789abcdef"));
    ManualClock clock;
    SeededRandom random{7};
    std::unique_ptr<Server> run = start();

    std::unique_ptr<Server> start() { return std::make_unique<Server>(rows, *vault, clock, random); }
};

TEST_F(Removal, LeavesNothingOfTheRoomAndAllOfOthers) {
    auto room = run->make_room(3), other = run->make_room(3);
    run->fill_lists(room);
    auto others = run->rows_of(other);
    ASSERT_GT(run->rows_of(room), 10u);
    auto info = *run->store.find(room);
    auto first = *run->store.event(*info, 1);
    ASSERT_TRUE(first) << "and in the cache";
    auto removed = run->await(run->removal.remove(room));
    ASSERT_TRUE(removed) << removed.error().detail;
    run->expect_gone(room, 3);
    EXPECT_FALSE(*run->store.event(*info, 1)) << "nor in memory, for who still has the room in hand";
    EXPECT_EQ(run->rows_of(other), others);
    EXPECT_EQ(run->row(member(0), other)->membership, Membership::join);
    EXPECT_TRUE(run->await(run->rooms.send(member(0), other, Draft{"m.room.message", {}, {{"body", "on"}}}, {})));
    auto sent = run->await(run->rooms.send(kAda, room, Draft{"m.room.message", {}, {{"body", "again"}}}, {}));
    EXPECT_EQ(sent.error().code, Errc::not_found);
    EXPECT_EQ(run->await(run->removal.remove(room)).error().code, Errc::not_found);
    EXPECT_EQ(run->await(run->removal.remove(RoomId::trusted("!none:example.org"))).error().code, Errc::not_found);
}

TEST_F(Removal, TellsWhoWasWaiting) {
    auto room = run->make_room(3);
    std::set<std::uint64_t> told;
    std::mutex mutex;
    run->feed.listen([&](const FeedEntry& entry) {
        std::lock_guard lock(mutex);
        if (entry.kind == FeedEntry::Kind::user) told.insert(entry.number);
    });
    ASSERT_TRUE(run->await(run->removal.remove(room)));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(told.contains(run->store.number(member(i)))) << i;
    auto before = run->row(member(0), room)->changed;
    EXPECT_TRUE(run->await(run->memberships.remove({run->store.number(member(0))}, run->store.number(room), 99, "x")));
    EXPECT_EQ(run->row(member(0), room)->changed, before) << "once";
}

// Whoever came in at the last moment is out as well, and what is applied late changes nothing.
TEST_F(Removal, WaitsForWhatIsUnderWay) {
    auto room = run->make_room(0);
    auto late = member(50);
    rows.hold();
    auto join = [](Rooms& rooms, RoomId id, UserId user) -> Task<Result<void>> {
        PEYK_CO_TRY(auto write, co_await rooms.enter(std::move(id)));
        PEYK_CO_CHECK(write.add(user, Draft{"m.room.member", user.str(), {{"membership", "join"}}}));
        co_return co_await std::move(write).commit();
    };
    auto joined = std::async(std::launch::async, [&] { return run->await(join(run->rooms, room, late)); });
    while (rows.rows() == 0 || !run->activity.is_newer(run->store.number(room), rows.visible()))
        std::this_thread::sleep_for(1ms);
    auto removed = std::async(std::launch::async, [&] { return run->await(run->removal.remove(room)); });
    std::this_thread::sleep_for(20ms);
    rows.release();
    EXPECT_TRUE(removed.get());
    EXPECT_TRUE(joined.get()) << "it was there before";
    auto found = run->row(late, room);
    ASSERT_TRUE(found) << "the join was durable, so its user is told";
    EXPECT_TRUE(found->removed);
    EXPECT_EQ(run->rows_of(room), 0u);
}

// The power goes after each of so many batches; the next start goes on, and nothing is half there.
TEST_F(Removal, GoesOnWhereverItStopped) {
    constexpr int kMembers = 70;  // more than become durable together
    bool whole = false;
    int stops = 0, untouched = 0;
    for (int batches = 0; !whole; batches += batches < 12 ? 1 : 9) {
        auto room = run->make_room(kMembers);
        run->fill_lists(room);
        run->disk.left = batches;
        whole = run->await(run->removal.remove(room)).has_value();
        stops += !whole;
        ASSERT_LT(batches, 1'000);
        run = start();
        ASSERT_TRUE(run->await(run->rooms.recover()));
        bool begun = run->is_marked(room);
        EXPECT_EQ(begun, batches > 0);
        ASSERT_TRUE(run->await(run->removal.resume()));
        if (!begun) {
            ++untouched;
            EXPECT_TRUE(*run->store.find(room));
            EXPECT_EQ(run->row(member(0), room)->membership, Membership::join);
            ASSERT_TRUE(run->await(run->removal.remove(room)));
        }
        run->expect_gone(room, kMembers);
        if (HasFailure()) return;
    }
    EXPECT_EQ(untouched, 1);
    EXPECT_GT(stops, 15);
}

TEST_F(Removal, GoesOnByItselfAfterAFailure) {
    auto room = run->make_room(3);
    run->fill_lists(room);
    run->disk.left = 4;
    EXPECT_EQ(run->await(run->removal.remove(room)).error().code, Errc::io);
    EXPECT_EQ(*run->store.find(room), nullptr) << "nobody finds it meanwhile";
    run->disk.left = Disk::kForEver;
    EXPECT_TRUE(run->await(run->removal.catch_up()));
    EXPECT_GT(run->rows_of(room), 0u) << "not at once: the disk may be full";
    clock.advance(RoomRemoval::kAgain);
    EXPECT_TRUE(run->await(run->removal.catch_up()));
    run->expect_gone(room, 3);
}

TEST_F(Removal, GoesOnWhenItIsAskedForAgain) {
    auto room = run->make_room(3);
    run->fill_lists(room);
    run->disk.left = 4;
    EXPECT_FALSE(run->await(run->removal.remove(room)));
    run->disk.left = Disk::kForEver;
    EXPECT_TRUE(run->await(run->removal.remove(room)));
    run->expect_gone(room, 3);
}

// A request that found the room before it went may write a row afterwards.
TEST_F(Removal, LooksOnceMoreForWhoStillHadTheRoom) {
    auto room = run->make_room(3);
    auto number = run->store.number(room);
    auto event = (*run->store.event(**run->store.find(room), 1))->event->id;
    ASSERT_TRUE(run->await(run->removal.remove(room)));
    Receipt receipt{member(0), "m.read", event, "", 1};
    EXPECT_TRUE(run->await(run->stream.set_receipt(number, receipt)));
    EXPECT_GT(run->rows_of(room), 0u);
    EXPECT_TRUE(run->await(run->removal.catch_up()));
    EXPECT_GT(run->rows_of(room), 0u);
    clock.advance(RoomRemoval::kAgain);
    EXPECT_TRUE(run->await(run->removal.catch_up()));
    run->expect_gone(room, 3);
}

TEST_F(Removal, IsForgottenInTime) {
    auto room = run->make_room(3), other = run->make_room(3);
    ASSERT_TRUE(run->await(run->removal.remove(room)));
    clock.advance(RoomRemoval::kAgain);
    ASSERT_TRUE(run->await(run->removal.catch_up()));
    clock.advance(RoomRemoval::kTold - RoomRemoval::kAgain - 1ms);
    EXPECT_EQ(run->await(run->removal.forget_old({})).value_or(9), 0u);
    run->expect_gone(room, 3);
    clock.advance(1ms);
    EXPECT_EQ(run->await(run->removal.forget_old({})).value_or(0), 8u) << "ada, three, three more; and the mark";
    EXPECT_FALSE(run->row(member(0), room));
    EXPECT_FALSE(run->is_marked(room));
    EXPECT_EQ(run->row(member(0), other)->membership, Membership::join);
}

TEST_F(Removal, IsForgottenByWhoWishesSo) {
    auto room = run->make_room(3);
    ASSERT_TRUE(run->await(run->removal.remove(room)));
    EXPECT_TRUE(run->await(run->memberships.forget(run->store.number(member(0)), run->store.number(room))));
    EXPECT_FALSE(run->row(member(0), room));
    EXPECT_TRUE(run->row(member(1), room));
}

// What cannot be read does not keep a room from going.
TEST_F(Removal, EndsADamagedRoomToo) {
    auto room = run->make_room(3);
    auto number = run->store.number(room);
    auto nodes = *run->db.scan(kStateNodes, number, "", "", 10'000);
    storage::Change change(run->db, Owner::room, number, run->db.epoch(Owner::room, number));
    for (const auto& node : nodes) change.del(kStateNodes, number, node.rest);
    ASSERT_TRUE(run->await(run->db.commit(std::move(change))));
    run = start();
    EXPECT_TRUE(run->await(run->removal.remove(room)));
    EXPECT_EQ(run->rows_of(room), 0u);
    EXPECT_EQ(*run->store.find(room), nullptr);
}

}  // namespace
}  // namespace peyk::rooms
