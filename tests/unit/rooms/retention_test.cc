// Events that are past their lifetime: hidden at once, destroyed soon, and nothing else with them.

#include "rooms/retention/sweep.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "rooms/relations/relation_index.h"
#include "rooms/timeline/history.h"
#include "rooms_world.h"

namespace peyk::rooms {
namespace {

using namespace std::chrono_literals;
using Order = storage::Store::Order;

constexpr Millis kHour = 1h, kDay = 24h, kMinute = 1min;

TEST(Lifetime, is_what_the_room_asks_for_within_what_the_server_allows) {
    struct Row {
        const char* policy;  // null: the room says nothing
        RetentionRules rules;
        std::optional<Millis> lifetime;
    };
    const RetentionRules off, plain{true}, by_default{true, kDay}, bounded{true, kDay, kHour, 7 * kDay};
    const Row rows[] = {
        {nullptr, off, {}},
        {R"({"max_lifetime":1000})", off, {}},
        {nullptr, plain, {}},
        {nullptr, by_default, kDay},
        {R"({"max_lifetime":1000})", plain, Millis{1000}},
        {R"({"max_lifetime":0})", plain, Millis{0}},
        {R"({"max_lifetime":1000})", by_default, Millis{1000}},
        {R"({"max_lifetime":1000})", bounded, kHour},
        {R"({"max_lifetime":7200000})", bounded, 2 * kHour},
        {R"({"max_lifetime":9007199254740991})", bounded, 7 * kDay},
        {R"({"max_lifetime":9007199254740991})", plain, Millis{9007199254740991}},
        // The room takes its wish back, or has only one that binds nobody to destroy anything.
        {"{}", by_default, {}},
        {"{}", bounded, 7 * kDay},
        {R"({"max_lifetime":null})", by_default, {}},
        {R"({"min_lifetime":1000})", by_default, {}},
    };
    for (const auto& row : rows) {
        std::optional<RetentionPolicy> policy;
        if (row.policy) policy = *parse_retention(*json::parse_object(row.policy));
        EXPECT_EQ(lifetime_of(row.rules, policy ? &*policy : nullptr), row.lifetime)
            << (row.policy ? row.policy : "nothing") << ' ' << row.rules.default_lifetime.count();
    }
}

TEST(Lifetime, of_the_wrong_shape_is_refused) {
    for (const char* text :
         {R"({"max_lifetime":"1000"})", R"({"max_lifetime":-1})", R"({"max_lifetime":1.5})", R"({"min_lifetime":[]})",
          R"({"max_lifetime":1,"min_lifetime":2})", R"({"max_lifetime":9007199254740992})"}) {
        auto parsed = parse_retention(*json::parse_object(text));
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().m_code, "M_BAD_JSON");
    }
}

TEST(Lifetime, is_told_to_clients) {
    auto text = [](RetentionRules rules) { return json::write(retention_configuration(rules)); };
    EXPECT_EQ(text({}), R"({"limits":{},"policies":{}})");
    EXPECT_EQ(text({false, kDay, kHour, kDay}), R"({"limits":{},"policies":{}})");
    EXPECT_EQ(text({true, kDay, kHour, 7 * kDay}), R"({"limits":{"max_lifetime":{"max":604800000,"min":3600000}},)"
                                                   R"("policies":{"*":{"max_lifetime":86400000}}})");
}

TEST(Cursor, is_the_same_after_it_was_written_down) {
    for (const auto& cursor : {RetentionCursor{}, RetentionCursor{7, {{3, 1'700'000'000'000}, {5, 1}}}}) {
        auto read = RetentionCursor::decode(cursor.encode());
        ASSERT_TRUE(read);
        EXPECT_EQ(read->next, cursor.next);
        EXPECT_EQ(read->left, cursor.left);
    }
    EXPECT_FALSE(RetentionCursor::decode("\x07\x03"));
}

// A place in the store, and what lay there.
struct Raw {
    storage::Shard shard;
    std::string key, value;
};

struct Retention : testing::Test {
    explicit Retention(RetentionRules rules = {true, kHour}) : world(rules) {}

