#pragma once
// Rooms over the memory engine, for tests of the write side.

#include <gtest/gtest.h>

#include <future>

#include "core/room_rules.h"
#include "rooms/timeline/rooms.h"
#include "storage/testing.h"

namespace peyk::rooms {

inline const UserId kAda = UserId::trusted("@ada:example.org");
inline const UserId kBob = UserId::trusted("@bob:example.org");

struct World {
    explicit World(RetentionRules lifetimes = {}, storage::ContentFormat made_with = storage::kAnyFormat)
        : retention(lifetimes), test(kTables, made_with) {}

    RetentionRules retention;
    storage::TestDb test;
    ManualClock clock;
    SeededRandom random{5};
    WorkerPool pool{"test", 2};
    Feed feed;
    SigningKey key = SigningKey::generate(random, "ed25519:a");
    RoomStore store{test.db, {}, retention, &clock};
    Memberships memberships{test.db, feed};
    Activity activity;
    Rooms rooms{test.db, store, memberships, activity, feed, clock, random, key, {ServerName::trusted("example.org")}};

    RoomId make_room(std::string_view version = "12") { return run_blocking(pool, create(find_room_rules(version))); }
    Task<RoomId> create(const RoomRules* rules) {
        json::Object content{{"room_version", std::string(rules->version)}};
        if (!rules->creator_from_sender) content.set("creator", kAda.str());
        auto write = co_await rooms.create(*rules, kAda, std::move(content));
        EXPECT_TRUE(write) << write.error().detail;
        auto room = write->room().id;
        Draft join{"m.room.member", kAda.str(), {{"membership", "join"}}};
        EXPECT_TRUE(write->add(kAda, std::move(join)));
        Draft open{"m.room.join_rules", "", {{"join_rule", "public"}}};
        EXPECT_TRUE(write->add(kAda, std::move(open)));
        auto done = co_await std::move(*write).commit();
        EXPECT_TRUE(done) << done.error().detail;
        co_return room;
    }
    Result<EventId> say(const RoomId& room, const std::string& body, std::optional<Transaction> transaction = {}) {
        return run_blocking(
            pool, rooms.send(kAda, room, Draft{"m.room.message", {}, {{"body", body}}}, std::move(transaction)));
    }
    Result<EventId> redact(const RoomId& room, EventId target) {
        Draft draft;
        draft.type = "m.room.redaction";
        draft.redacts = std::move(target);
        return run_blocking(pool, rooms.send(kAda, room, std::move(draft), {}));
    }
    // Bob's join, whose batch waits in the held store.
    Task<Result<void>> join_held(RoomId room) {
        PEYK_CO_TRY(auto write, co_await rooms.enter(std::move(room)));
        Draft draft{"m.room.member", kBob.str(), {{"membership", "join"}}};
        PEYK_CO_CHECK(write.add(kBob, std::move(draft)));
        test.store.hold();
        co_return co_await std::move(write).commit();
    }
    // A message whose batch waits in the held store; its id is known before it is durable.
    Task<Result<void>> say_held(RoomId room, std::shared_ptr<std::promise<EventId>> id) {
        PEYK_CO_TRY(auto write, co_await rooms.enter(std::move(room)));
        PEYK_CO_TRY(auto event, write.add(kAda, Draft{"m.room.message", {}, {{"body", "secret"}}}));
        test.store.hold();
        id->set_value(event->id);
        co_return co_await std::move(write).commit();
    }
    std::size_t rows(const Table& table) {
        std::string next;
        return test.db.walk(table, next, 10'000)->size();
    }
    // Takes the shard of a room away from whoever has batches under way.
    void fence(const RoomId& room) {
        auto shard = storage::Shard::of_room(store.number(room));
        EXPECT_TRUE(test.store.acquire(shard, test.store.epoch(shard)));
    }
    StoredEventPtr read(const RoomId& room, const EventId& id) { return *store.event(**store.find(room), id); }
};

}  // namespace peyk::rooms
