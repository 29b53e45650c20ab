// What the server does by itself, on a store in memory and with a clock of the test's own.

#include "app/housekeeping.h"

#include <gtest/gtest.h>

#include <thread>

#include "app/commands/offline.h"
#include "app/services.h"
#include "app/tables.h"
#include "core/room_rules.h"
#include "rooms/tables.h"

namespace peyk::app {
namespace {

const UserId kAda = UserId::trusted("@ada:localhost");

struct House {
    House() {
        config.server.name = "localhost";
        config.server.data_dir = testing::TempDir() + "peyk_housekeeping";
        config.storage.engine = Engine::memory;
        store.emplace(*open_store(config, workers, clock, random));
        services.emplace(config, *store, Machine{clock, random, timers, workers, outbound});
        keeping.emplace(Housekeeping::Parts{*store, services->rooms(), services->keys(), services->media(), timers,
                                            clock, workers, config.storage.verify_every});
    }
    ~House() {
        keeping.reset();
        services->stop();
        workers.stop();
        services.reset();
        std::filesystem::remove_all(config.server.data_dir);
    }
    Task<RoomId> make_room() {
        auto write =
            co_await services->rooms().create(*find_room_rules("12"), kAda, json::Object{{"room_version", "12"}});
        auto room = write->room().id;
        EXPECT_TRUE(write->add(kAda, rooms::Draft{"m.room.member", kAda.str(), {{"membership", "join"}}}));
        EXPECT_TRUE(co_await std::move(*write).commit());
        co_return room;
    }
    void say(const RoomId& room, const std::string& id) {
        rooms::Transaction transaction{kAda, DeviceId::trusted("PHONE"), "send", id};
        auto sent =
            run_blocking(workers, services->rooms().send(kAda, room, rooms::Draft{"m.room.message"}, transaction));
        EXPECT_TRUE(sent.has_value());
    }
    std::size_t forget() { return run_blocking(workers, keeping->forget_old()).value(); }
    std::size_t transactions() {
        std::string next;
        return store->db().walk(rooms::kTransactions, next, 100)->size();
    }

    Config config;
    ManualClock clock;
    SeededRandom random{7};
    WorkerPool workers{"test", 2};
    Timers timers{clock, Timers::Mode::manual};
    NoWayOut outbound;
    std::optional<OpenStore> store;
    std::optional<Services> services;
    std::optional<Housekeeping> keeping;
};

TEST(Housekeeping, TransactionIdsLiveForADayOverRestarts) {
    House house;
    auto room = run_blocking(house.workers, house.make_room());
    house.say(room, "first");
    EXPECT_EQ(house.forget(), 0u);
    house.clock.advance(std::chrono::hours(23));
    house.say(room, "second");
    EXPECT_EQ(house.forget(), 0u) << "nothing is a day old yet";
    house.clock.advance(std::chrono::hours(2));
    EXPECT_EQ(house.forget(), 1u);
    EXPECT_EQ(house.transactions(), 1u);
    house.clock.advance(std::chrono::hours(24));
    EXPECT_EQ(house.forget(), 1u);
    EXPECT_EQ(house.transactions(), 0u);
    // Positions that nobody needs any more are forgotten too: the newest old one and those of the last day stay.
    for (int i = 0; i < 10; ++i) {
        house.clock.advance(std::chrono::hours(25));
        house.forget();
    }
    EXPECT_LE(house.store->db().scan(kUpkeep, 0, "", "", 100)->size(), 3u);
}

TEST(Housekeeping, AVerificationIsRemembered) {
    House house;
    EXPECT_FALSE(house.keeping->last_check().value().has_value());
    auto checked = run_blocking(house.workers, house.keeping->verify());
    ASSERT_TRUE(checked.has_value());
    auto last = house.keeping->last_check().value();
    ASSERT_TRUE(last.has_value());
    EXPECT_EQ(last->at, house.clock.now());
    EXPECT_EQ(last->report.files, checked->report.files);
    EXPECT_TRUE(last->report.damaged.empty());
}

TEST(Housekeeping, CertificatesAreLookedAtEveryHour) {
    House house;
    std::atomic<int> looks = 0;
    Housekeeping keeping(Housekeeping::Parts{*house.store, house.services->rooms(), house.services->keys(),
                                             house.services->media(), house.timers, house.clock, house.workers,
                                             Millis{0}, [&looks] { ++looks; }});
    keeping.start();
    auto pass = [&house](std::chrono::minutes minutes) {
        for (auto end = house.clock.now() + minutes; house.clock.now() < end;) {
            house.clock.advance(Millis{60'000});
            house.timers.run_due();
            std::this_thread::sleep_for(std::chrono::milliseconds(5));  // the worker takes the tick
        }
    };
    pass(std::chrono::minutes(50));
    EXPECT_EQ(looks, 0) << "the start has looked already";
    for (int hours = 0; looks == 0 && hours < 10; ++hours) pass(std::chrono::minutes(60));
    EXPECT_GE(looks, 1);
    keeping.stop();
}

TEST(StoreCheck, IsTheSameAfterItWasWrittenDown) {
    StoreCheck check{Millis{5}, {3, 4, {"a.sst is damaged"}}};
    auto read = StoreCheck::from_json(json::Value(check.to_json()));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->at, Millis{5});
    EXPECT_EQ(read->report.bytes, 4u);
    EXPECT_EQ(read->report.damaged, check.report.damaged);
    EXPECT_FALSE(StoreCheck::from_json(json::Value(json::Object{{"at", 1}})).has_value());
}

}  // namespace
}  // namespace peyk::app
