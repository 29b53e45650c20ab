// Rows of events: every event comes back as it was, byte for byte, in either form, and old rows are read.

#include "rooms/events/event_row.h"

#include <map>
#include <random>

#include "base/bytes.h"
#include "core/event_builder.h"
#include "rooms_world.h"
#include "storage/tables.h"

namespace peyk::rooms {
namespace {

using Order = storage::Store::Order;

Transaction transaction(std::string id) { return {kAda, DeviceId::trusted("PHONE"), "send", std::move(id)}; }

// `whole`: the event of `a` with its PDU.
void expect_same(const StoredEvent& a, const StoredEvent& b, const EventPtr& whole) {
    ASSERT_TRUE(whole && whole->pdu && b.event->pdu);
    EXPECT_EQ(a.number, b.number);
    EXPECT_EQ(a.position, b.position);
    EXPECT_TRUE(a.before == b.before && a.after == b.after);
    EXPECT_EQ(a.replaces, b.replaces);
    EXPECT_EQ(a.sender_device, b.sender_device);
    EXPECT_EQ(a.transaction_id, b.transaction_id);
    EXPECT_EQ(whole->pdu->json, b.event->pdu->json);
    EXPECT_EQ(whole->id, b.event->id);
    EXPECT_EQ(a.event->id, b.event->id);
    EXPECT_EQ(a.event->room, b.event->room);
    EXPECT_EQ(a.event->sender, b.event->sender);
    EXPECT_EQ(a.event->type, b.event->type);
    EXPECT_EQ(a.event->state_key, b.event->state_key);
    EXPECT_EQ(a.event->origin_server_ts, b.event->origin_server_ts);
    EXPECT_EQ(whole->pdu->depth, b.event->pdu->depth);
    EXPECT_EQ(whole->pdu->prev_events, b.event->pdu->prev_events);
    EXPECT_EQ(whole->pdu->auth_events, b.event->pdu->auth_events);
    EXPECT_EQ(a.event->redacts, b.event->redacts);
    EXPECT_EQ(a.event->content, b.event->content);
}

struct Busy : World {
    using World::World;