    struct Traces final : EventTraces {
        Result<void> erase(storage::Change&, RoomNumber, std::span<const EventNumber> events) override {
            asked.insert(events.begin(), events.end());
            return {};
        }
        void erased(RoomNumber, std::span<const EventNumber> events) override {
            done.insert(events.begin(), events.end());
        }
        std::set<EventNumber> asked, done;
    } traces;

    World world;
    Timers timers{world.clock, Timers::Mode::manual};
    std::vector<std::unique_ptr<RetentionSweep>> sweeps;  // the last one is at work
    RoomId room = (restart(), world.make_room());
    RoomInfoPtr info = *world.store.find(room);

    // As after a start of the process.
    void restart() {
        sweeps.push_back(std::make_unique<RetentionSweep>(RetentionSweep::Parts{
            world.test.db, world.store, world.rooms, world.activity, timers, world.clock, world.pool, &traces}));
    }

    std::size_t pass() {
        auto done = run_blocking(world.pool, sweeps.back()->pass());
        EXPECT_TRUE(done) << done.error().detail;
        return done.value_or(0);
    }
    EventId say(const std::string& body) { return *world.say(room, body); }
    EventId say_at(Millis time, const std::string& body) {
        Draft draft{"m.room.message", {}, {{"body", body}}};
        draft.origin_server_ts = time.count();
        return *run_blocking(world.pool, world.rooms.send(kAda, room, std::move(draft), {}));
    }
    EventId set(const std::string& type, json::Object content) {
        auto sent = run_blocking(world.pool, world.rooms.send(kAda, room, Draft{type, "", std::move(content)}, {}));
        EXPECT_TRUE(sent) << sent.error().detail;
        return *sent;
    }
    void set_lifetime(Millis lifetime) { set("m.room.retention", {{"max_lifetime", lifetime.count()}}); }
    StoredEventPtr find(const EventId& id) { return *world.store.event(*info, id); }
    EventNumber number(const EventId& id) { return find(id)->number; }
    StoredEventPtr kept(EventNumber number) { return *world.store.kept_event(*info, number); }
    bool has_row(EventNumber number) {
        return world.test.db.get(kEvents, info->number, number_key(number))->has_value();
    }
    Raw raw(const Table& table, const std::string& rest) {
        std::string key(1, static_cast<char>(table.id));
        key += number_key(info->number) + rest;
        auto shard = storage::Shard::of_room(info->number);
        return {shard, key, world.test.store.get(shard, key)->value_or("")};
    }
    // What somebody could do who has the store's key and an old copy of the row.
    void put_back(const Raw& row) {
        storage::Batch batch{.shard = row.shard, .epoch = world.test.store.epoch(row.shard)};
        batch.puts.push_back({.key = row.key, .value = row.value});
        bool done = false;
        world.test.store.commit(std::move(batch), [&](storage::CommitResult result) { done = result.has_value(); });
        EXPECT_TRUE(done);
    }
    std::vector<std::string> history(Direction direction) {
        auto row = world.memberships.of(world.store.number(kAda), info->number);
        Visibility visibility(world.store, *info, world.store.number(kAda), *row);
        auto filter = *EventFilter::parse(nullptr, 100, 1000);
        auto from = direction == Direction::backward ? ~EventNumber{0} : 1;
        auto page = history_page(world.store, *info, visibility, filter, from, 0, direction);
        std::vector<std::string> out;
        for (const auto& event : page->events) {
            const auto* body = event->event->content.find("body");
            out.push_back(body ? *body->string() : event->event->type);
        }
        return out;
    }
};

using Texts = std::vector<std::string>;

TEST_F(Retention, hides_at_the_deadline_and_not_before) {
    auto early = say("early");
    auto early_number = number(early);
    world.clock.advance(kHour - 1ms);
    auto late = say("late");
    EXPECT_TRUE(find(early));
    EXPECT_EQ(history(Direction::backward).front(), "late");
    world.clock.advance(1ms);
    // Nothing was swept yet.
    EXPECT_TRUE(has_row(early_number));
    EXPECT_FALSE(find(early));
    EXPECT_FALSE(*world.store.event(*info, early_number));
    EXPECT_TRUE(find(late));
    EXPECT_EQ(history(Direction::backward), (Texts{"late", "m.room.join_rules", "m.room.member", "m.room.create"}));
    EXPECT_EQ(history(Direction::forward), (Texts{"m.room.create", "m.room.member", "m.room.join_rules", "late"}));
    EXPECT_EQ(world.store.events(*info, 1, 100, 100, Order::forward)->size(), 4u);
    EXPECT_EQ(world.store.events_once(*info, 1, 100, 100, Order::reverse)->size(), 4u);
    // Asked for one, what comes next is found behind what is hidden.
    auto next = *world.store.events(*info, early_number, 100, 1, Order::forward);
    ASSERT_EQ(next.size(), 1u);
    EXPECT_EQ(next.front()->event->id, late);
}

TEST_F(Retention, destroys_the_key_and_every_row) {
    auto secret = say("secret");
    auto at = number(secret);
    auto row = raw(kEvents, number_key(at));
    auto name = raw(kEventIndex, world.store.index_keys(secret).front());
    auto state = raw(kEvents, number_key(2));
    ASSERT_FALSE(row.value.empty());
    ASSERT_FALSE(name.value.empty());
    say("another");
    world.clock.advance(kHour + kMinute);
    EXPECT_EQ(pass(), 2u);
    EXPECT_FALSE(has_row(at));
    EXPECT_TRUE(raw(kEvents, row.key.substr(9)).value.empty());
    EXPECT_TRUE(raw(kEventIndex, world.store.index_keys(secret).front()).value.empty());
    // An old copy of the row, a backup of the files of tables say, opens no more; that of a state event does.
    put_back(row);
    auto again = world.test.db.get(kEvents, info->number, number_key(at));
    ASSERT_TRUE(again && *again);
    EXPECT_TRUE((*again)->gone);
    EXPECT_TRUE((*again)->body.empty());
    put_back(state);
    EXPECT_FALSE((*world.test.db.get(kEvents, info->number, number_key(2)))->gone);
    EXPECT_TRUE(traces.done.contains(at));
    EXPECT_EQ(traces.asked, traces.done);
}

TEST_F(Retention, leaves_no_name_of_an_event_that_an_older_format_wrote) {
    world.test.db.set_made_with(storage::kFirstFormat);
    auto old = say("old");
    auto names = world.store.index_keys(old);
    ASSERT_EQ(names.size(), 2u);
    storage::Change change(world.test.db, Owner::room, info->number, world.test.db.epoch(Owner::room, info->number));
    std::string value;
    put_varint(value, number(old));
    change.del(kEventIndex, info->number, names.front());
    change.put(kEventIndex, info->number, names.back(), value);
    ASSERT_TRUE(run_blocking(world.pool, world.test.db.commit(std::move(change))));
    EXPECT_TRUE(find(old));
    say("another");
    world.clock.advance(kHour + kMinute);
    EXPECT_EQ(pass(), 2u);
    for (const auto& name : names) EXPECT_TRUE(raw(kEventIndex, name).value.empty());
}

TEST_F(Retention, leaves_a_husk_of_the_last_event_until_another_came) {
    auto last = say("the last words");
    auto at = number(last);
    world.clock.advance(2 * kHour);
    EXPECT_EQ(pass(), 1u);
    EXPECT_EQ(pass(), 0u) << "it stays as it is";
    EXPECT_FALSE(find(last));
    auto husk = kept(at);
    ASSERT_TRUE(husk);
    EXPECT_TRUE(husk->husk);
    EXPECT_TRUE(husk->event->content.empty());
    EXPECT_EQ((*world.store.with_pdu(*info, *husk))->pdu->json.find("the last words"), std::string::npos);
    EXPECT_EQ(husk->event->id, last);
    EXPECT_TRUE((*world.test.db.get(kEvents, info->number, number_key(at)))->gone);
    EXPECT_EQ(history(Direction::backward), (Texts{"m.room.join_rules", "m.room.member", "m.room.create"}));

    // In a room that is loaded anew the next one refers to it all the same.
    RoomStore store(world.test.db, {}, world.retention, &world.clock);
    Rooms rooms(world.test.db, store, world.memberships, world.activity, world.feed, world.clock, world.random,
                world.key, {ServerName::trusted("example.org")});
    auto next = run_blocking(world.pool, rooms.send(kAda, room, Draft{"m.room.message", {}, {{"body", "next"}}}, {}));
    ASSERT_TRUE(next) << next.error().detail;
    EXPECT_EQ((*world.store.with_pdu(*info, *find(*next)))->pdu->prev_events, std::vector{last});
    EXPECT_EQ(number(*next), at + 1);
    RetentionSweep sweep({world.test.db, store, rooms, world.activity, timers, world.clock, world.pool, &traces});
    EXPECT_EQ(*run_blocking(world.pool, sweep.pass()), 1u);
    EXPECT_FALSE(has_row(at));
    EXPECT_EQ(world.rows(kRedactedEvents), 0u);
}

TEST_F(Retention, never_shows_a_husk_even_if_the_room_keeps_events_longer_from_now_on) {
    auto last = say("last");
    world.clock.advance(2 * kHour);
    EXPECT_EQ(pass(), 1u);
    set_lifetime(30 * kDay);
    EXPECT_FALSE(find(last));
    EXPECT_EQ(history(Direction::backward).front(), "m.room.retention");
}

TEST_F(Retention, follows_what_the_room_asks_for) {
    auto first = say("first");
    world.clock.advance(30min);
    set_lifetime(10min);
    EXPECT_FALSE(find(first)) << "the newest wish holds for all events";
    set_lifetime(40min);
    EXPECT_TRUE(find(first));
    set("m.room.retention", {});
    world.clock.advance(30 * kDay);
    EXPECT_TRUE(find(first)) << "no wish any more, nor that of the server";
    EXPECT_EQ(pass(), 0u);
    auto wish = set("org.matrix.msc1763.retention", {{"max_lifetime", 1000}});
    EXPECT_TRUE(find(first)) << "the other name counts where the first one is not there";
    auto other = world.make_room();
    auto said = *world.say(other, "x");
    auto set_there = run_blocking(
        world.pool,
        world.rooms.send(kAda, other, Draft{"org.matrix.msc1763.retention", "", {{"max_lifetime", 1000}}}, {}));
    ASSERT_TRUE(set_there);
    world.clock.advance(2s);
    EXPECT_FALSE(world.read(other, said));
}

TEST_F(Retention, refuses_a_wish_that_makes_no_sense) {
    auto sent = run_blocking(
        world.pool, world.rooms.send(kAda, room, Draft{"m.room.retention", "", {{"max_lifetime", "soon"}}}, {}));
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().m_code, "M_BAD_JSON");
    World off;
    auto there = off.make_room();
    auto taken = run_blocking(
        off.pool, off.rooms.send(kAda, there, Draft{"m.room.retention", "", {{"max_lifetime", "soon"}}}, {}));
    EXPECT_TRUE(taken) << "nobody looks at it where it changes nothing";
}

