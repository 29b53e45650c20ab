// The queue of a service over the memory engine, with a wire that is a list.

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <set>

#include "appservices/services.h"
#include "appservices/tables.h"
#include "async/one_shot.h"
#include "core/room_rules.h"
#include "rooms/timeline/rooms.h"
#include "storage/testing.h"
#include "unit/async/counted_clock.h"

namespace peyk::appservices {
namespace {

const UserId kAda = UserId::trusted("@ada:example.org");
const UserId kBob = UserId::trusted("@bob:example.org");
const UserId kGhost = UserId::trusted("@_irc_eve:example.org");

Registration service(std::string id, std::string rooms_regex = {}) {
    auto yaml = "id: " + id + "\nurl: http://127.0.0.1:1\nas_token: as-token-of-" + id +
                "-000000\nhs_token: hs-token-of-" + id + "-000000\nsender_localpart: _" + id +
                "_bot\nreceive_ephemeral: true\nnamespaces:\n  users:\n" + "    - {regex: \"@_" + id +
                "_.*\", exclusive: true}\n";
    if (!rooms_regex.empty()) yaml += "  rooms:\n    - {regex: \"" + rooms_regex + "\", exclusive: false}\n";
    return *parse_registration(yaml, "test.yaml", "example.org");
}

// Keeps what is sent, and answers as it is told.
class FakeWire final : public Wire {
public:
    explicit FakeWire(const CountedClock& clock) : attempts(clock) {}
    Task<Result<WireAnswer>> send(const Registration& to, WireRequest request, std::stop_token) override {
        std::lock_guard lock(mutex_);
        attempts.note();
        sent_.push_back({to.id, request.path, request.body});
        changed_.notify_all();
        co_return failing_.contains(to.id) ? Result<WireAnswer>(fail(Errc::unavailable, "down"))
                                           : WireAnswer{200, "{}"};
    }
    Attempts attempts;
    struct Sent {
        std::string service, path, body;
    };
    std::vector<Sent> sent(const std::string& to) {
        std::lock_guard lock(mutex_);
        std::vector<Sent> out;
        std::ranges::copy_if(sent_, std::back_inserter(out), [&](const auto& one) { return one.service == to; });
        return out;
    }
    void fail_for(const std::string& id, bool on) {
        std::lock_guard lock(mutex_);
        if (on) {
            failing_.insert(id);
        } else {
            failing_.erase(id);
        }
    }
    // Event ids in the order of what was taken; one id of a transaction counts once.
    std::vector<std::string> events(const std::string& to) {
        std::vector<std::string> out;
        std::set<std::string> paths;
        for (const auto& one : sent(to)) {
            if (!paths.insert(one.path).second) continue;
            auto body = *json::parse(one.body);
            for (const auto& event : *body.get_array("events")) out.emplace_back(*event.get_string("event_id"));
        }
        return out;
    }
    bool wait_for(const std::string& to, const EventId& id) {
        for (int i = 0; i < 500; ++i) {
            auto told = events(to);
            if (std::ranges::find(told, id.str()) != told.end()) return true;
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, std::chrono::milliseconds(20));
        }
        return false;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Sent> sent_;
    std::set<std::string> failing_;
};

std::vector<const storage::Table*> tables() {
    std::vector<const storage::Table*> all(rooms::kTables.begin(), rooms::kTables.end());
    all.insert(all.end(), kTables.begin(), kTables.end());
    return all;
}

enum class Hands { turn_by_themselves, of_the_test };

struct World {
    explicit World(std::vector<Registration> services, Hands hands = Hands::turn_by_themselves)
        : turned(hands == Hands::of_the_test), registry(std::move(services), "example.org") {
        start();
    }
    ~World() { stop(); }
    void start() {
        bridges = std::make_unique<Services>(
            QueueParts{test.db, registry, store, activity, directory, stream, typing, wire, timers, time, 7}, feed,
            activity, pool);
        EXPECT_TRUE(bridges->start());
    }
    void stop() {
        if (bridges) bridges->stop();
    }

    RoomId make_room() { return run_blocking(pool, create()); }
    Task<RoomId> create() {
        const auto& rules = *find_room_rules("12");
        json::Object content{{"room_version", "12"}, {"number", ++made}};
        auto write = co_await rooms.create(rules, kAda, std::move(content));
        auto room = write->room().id;
        rooms::Draft join{"m.room.member", kAda.str(), {{"membership", "join"}}};
        EXPECT_TRUE(write->add(kAda, std::move(join)));
        rooms::Draft open{"m.room.join_rules", "", {{"join_rule", "public"}}};
        EXPECT_TRUE(write->add(kAda, std::move(open)));
        EXPECT_TRUE(co_await std::move(*write).commit());
        co_return room;
    }
    Result<EventId> send(const UserId& who, const RoomId& room, rooms::Draft draft) {
        return run_blocking(pool, rooms.send(who, room, std::move(draft), {}));
    }
    EventId say(const RoomId& room, const std::string& body) {
        return *send(kAda, room, rooms::Draft{"m.room.message", {}, {{"body", body}}});
    }
    EventId member(const UserId& who, const RoomId& room, const std::string& membership) {
        auto sent = send(who, room, rooms::Draft{"m.room.member", who.str(), {{"membership", membership}}});
        EXPECT_TRUE(sent) << sent.error().detail;
        return *sent;
    }