    Result<EventId> send(const RoomId& room, const UserId& sender, Draft draft, std::optional<Transaction> by = {}) {
        clock.advance(Millis{1'234});
        return run_blocking(pool, rooms.send(sender, room, std::move(draft), std::move(by)));
    }
    // A room with something of everything in it.
    RoomId fill(std::string_view version) {
        clock.advance(Millis{1});
        auto room = make_room(version);
        auto sent = [](const Result<EventId>& id) {
            EXPECT_TRUE(id) << id.error().detail;
            return *id;
        };
        json::Object levels{{"users", json::Object{{kAda.str(), 100}}}};
        if (find_room_rules(version)->creators_infinite_power) levels = {{"users_default", 0}};
        sent(send(room, kAda, Draft{"m.room.power_levels", "", std::move(levels)}));
        sent(send(room, kBob, Draft{"m.room.member", kBob.str(), {{"membership", "join"}, {"displayname", "Bob"}}}));
        sent(send(room, kAda, Draft{"m.room.message", {}, {{"body", std::string(1000, 'x')}}}, transaction("m1.0")));
        sent(send(room, kBob, Draft{"com.example.own", {}, {{"}", "{\"\\"}, {"n", -1}}}));
        auto target = sent(send(room, kBob, Draft{"m.room.message", {}, {{"body", "regretted"}}}));
        sent(send(room, kAda, Draft{"m.room.member", kBob.str(), {{"membership", "leave"}, {"reason", "日本"}}}));
        sent(redact(room, target));
        sent(send(room, kAda, Draft{"m.room.message", {}, {}}));
        return room;
    }
    std::vector<StoredEventPtr> all(const RoomStore& from, const RoomId& room) {
        auto found = from.events(**from.find(room), 1, 1000, 1000, Order::forward);
        EXPECT_TRUE(found) << found.error().detail;
        return found ? *found : std::vector<StoredEventPtr>{};
    }
    std::string body(const RoomId& room, EventNumber number) {
        return (*test.db.get(kEvents, store.number(room), number_key(number)))->body;
    }
};

TEST(EventRow, WhatIsReadIsWhatWasWrittenInEveryVersion) {
    Busy world;
    for (const auto& rules : kRoomRules) {
        auto room = world.fill(rules.version);
        RoomStore fresh(world.test.db);
        auto written = world.all(world.store, room), read = world.all(fresh, room);
        ASSERT_EQ(written.size(), 11u) << rules.version;
        ASSERT_EQ(read.size(), written.size()) << rules.version;
        for (std::size_t i = 0; i < read.size(); ++i) {
            SCOPED_TRACE(fmt::format("{} {} {}", rules.version, i, written[i]->event->pdu->json));
            const auto& info = **fresh.find(room);
            expect_same(*read[i], *written[i], *fresh.with_pdu(info, *read[i]));
            // By id, without anything in the cache: also when what it refers to was not read before.
            RoomStore alone(world.test.db);
            auto one = alone.event(**alone.find(room), written[i]->event->id);
            ASSERT_TRUE(one && *one);
            expect_same(**one, *written[i], *alone.with_pdu(info, **one));
            if (written[i]->redacted_by) continue;
            bool in_parts = world.body(room, written[i]->number).front() == '\0';
            EXPECT_EQ(in_parts, rules.event_id_format != EventIdFormat::own);
        }
    }
}

TEST(EventRow, AMessageCostsItsContentTheHashesThatNameNothingKnownAndLittleMore) {
    Busy world;
    auto room = world.fill("12");
    auto id =
        *world.send(room, kAda, Draft{"m.room.message", {}, {{"body", "x"}, {"msgtype", "m.text"}}}, transaction("m1"));
    auto message = world.read(room, id);
    auto content = json::write(message->event->content).size();
    // Content hash, signature, the event before, the device; what is known is not there.
    EXPECT_LE(world.body(room, message->number).size(), content + 32 + 64 + 32 + 8 + 20);
    for (std::string_view known : {std::string_view(kAda.view()), room.view(), std::string_view("example.org"),
                                   std::string_view("m.room.message"), std::string_view("ed25519")}) {
        EXPECT_EQ(world.body(room, message->number).find(known), std::string::npos) << known;
    }
}

// The server's key was another when the room was made: the name of the new one is written.
TEST(EventRow, ARoomOutlivesASigningKey) {
    Busy world;
    auto room = world.fill("11");
    auto key = SigningKey::generate(world.random, "ed25519:another");
    Rooms later(world.test.db, world.store, world.memberships, world.activity, world.feed, world.clock, world.random,
                key, {ServerName::trusted("example.org")});
    auto id = run_blocking(world.pool, later.send(kAda, room, Draft{"m.room.message", {}, {{"body", "x"}}}, {}));
    ASSERT_TRUE(id);
    RoomStore fresh(world.test.db);
    const auto& info = **fresh.find(room);
    auto read = *fresh.event(info, *id);
    expect_same(*read, *world.read(room, *id), *fresh.with_pdu(info, *read));
    EXPECT_NE(world.read(room, *id)->event->pdu->json.find("ed25519:another"), std::string::npos);
}

// What a name stands for is found although its event was redacted.
TEST(EventRow, EventsReferToOnesThatWereRedacted) {
    Busy world;
    auto room = world.fill("12");
    auto info = *world.store.find(room);
    auto last = *world.store.last(*info);
    auto member = *world.store.state(*info, last->after, "m.room.member", kAda.view());
    ASSERT_TRUE(world.redact(room, member->event->id));
    RoomStore fresh(world.test.db);
    auto read = *fresh.event(**fresh.find(room), last->number);
    ASSERT_TRUE(read);
    expect_same(*read, *last, *fresh.with_pdu(*info, *read));
    EXPECT_EQ(read->event->sender, kAda);
}

// A backup that was made while keys were destroyed may hold the row of a redacted event and neither its key nor what
// the redaction left: who referred to it is read all the same.
TEST(EventRow, EventsReferToOnesWhoseRowOpensNoMore) {
    Busy world;
    auto room = world.fill("12");
    auto info = *world.store.find(room);
    auto written = world.all(world.store, room);
    storage::Change change(world.test.db, Owner::room, info->number, world.test.db.epoch(Owner::room, info->number));
    std::size_t state = 0;
    for (const auto& event : written) {
        if (!event->event->is_state()) continue;
        change.puncture(kEvents, info->number, event->number);
        ++state;
    }
    ASSERT_TRUE(run_blocking(world.pool, world.test.db.commit(std::move(change))));
    RoomStore fresh(world.test.db);
    auto read = world.all(fresh, room);
    ASSERT_EQ(read.size(), written.size() - state);
    for (const auto& event : read) {
        expect_same(*event, **std::ranges::find(written, event->number, &StoredEvent::number),
                    *fresh.with_pdu(*info, *event));
    }
}

TEST(EventRow, OnlyWhatIsReferredToHasANameAndOnlyOne) {
    Busy world;
    auto room = world.make_room("12");
    auto info = *world.store.find(room);
    world.send(room, kAda, Draft{"m.room.name", "", {{"name", "a"}}});
    auto named = [&] {
        std::string next;
        std::vector<EventNumber> out;
        for (const auto& row : *world.test.db.walk(kStateNames, next, 100))
            out.push_back(get_u64be(row.entry.rest.data()));
        return out;
    };
    // Member by the others; the create event has no place in auth_events of version 12, and nobody refers to the rules.
    EXPECT_EQ(named(), (std::vector<EventNumber>{2}));
    auto last = *world.store.last(*info);
    auto member = *world.store.name(*info, 2);
    ASSERT_TRUE(member);
    EXPECT_EQ(member->id, last->event->pdu->auth_events.front());
    EXPECT_EQ(member->state_key, kAda.view());
    EXPECT_EQ(*world.store.name(*info, 1), nullptr);
    RoomStore fresh(world.test.db);
    Rooms rooms(world.test.db, fresh, world.memberships, world.activity, world.feed, world.clock, world.random,
                world.key, {ServerName::trusted("example.org")});
    ASSERT_TRUE(run_blocking(world.pool, rooms.send(kAda, room, Draft{"m.room.message", {}, {{"body", "x"}}}, {})));
    EXPECT_EQ(named(), (std::vector<EventNumber>{2}));
}

// Turns all rows of a room into what format 1 wrote.
void make_rows_of_format_1(Busy& world, const RoomId& room, const Transaction& sent) {
    auto number = world.store.number(room);
    auto& db = world.test.db;
    storage::Change change(db, Owner::room, number, db.epoch(Owner::room, number));
    std::string info;
    put_bytes(info, room.view());
    put_bytes(info, (*world.store.find(room))->rules->version);
    change.put(kRoomInfo, number, "", info);
    for (const auto& event : world.all(world.store, room)) {
        auto digest = db.digest("event", event->event->id.view());
        std::string value;
        put_varint(value, event->number);
        change.del(kStateNames, number, number_key(event->number));
        change.del(kEventIndex, number, digest.substr(0, 10));
        change.put(kEventIndex, number, digest, value);
        if (!event->redacted_by)
            change.put(kEvents, number, number_key(event->number), encode_whole_body(*event), encode_header(*event));
        if (event->transaction_id != sent.id) continue;
        std::string text;
        for (auto part :
             {sent.user.view(), sent.device.view(), std::string_view(sent.scope), std::string_view(sent.id)})
            put_bytes(text, part);
        auto key = db.digest("transaction", text);
        change.del(kTransactions, number, key.substr(0, 8));
        change.put(kTransactions, number, key, value);
    }
    ASSERT_TRUE(run_blocking(world.pool, db.commit(std::move(change))));
}

TEST(EventRow, RowsOfFormat1AreReadAndGoOn) {
    for (const auto& rules : kRoomRules) {
        SCOPED_TRACE(rules.version);
        Busy world({}, storage::kFirstFormat);
        auto room = world.fill(rules.version);
        auto written = world.all(world.store, room);
        auto retried = transaction("m1.0");
        make_rows_of_format_1(world, room, retried);

        RoomStore store(world.test.db);
        Rooms rooms(world.test.db, store, world.memberships, world.activity, world.feed, world.clock, world.random,
                    world.key, {ServerName::trusted("example.org")});
        for (const auto& event : written) {
            auto read = store.event(**store.find(room), event->event->id);
            ASSERT_TRUE(read && *read) << event->event->pdu->json;
            EXPECT_EQ((*store.with_pdu(**store.find(room), **read))->pdu->json, event->event->pdu->json);
            EXPECT_EQ((*read)->transaction_id, event->transaction_id);
        }
        // A retry across the upgrade is still no new event, and what comes next refers to rows of both formats.
        auto again = run_blocking(world.pool, rooms.send(kAda, room, Draft{"m.room.message", {}, {}}, retried));
        ASSERT_TRUE(again) << again.error().detail;
        EXPECT_EQ(*again, written[5]->event->id);
        auto next =
            run_blocking(world.pool, rooms.send(kAda, room, Draft{"m.room.message", {}, {{"body", "new"}}}, {}));
        ASSERT_TRUE(next) << next.error().detail;
        RoomStore fresh(world.test.db);
        auto read = *fresh.event(**fresh.find(room), *next);
        ASSERT_TRUE(read);
        auto whole = *fresh.with_pdu(**fresh.find(room), *read);
        expect_same(*read, **store.event(**store.find(room), *next), whole);
        EXPECT_EQ(whole->pdu->prev_events, std::vector<EventId>{written.back()->event->id});
    }
}

// The digest in the key is short: an event must not be taken for the answer to another transaction.
TEST(EventRow, ATransactionThatOnlyLooksLikeAnotherIsANewEvent) {
    Busy world;
    auto room = world.fill("12");
    auto first = *world.send(room, kAda, Draft{"m.room.message", {}, {{"body", "one"}}}, transaction("t1"));
    auto number = world.store.number(room);
    auto& db = world.test.db;
    // t2's key leads to t1's event, as if the digests were alike.
    std::string text;
    for (std::string_view part :
         {kAda.view(), std::string_view("PHONE"), std::string_view("send"), std::string_view("t2")})
        put_bytes(text, part);
    storage::Change change(db, Owner::room, number, db.epoch(Owner::room, number));
    std::string value;
    put_varint(value, world.read(room, first)->number);
    change.put(kTransactions, number, db.digest("transaction", text).substr(0, 8), value);
    ASSERT_TRUE(run_blocking(world.pool, db.commit(std::move(change))));
    auto second = world.send(room, kAda, Draft{"m.room.message", {}, {{"body", "two"}}}, transaction("t2"));
    ASSERT_TRUE(second);
    EXPECT_NE(*second, first);
    EXPECT_EQ(*world.send(room, kAda, Draft{"m.room.message", {}, {{"body", "two"}}}, transaction("t2")), *second);
    // After a redaction the event does not know its transaction any more, and still answers the retry.
    ASSERT_TRUE(world.redact(room, *second));
    EXPECT_EQ(*world.send(room, kAda, Draft{"m.room.message", {}, {{"body", "two"}}}, transaction("t2")), *second);
}

struct Named final : EventNames {
    std::map<EventNumber, EventNamePtr> known;
    Result<EventNamePtr> name(EventNumber number) const override {
        auto found = known.find(number);
        if (found == known.end()) return fail(Errc::corrupt, "no such event");
        return found->second;
    }
};

struct Fixed {
    SeededRandom random{3};
    SigningKey key = SigningKey::generate(random, "ed25519:a_key");
    const RoomRules& rules = *find_room_rules("12");
    RoomInfo room{RoomId::trusted("!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), 1, &rules, "ed25519:a_key"};
    Named names;
    std::vector<AuthReference> auth;
    ServerName server = ServerName::trusted("example.org");

    std::shared_ptr<StoredEvent> make(EventNumber number, std::string type, std::optional<std::string> state_key,
                                      json::Object content) {
        EventDraft draft{.sender = kAda, .room = room.id, .type = std::move(type), .state_key = std::move(state_key)};
        draft.content = std::move(content);
        draft.origin_server_ts = 1'700'000'000'000;
        draft.depth = static_cast<std::int64_t>(number);
        draft.prev_events.push_back({EventId::trusted("$BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA")});
        for (const auto& reference : auth) draft.auth_events.push_back({reference.event->id});
        auto stored = std::make_shared<StoredEvent>();
        stored->number = number;
        stored->event = *build_event(std::move(draft), server, key, rules);
        return stored;
    }
    EncodedBody encode(const StoredEvent& event) {
        return encode_body(event, room, EventOrigin{server.view(), key.key_id(), auth});
    }
    void add_name(const StoredEvent& event) {
        auto name = decode_name(encode_name(*event.event));
        ASSERT_TRUE(name) << name.error().detail;
        EXPECT_EQ((*name)->id, event.event->id);
        names.known.emplace(event.number, *name);
        auth.push_back({event.number, event.event});
    }
    Result<void> decode(std::string_view bytes, StoredEvent& into) {
        return decode_body(bytes, room, names, Detail::pdu, into);
    }
};

// Stores have these bytes: they give the same events for ever. Made without this program.
TEST(EventRow, FormatThreeIsWhatItWas) {
    Fixed fixed;
    auto member = *hex_decode(
        "000380d095ffbc3100030001000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f40414243"
        "4445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f70717273"
        "7475767778797a7b7c7d7e7f01202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f808182"
        "838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f10406164613a6578616d706c652e6f72677b22"
        "6d656d62657273686970223a226a6f696e227d");
    constexpr std::string_view kId = "$gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp8";
    auto name = decode_name(fmt::format("\x2c{}@ada:example.org", kId));
    ASSERT_TRUE(name) << name.error().detail;
    EXPECT_EQ((*name)->id.view(), kId);
    EXPECT_EQ((*name)->state_key, kAda.view());
    StoredEvent read;
    read.number = 2;
    ASSERT_TRUE(fixed.decode(member, read));
    EXPECT_EQ(
        read.event->pdu->json,
        R"({"auth_events":[],"content":{"membership":"join"},"depth":2,"hashes":{"sha256":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"},"origin_server_ts":1700000000000,"prev_events":["$ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8"],"room_id)"
        R"(":"!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","sender":"@ada:example.org","signatures":{"example.org":{"ed25519:a_key":"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl9gYWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+fw"}},"state_key":"@ada:example.org","type":"m.room.member"})");
    EXPECT_EQ(read.event->id.view(), kId);
    fixed.names.known.emplace(2, *name);

    auto message = *hex_decode(
        "000480d095ffbc310201010202000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f404142"
        "434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172"
        "737475767778797a7b7c7d7e7f01202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f3132"
        "3334353637380374786e7b22626f6479223a226869227d");
    StoredEvent said;
    said.number = 300;
    ASSERT_TRUE(fixed.decode(message, said));
    EXPECT_EQ(
        said.event->pdu->json,
        R"({"auth_events":["$gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp8"],"content":{"body":"hi"},"depth":301,"hashes":{"sha256":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"},"origin_server_ts":1700000000000,"prev_events":["$ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3OD)"
        R"(k6Ozw9Pj8"],"room_id":"!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","sender":"@ada:example.org","signatures":{"example.org":{"ed25519:a_key":"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl9gYWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+fw"}},"type":"m.room.message"})");
    EXPECT_EQ(said.event->id.view(), "$7xo7oN3deP0RvO5xPXxkK0Rs6DZAuKHP8MN3MyFJPuM");
    EXPECT_EQ(said.event->sender, kAda);
    EXPECT_EQ(said.sender_device, "12345678");
    EXPECT_EQ(said.transaction_id, "txn");
}

TEST(EventRow, WhatIsDamagedIsRefusedOrIsSomeEvent) {
    Fixed fixed;
    auto member = fixed.make(2, "m.room.member", kAda.str(), {{"membership", "join"}});
    auto member_body = fixed.encode(*member).bytes;
    fixed.add_name(*member);
    auto message = fixed.make(3, "m.room.message", {}, {{"body", "hello"}});
    message->sender_device = "12345678";
    message->transaction_id = "txn";
    auto body = fixed.encode(*message).bytes;
    std::mt19937_64 random(1);
    for (const auto& whole : {body, member_body, encode_whole_body(*message)}) {
        for (std::size_t length = 0; length < whole.size(); ++length) {
            StoredEvent read;
            read.number = 3;
            auto cut = fixed.decode(std::string_view(whole).substr(0, length), read);
            EXPECT_FALSE(cut) << length;
            if (!cut) EXPECT_EQ(cut.error().code, Errc::corrupt);
        }
        for (int round = 0; round < 3000; ++round) {
            auto damaged = whole;
            for (auto times = random() % 3 + 1; times > 0; --times)
                damaged[random() % damaged.size()] = static_cast<char>(random());
            StoredEvent read;
            read.number = 3;
            (void)fixed.decode(damaged, read);
            (void)decode_body(damaged, fixed.room, fixed.names, Detail::client, read);
        }
    }
    EXPECT_FALSE(decode_name(""));
    EXPECT_FALSE(decode_name("\x05$abc"));
}

// Events that parts do not make exactly keep everything.
TEST(EventRow, EventsOfAnotherShapeAreWrittenWhole) {
    Fixed fixed;
    auto written_whole = [&](const StoredEvent& event) {
        auto encoded = fixed.encode(event);
        StoredEvent read;
        read.number = event.number;
        EXPECT_TRUE(fixed.decode(encoded.bytes, read));
        expect_same(read, event, read.event);
        return encoded.bytes == encode_whole_body(event) && encoded.noise == 0;
    };
    auto message = fixed.make(3, "m.room.message", {}, {{"body", "hello"}});
    EXPECT_FALSE(written_whole(*message));
    const auto text = message->event->pdu->json;
    auto changed = [&](auto change) {
        auto pdu = *json::parse_object(text);
        change(pdu);
        message->event = *Event::from_pdu(std::move(pdu), fixed.rules);
        return written_whole(*message);
    };
    EXPECT_TRUE(changed([](json::Object& pdu) { pdu.set("custom", 1); }));
    EXPECT_TRUE(changed([](json::Object& pdu) { pdu.set("origin", "example.org"); }));
    EXPECT_TRUE(changed([](json::Object& pdu) { pdu.set("sender", "@eve:elsewhere.example"); }));
    EXPECT_TRUE(changed([](json::Object& pdu) { pdu.set("hashes", json::Object{{"sha256", "x"}}); }));
    EXPECT_TRUE(changed([](json::Object& pdu) {
        pdu.set("auth_events", json::Array{json::Value("$BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA")});
    }));
    EXPECT_TRUE(changed([](json::Object& pdu) { pdu.set("prev_events", json::Array{json::Value("$not-a-hash")}); }));
    // The last letter of 43 has bits to spare: another one means the same bytes and is another text.
    EXPECT_TRUE(
        changed([](json::Object& pdu) { pdu.set("hashes", json::Object{{"sha256", std::string(42, 'A') + 'B'}}); }));
    // Another content under the same hash is another event, but has all the parts.
    EXPECT_FALSE(changed([](json::Object& pdu) { pdu.set("content", json::Object{{"body", "no"}}); }));
}

}  // namespace
}  // namespace peyk::rooms