TEST_F(Retention, redacting_the_wish_takes_it_back) {
    auto first = say("first");
    auto wish = set("m.room.retention", {{"max_lifetime", 1000}});
    world.clock.advance(2s);
    EXPECT_FALSE(find(first));
    ASSERT_TRUE(world.redact(room, wish));
    EXPECT_TRUE(find(first));
}

// The state at any position is what it was, and numbers of places stay in order, whatever was destroyed between.
TEST_F(Retention, keeps_state_at_every_position) {
    SeededRandom random(11);
    struct Point {
        storage::Position position;
        StateRoots roots;
        EventNumber number;
    };
    std::vector<Point> points;
    auto note = [&] {
        auto last = *world.store.last(*info);
        points.push_back({last->position, last->after, last->number});
    };
    for (int i = 0; i < 300; ++i) {
        if (random.u64() % 5 == 0) {
            set("m.room.topic", {{"topic", i}});
        } else {
            say("text " + std::to_string(i));
        }
        note();
        world.clock.advance(1min);
        if (random.u64() % 40 == 0) pass();
    }
    std::set<EventNumber> there;
    for (EventNumber n = 1; n <= points.back().number; ++n) {
        if (has_row(n)) there.insert(n);
    }
    EXPECT_LT(there.size(), points.size() - 50) << "or this tests nothing";
    RoomStore fresh(world.test.db, {}, world.retention, &world.clock);
    for (const auto* store : {&world.store, &fresh}) {
        for (const auto& point : points) {
            auto found = *store->last(*info, point.position);
            ASSERT_TRUE(found);
            EXPECT_EQ(found->after, point.roots) << point.number;
            auto below = std::prev(there.upper_bound(point.number));
            EXPECT_EQ(found->number, *below) << point.number;
            EXPECT_EQ((*store->last_before(*info, point.number + 1))->number, *below);
        }
        EXPECT_FALSE(*store->last(*info, 0));
    }
}