    int made = 0;
    std::vector<const storage::Table*> catalog = tables();
    storage::TestDb test{catalog};
    const bool turned;
    SystemClock clock;
    CountedClock counted;  // of the queues alone, where the test turns the hands
    const Clock& time = turned ? static_cast<const Clock&>(counted) : clock;
    SeededRandom random{5};
    WorkerPool pool{"test", 3};
    Timers timers{time, turned ? Timers::Mode::manual : Timers::Mode::thread};
    Timers others{clock};
    Feed feed;
    SigningKey key = SigningKey::generate(random, "ed25519:a");
    rooms::RoomStore store{test.db};
    rooms::Memberships memberships{test.db, feed};
    rooms::Activity activity;
    rooms::Rooms rooms{
        test.db, store, memberships, activity, feed, clock, random, key, {ServerName::trusted("example.org")}};
    rooms::Directory directory{test.db};
    rooms::RoomStream stream{test.db, feed, activity, memberships};
    rooms::Typing typing{feed, others, clock};
    FakeWire wire{counted};
    Registry registry;
    std::unique_ptr<Services> bridges;
};

std::vector<Registration> one(Registration registration) {
    std::vector<Registration> out;
    out.push_back(std::move(registration));
    return out;
}

TEST(AQueueRow, ComesBackAsItWas) {
    QueueRow row;
    row.events = {12, 3};
    row.receipts = 9;
    row.next = 77;
    EXPECT_EQ(*QueueRow::decode(row.encode()), row);
    Transaction transaction{"a.1", Millis{1234567890123}, {{1, 2}, {~0ULL, 3}}, R"({"type":"m.typing"})", 1};
    row.pending = transaction;
    EXPECT_EQ(*QueueRow::decode(row.encode()), row);
    auto text = row.encode();
    EXPECT_FALSE(QueueRow::decode(text.substr(0, text.size() - 1)));
    EXPECT_FALSE(QueueRow::decode(text + "x"));
}

TEST(AQueue, TellsAServiceOfTheRoomsOfItsUsersOnly) {
    World world(one(service("irc")));
    auto room = world.make_room(), other = world.make_room();
    auto before = world.say(room, "before");
    auto joined = world.member(kGhost, room, "join");
    auto heard = world.say(room, "heard");
    auto elsewhere = world.say(other, "elsewhere");
    auto left = world.member(kGhost, room, "leave");
    auto after = world.say(room, "after");
    auto back = world.member(kGhost, other, "join");
    ASSERT_TRUE(world.wire.wait_for("irc", back));
    EXPECT_EQ(world.wire.events("irc"), (std::vector{joined.str(), heard.str(), left.str(), back.str()}));
}

TEST(AQueue, FollowsTheMembersWhenOneOfSeveralLeaves) {
    World world(one(service("irc")));
    auto room = world.make_room();
    auto second = UserId::trusted("@_irc_two:example.org");
    world.member(kGhost, room, "join");
    world.member(second, room, "join");
    world.member(second, room, "leave");
    auto heard = world.say(room, "still heard");
    world.member(kGhost, room, "leave");
    auto gone = world.say(room, "not heard");
    auto end = world.member(second, room, "join");
    ASSERT_TRUE(world.wire.wait_for("irc", end));
    auto told = world.wire.events("irc");
    EXPECT_NE(std::ranges::find(told, heard.str()), told.end());
    EXPECT_EQ(std::ranges::find(told, gone.str()), told.end());
}

TEST(AQueue, KeepsTheOrderOverManyRooms) {
    World world(one(service("irc", ".*")));
    std::vector<RoomId> rooms;
    for (int i = 0; i < 5; ++i) rooms.push_back(world.make_room());
    std::vector<std::string> said;
    for (int i = 0; i < 300; ++i) said.push_back(world.say(rooms[static_cast<std::size_t>(i * 7 % 5)], "x").str());
    ASSERT_TRUE(world.wire.wait_for("irc", EventId::trusted(said.back())));
    auto told = world.wire.events("irc");
    std::erase_if(told, [&](const auto& id) { return std::ranges::find(said, id) == said.end(); });
    EXPECT_EQ(told, said);
    for (const auto& sent : world.wire.sent("irc"))
        EXPECT_LE(json::parse(sent.body)->get_array("events")->size(), kMaxEvents);
}

// A commit that is slow to become durable, while others in other rooms overtake it.
TEST(AQueue, PassesOverNoEventThatIsStillBeingWritten) {
    World world(one(service("irc", ".*")));
    auto slow = world.make_room(), fast = world.make_room();
    for (int round = 0; round < 20; ++round) {
        world.test.store.hold();
        OneShot<Result<EventId>> written;
        TaskGroup tasks(world.pool);
        struct Late {
            static Task<void> run(World& world, RoomId room, OneShot<Result<EventId>> into) {
                rooms::Draft draft{"m.room.message", {}, {{"body", "late"}}};
                auto sent = co_await world.rooms.send(kAda, std::move(room), std::move(draft), {});
                into.set(std::move(sent));
            }
            static Task<Result<EventId>> get(OneShot<Result<EventId>> from) { co_return co_await from.get(); }
        };
        tasks.spawn("late", Late::run(world, slow, written));
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        world.bridges->heard_of("irc");
        world.test.store.release();
        auto overtaking = world.say(fast, "fast");
        auto late = run_blocking(world.pool, Late::get(written));
        ASSERT_TRUE(late);
        ASSERT_TRUE(world.wire.wait_for("irc", *late)) << "round " << round;
        ASSERT_TRUE(world.wire.wait_for("irc", overtaking));
    }
}

TEST(AQueue, RepeatsATransactionUnderItsIdUntilItIsTaken) {
    World world(one(service("irc", ".*")));
    auto room = world.make_room();
    ASSERT_TRUE(world.wire.wait_for("irc", world.say(room, "first")));
    world.wire.fail_for("irc", true);
    auto said = world.say(room, "kept");
    ASSERT_TRUE(world.wire.wait_for("irc", said));
    world.say(room, "later");
    auto before = world.wire.sent("irc").size();
    for (int i = 0; i < 100 && world.wire.sent("irc").size() == before; ++i) {
        world.bridges->heard_of("irc");
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    auto sent = world.wire.sent("irc");
    ASSERT_GT(sent.size(), before);
    EXPECT_EQ(sent[sent.size() - 1].path, sent[sent.size() - 2].path);
    EXPECT_EQ(sent[sent.size() - 1].body, sent[sent.size() - 2].body);
}

TEST(AQueue, GoesOnAfterARestartWhereItWas) {
    auto services = one(service("irc", ".*"));
    World world(std::move(services));
    auto room = world.make_room(), other = world.make_room();
    ASSERT_TRUE(world.wire.wait_for("irc", world.say(room, "first")));
    world.wire.fail_for("irc", true);
    auto pending = world.say(room, "pending");
    ASSERT_TRUE(world.wire.wait_for("irc", pending));
    auto path = world.wire.sent("irc").back().path;
    world.stop();
    auto away = world.say(other, "while it was away");
    world.wire.fail_for("irc", false);
    auto count = world.wire.sent("irc").size();
    world.start();
    ASSERT_TRUE(world.wire.wait_for("irc", away));
    auto sent = world.wire.sent("irc");
    EXPECT_EQ(sent[count].path, path) << "what was being sent comes first, under its id";
    auto told = world.wire.events("irc");
    EXPECT_EQ(std::ranges::count(told, pending.str()), 1);
    EXPECT_EQ(std::ranges::count(told, away.str()), 1);
}

// All events of one batch have one position; a transaction ends between two of them.
TEST(AQueue, GoesOnInTheMiddleOfABatch) {
    World world(one(service("irc", ".*")));
    auto room = world.make_room();
    ASSERT_TRUE(world.wire.wait_for("irc", world.say(room, "first")));
    world.wire.fail_for("irc", true);
    struct Many {
        static Task<Result<void>> add(World& world, RoomId room, std::vector<std::string>& ids) {
            auto write = co_await world.rooms.enter(std::move(room));
            for (int i = 0; i < 250; ++i) {
                rooms::Draft draft{"com.example.fact", "number " + std::to_string(i), {{"i", i}}};
                auto event = write->add(kAda, std::move(draft));
                EXPECT_TRUE(event);
                ids.push_back((*event)->id.str());
            }
            co_return co_await std::move(*write).commit();
        }
    };
    std::vector<std::string> ids;
    ASSERT_TRUE(run_blocking(world.pool, Many::add(world, room, ids)));
    ASSERT_TRUE(world.wire.wait_for("irc", EventId::trusted(ids[99])));
    world.stop();
    world.wire.fail_for("irc", false);
    world.start();
    ASSERT_TRUE(world.wire.wait_for("irc", EventId::trusted(ids.back())));
    auto told = world.wire.events("irc");
    std::erase_if(told, [&](const auto& id) { return std::ranges::find(ids, id) == ids.end(); });
    EXPECT_EQ(told, ids) << "each once, in order";
}

// ---- pauses ---------------------------------------------------------------------------------------------------------

void expect_pauses(World& world, std::initializer_list<int> seconds) {
    for (auto each : seconds)
        expect_pause(world.counted, world.timers, world.wire.attempts, std::chrono::seconds(each));
}

TEST(AQueue, WaitsTwiceAsLongEachTimeAndFiveMinutesAtMost) {
    World world(one(service("irc", ".*")), Hands::of_the_test);
    auto room = world.make_room();
    ASSERT_TRUE(world.wire.wait_for("irc", world.say(room, "first")));
    world.wire.fail_for("irc", true);
    ASSERT_TRUE(world.wire.wait_for("irc", world.say(room, "kept")));
    expect_pauses(world, {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300});
    auto sent = world.wire.sent("irc");
    for (std::size_t i = 1; i <= 12; ++i) EXPECT_EQ(sent[sent.size() - 1 - i].path, sent.back().path);
    // Taken, the next outage begins with a second again.
    world.wire.fail_for("irc", false);
    expect_pauses(world, {300});
    ASSERT_TRUE(world.wire.wait_for("irc", world.say(room, "in between")));
    world.wire.fail_for("irc", true);
    ASSERT_TRUE(world.wire.wait_for("irc", world.say(room, "kept again")));
    expect_pauses(world, {1, 2, 4});
}

TEST(AQueue, ThatIsHeardOfIsTriedAtOnceAndGoesOnWaitingLonger) {
    World world(one(service("irc", ".*")), Hands::of_the_test);
    auto room = world.make_room();
    ASSERT_TRUE(world.wire.wait_for("irc", world.say(room, "first")));
    world.wire.fail_for("irc", true);
    ASSERT_TRUE(world.wire.wait_for("irc", world.say(room, "kept")));
    expect_pauses(world, {1, 2, 4});
    auto before = world.wire.attempts.count();
    ASSERT_TRUE(comes_true([&] { return world.wire.attempts.pauses(); }));
    world.bridges->heard_of("irc");
    ASSERT_TRUE(comes_true([&] { return world.wire.attempts.count() > before; }));
    expect_pauses(world, {16});
}

TEST(AQueue, IsTriedAtOnceAfterARestartAndThenAfterASecond) {
    World world(one(service("irc", ".*")), Hands::of_the_test);
    auto room = world.make_room();
    ASSERT_TRUE(world.wire.wait_for("irc", world.say(room, "first")));
    world.wire.fail_for("irc", true);
    ASSERT_TRUE(world.wire.wait_for("irc", world.say(room, "kept")));
    expect_pauses(world, {1, 2, 4, 8});
    auto before = world.wire.sent("irc");
    world.stop();
    auto asked = world.counted.asked();
    world.start();
    // Looking for what came meanwhile gives way to others for a millisecond.
    ASSERT_TRUE(comes_true([&] { return world.counted.asked() > asked; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    world.counted.advance(Millis{1});
    ASSERT_TRUE(comes_true([&] {
        CountedClock::turn(world.timers);
        return world.wire.attempts.count() > before.size();
    }));
    EXPECT_EQ(world.wire.sent("irc").back().path, before.back().path);
    EXPECT_EQ(world.wire.sent("irc").back().body, before.back().body);
    expect_pauses(world, {1, 2});
}

TEST(AQueue, ThatFailsDoesNotHoldUpAnother) {
    std::vector<Registration> services;
    services.push_back(service("irc", ".*"));
    services.push_back(service("good", ".*"));
    World world(std::move(services));
    world.wire.fail_for("irc", true);
    auto room = world.make_room();
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(world.wire.wait_for("good", world.say(room, "x")));
}

TEST(AQueue, SendsNoTextOfAnEventThatWasRedactedMeanwhile) {
    World world(one(service("irc", ".*")));
    auto room = world.make_room();
    ASSERT_TRUE(world.wire.wait_for("irc", world.say(room, "first")));
    world.wire.fail_for("irc", true);
    auto said = world.say(room, "a slip of the tongue");
    ASSERT_TRUE(world.wire.wait_for("irc", said));
    rooms::Draft draft;
    draft.type = "m.room.redaction";
    draft.redacts = said;
    ASSERT_TRUE(world.send(kAda, room, std::move(draft)));
    world.wire.fail_for("irc", false);
    auto before = world.wire.sent("irc").size();
    for (int i = 0; i < 100 && world.wire.sent("irc").size() == before; ++i) {
        world.bridges->heard_of("irc");
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    auto sent = world.wire.sent("irc");
    ASSERT_GT(sent.size(), before);
    EXPECT_EQ(sent[before].body.find("slip of the tongue"), std::string::npos);
    EXPECT_NE(sent[before].body.find(said.str()), std::string::npos);
}

}  // namespace
}  // namespace peyk::appservices