TEST_F(Retention, takes_relations_along) {
    auto root = say("root");
    auto relate = [&](std::string type, std::string key) {
        json::Object relates{{"rel_type", std::move(type)}, {"event_id", root.str()}};
        if (!key.empty()) relates.set("key", key);
        Draft draft{"m.test", {}, {{"m.relates_to", std::move(relates)}}};
        return run_blocking(world.pool, world.rooms.send(kAda, room, std::move(draft), {}));
    };
    ASSERT_TRUE(relate("m.thread", ""));
    ASSERT_TRUE(relate("m.annotation", "+"));
    world.clock.advance(30min);
    auto reply = relate("m.thread", "");
    ASSERT_TRUE(reply);
    auto newest = number(*reply);
    EXPECT_EQ(world.rows(kThreads), 1u);
    world.clock.advance(31min);
    EXPECT_EQ(pass(), 3u);
    const auto& index = world.store.relations();
    auto children = *index.children(info->number, root);
    ASSERT_EQ(children->size(), 1u);
    EXPECT_EQ(children->front().number, newest);
    EXPECT_EQ(world.rows(kAnnotations), 0u);
    auto threads = *index.threads(info->number, ~EventNumber{0}, 10);
    ASSERT_EQ(threads.size(), 1u);
    EXPECT_EQ(threads.front().newest, newest);
    world.clock.advance(1h);
    EXPECT_EQ(pass(), 1u);
    EXPECT_EQ(world.rows(kRelations), 0u);
    EXPECT_EQ(world.rows(kThreads), 0u);
    EXPECT_TRUE((*index.children(info->number, root))->empty());
}

TEST_F(Retention, takes_redacted_events_along_with_their_redactions) {
    auto text = say("text");
    auto topic = set("m.room.topic", {{"topic", "t"}});
    ASSERT_TRUE(world.redact(room, text));
    ASSERT_TRUE(world.redact(room, topic));
    say("last");
    world.clock.advance(2 * kHour);
    EXPECT_EQ(pass(), 4u);
    EXPECT_FALSE(find(text));
    auto still = find(topic);
    ASSERT_TRUE(still) << "state stays, redacted as it is";
    EXPECT_TRUE(still->redacted_by);
    EXPECT_TRUE(still->event->content.empty());
}

TEST_F(Retention, sends_nothing_twice) {
    Transaction transaction{kAda, DeviceId::trusted("PHONE"), "send", "t1"};
    auto sent = world.say(room, "once", transaction);
    ASSERT_TRUE(sent);
    world.clock.advance(2 * kHour);
    EXPECT_EQ(*world.say(room, "once", transaction), *sent) << "hidden, and not destroyed yet";
    pass();
    EXPECT_EQ(*world.say(room, "once", transaction), *sent) << "a husk has its id";
    say("another");
    pass();
    auto again = world.say(room, "once", transaction);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::gone);
}

TEST_F(Retention, does_not_wait_for_what_is_dated_ahead) {
    auto now = world.clock.now();
    auto ahead = say_at(now + 5 * kHour, "from tomorrow");
    auto ahead_number = number(ahead);
    auto plain = say("plain");
    auto plain_number = number(plain);
    say("last");
    world.clock.advance(kHour + kMinute);
    EXPECT_EQ(pass(), 2u);
    EXPECT_FALSE(has_row(plain_number));
    EXPECT_TRUE(find(ahead)) << "its own time is not over";
    // Found again after a restart, and in its time.
    restart();
    EXPECT_EQ(pass(), 0u);
    world.clock.advance(5 * kHour);
    EXPECT_FALSE(find(ahead));
    EXPECT_EQ(pass(), 1u);
    EXPECT_FALSE(has_row(ahead_number));
}

TEST_F(Retention, hides_at_once_what_is_dated_back) {
    auto old = say_at(world.clock.now() - 2 * kHour, "of yesterday");
    EXPECT_FALSE(*world.store.event(*info, old));
    EXPECT_EQ(pass(), 1u);
}

TEST_F(Retention, is_in_order_though_the_clock_was_set_back) {
    std::vector<EventNumber> numbers;
    for (int i = 0; i < 6; ++i)
        numbers.push_back(number(say_at(world.clock.now() + (i % 2) * 2min, std::to_string(i))));
    say("last");
    world.clock.advance(kHour + 1s);
    // Those of the odd numbers were a little ahead; they do not keep the others.
    EXPECT_EQ(pass(), 4u);
    EXPECT_FALSE(has_row(numbers[4]));
    EXPECT_TRUE(has_row(numbers[5]));
    world.clock.advance(3min);
    EXPECT_EQ(pass(), 3u);
    EXPECT_FALSE(has_row(numbers[5]));
}

TEST_F(Retention, destroys_many_in_batches) {
    for (int i = 0; i < 450; ++i) say("m");
    auto state = set("m.room.topic", {{"topic", "t"}});
    for (int i = 0; i < 450; ++i) say("m");
    world.clock.advance(2 * kHour);
    EXPECT_EQ(pass(), 900u);
    EXPECT_EQ(history(Direction::backward),
              (Texts{"m.room.topic", "m.room.join_rules", "m.room.member", "m.room.create"}));
    EXPECT_EQ(world.rows(kEvents), 5u) << "four of state and the husk";
    EXPECT_LT(world.test.vault->frontier(), 200u) << "neighbours are one range in the key table";
}

TEST_F(Retention, goes_on_where_a_failure_stopped_it) {
    for (int i = 0; i < 300; ++i) say("m");
    world.clock.advance(2 * kHour);
    EXPECT_EQ(pass(), 300u);
    set_lifetime(10min);
    for (int i = 0; i < 300; ++i) say("m");
    world.clock.advance(20min);
    world.test.store.fail_next(Errc::io);
    EXPECT_EQ(pass(), 0u);
    EXPECT_EQ(pass(), 0u) << "it waits a minute";
    EXPECT_EQ(history(Direction::backward).size(), 4u) << "hidden all the same";
    world.clock.advance(kMinute);
    EXPECT_EQ(pass(), 301u) << "with the husk of before";
    // A process that knows nothing but the store does the same.
    for (int i = 0; i < 10; ++i) say("m");
    world.clock.advance(20min);
    restart();
    EXPECT_EQ(pass(), 11u);
}

TEST_F(Retention, destroys_nothing_for_an_hour_after_the_clock_has_leapt) {
    auto text = say("text");
    auto at = number(text);
    EXPECT_EQ(pass(), 0u);
    world.clock.advance(30 * kDay);
    restart();
    EXPECT_EQ(pass(), 0u) << "a month since the last run: it may be the clock";
    EXPECT_FALSE(find(text));
    EXPECT_TRUE(has_row(at));
    world.clock.advance(30min);
    EXPECT_EQ(pass(), 0u);
    world.clock.advance(31min);
    EXPECT_EQ(pass(), 1u);
}

TEST_F(Retention, knows_when_something_is_due_next) {
    EXPECT_EQ(pass(), 0u);
    EXPECT_FALSE(sweeps.back()->next_due());
    auto now = world.clock.now();
    say("text");
    pass();
    EXPECT_EQ(sweeps.back()->next_due(), now + kHour + RetentionSweep::slack(kHour));
    set_lifetime(10min);
    pass();
    EXPECT_EQ(sweeps.back()->next_due(), now + 10min + RetentionSweep::slack(10min));
    set("m.room.retention", {});
    pass();
    EXPECT_FALSE(sweeps.back()->next_due());
}

// What a restored backup may look like that was made while keys were destroyed: rows that open no more, also the last.
TEST_F(Retention, a_room_whose_last_event_cannot_be_read_goes_on) {
    auto first = say("first");
    auto last = say("last");
    auto at = number(last);
    storage::Change change(world.test.db, Owner::room, info->number, world.test.db.epoch(Owner::room, info->number));
    change.puncture(kEvents, info->number, at);
    ASSERT_TRUE(run_blocking(world.pool, world.test.db.commit(std::move(change))));
    RoomStore store(world.test.db, {}, world.retention, &world.clock);
    Rooms rooms(world.test.db, store, world.memberships, world.activity, world.feed, world.clock, world.random,
                world.key, {ServerName::trusted("example.org")});
    auto next = run_blocking(world.pool, rooms.send(kAda, room, Draft{"m.room.message", {}, {{"body", "next"}}}, {}));
    ASSERT_TRUE(next) << next.error().detail;
    auto read = *store.event(*info, *next);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->number, at + 1);
    EXPECT_EQ((*store.with_pdu(*info, *read))->pdu->prev_events, std::vector{first});
}

TEST(RetentionOff, changes_nothing) {
    World world;
    auto room = world.make_room();
    auto wish = run_blocking(world.pool,
                             world.rooms.send(kAda, room, Draft{"m.room.retention", "", {{"max_lifetime", 1}}}, {}));
    ASSERT_TRUE(wish);
    auto text = *world.say(room, "text");
    world.clock.advance(365 * kDay);
    EXPECT_TRUE(world.read(room, text));
    Timers timers{world.clock, Timers::Mode::manual};
    RetentionSweep sweep(
        {world.test.db, world.store, world.rooms, world.activity, timers, world.clock, world.pool, nullptr});
    EXPECT_EQ(*run_blocking(world.pool, sweep.pass()), 0u);
    EXPECT_EQ(world.rows(kRetention), 0u);
    EXPECT_EQ(world.rows(kRetentionTime), 0u);
}

// People write, read and redact while the sweep destroys: nothing is lost that is not past its time.
TEST(RetentionUnderLoad, takes_only_what_is_past_its_time) {
    World world({true, Millis{50}});
    auto room = world.make_room();
    auto info = *world.store.find(room);
    Timers timers{world.clock, Timers::Mode::manual};
    RetentionSweep sweep(
        {world.test.db, world.store, world.rooms, world.activity, timers, world.clock, world.pool, nullptr});
    std::atomic<bool> stop = false;
    std::thread sweeper([&] {
        while (!stop) EXPECT_TRUE(run_blocking(world.pool, sweep.pass()));
    });
    std::thread reader([&] {
        while (!stop) {
            auto events = world.store.events(*info, 1, ~EventNumber{0}, 1000, Order::forward);
            ASSERT_TRUE(events);
            for (std::size_t i = 1; i < events->size(); ++i) EXPECT_LT((*events)[i - 1]->number, (*events)[i]->number);
        }
    });
    for (int i = 0; i < 1'000; ++i) {
        auto sent = world.say(room, "m");
        ASSERT_TRUE(sent) << sent.error().detail;
        EXPECT_TRUE(world.read(room, *sent)) << "it has just been sent";
        if (i % 7 == 0) ASSERT_TRUE(world.redact(room, *sent));
        world.clock.advance(Millis{1});
    }
    stop = true;
    sweeper.join();
    reader.join();
    auto last = *world.store.last(*info);
    EXPECT_GE(last->number, 1'000u);
    world.clock.advance(kHour);
    EXPECT_TRUE(run_blocking(world.pool, sweep.pass()));
    EXPECT_EQ(world.rows(kEvents), 4u) << "three of state and the husk";
}

}  // namespace
}  // namespace peyk::rooms
