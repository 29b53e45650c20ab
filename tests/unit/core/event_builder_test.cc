#include "core/event_builder.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "core/hashing.h"

namespace peyk {
namespace {

const ServerName kServer = ServerName::trusted("example.org");

SigningKey test_key() {
    SeededRandom random(11);
    return SigningKey::generate(random, "ed25519:a_1");
}

EventDraft draft_for(const RoomRules& rules) {
    EventDraft draft{.sender = UserId::trusted("@ada:example.org"), .type = "m.room.message"};
    draft.room = RoomId::trusted("!r:example.org");
    draft.content =
        json::Object{{"body", "日本 \n\"x\""}, {"n", -5}, {"list", json::Array{json::Value(1), json::Value()}}};
    draft.origin_server_ts = 1'700'000'000'000;
    draft.depth = 12;
    draft.prev_events = {{EventId::trusted("$p1:x"), "hash1"}, {EventId::trusted("$p2:x"), ""}};
    draft.auth_events = {{EventId::trusted("$a1:x"), "hash2"}};
    if (rules.event_id_format == EventIdFormat::own) draft.id = EventId::trusted("$new:example.org");
    return draft;
}

// The slow way: the tree of the event that was built, signed again from nothing.
void expect_same_as_slow_way(const Event& event, const RoomRules& rules, const SigningKey& key) {
    auto pdu = *json::parse_object(event.pdu->json);
    EXPECT_TRUE(verify_event(pdu, rules, kServer.view(), key.key_id(), key.public_key())) << rules.version;
    EXPECT_TRUE(content_hash_matches(pdu)) << rules.version;
    pdu.erase("hashes");
    pdu.erase("signatures");
    hash_and_sign_event(pdu, kServer.view(), key, rules);
    EXPECT_EQ(json::write(pdu), event.pdu->json) << rules.version;
    auto read = Event::from_pdu(pdu, rules);
    ASSERT_TRUE(read) << rules.version << read.error().detail;
    EXPECT_EQ((*read)->id, event.id);
    EXPECT_EQ((*read)->room, event.room);
    EXPECT_EQ((*read)->sender, event.sender);
    EXPECT_EQ((*read)->type, event.type);
    EXPECT_EQ((*read)->state_key, event.state_key);
    EXPECT_EQ((*read)->origin_server_ts, event.origin_server_ts);
    EXPECT_EQ((*read)->pdu->depth, event.pdu->depth);
    EXPECT_EQ((*read)->pdu->prev_events, event.pdu->prev_events);
    EXPECT_EQ((*read)->pdu->auth_events, event.pdu->auth_events);
    EXPECT_EQ((*read)->redacts, event.redacts);
    EXPECT_EQ((*read)->content, event.content);
}

TEST(EventBuilder, MakesTheSameEventAsSigningTheTree) {
    const SigningKey key = test_key();
    for (const RoomRules& rules : kRoomRules) {
        auto event = build_event(draft_for(rules), kServer, key, rules);
        ASSERT_TRUE(event) << rules.version;
        expect_same_as_slow_way(**event, rules, key);

        auto member = draft_for(rules);
        member.type = "m.room.member";
        member.state_key = "@ada:example.org";
        member.content = json::Object{{"membership", "join"}, {"displayname", "Ada"}};
        auto joined = build_event(std::move(member), kServer, key, rules);
        ASSERT_TRUE(joined) << rules.version;
        expect_same_as_slow_way(**joined, rules, key);
        EXPECT_TRUE((*joined)->is("m.room.member", "@ada:example.org"));
    }
}

TEST(EventBuilder, PutsTheTargetOfARedactionWhereTheVersionHasIt) {
    const SigningKey key = test_key();
    for (const RoomRules& rules : kRoomRules) {
        auto draft = draft_for(rules);
        draft.type = "m.room.redaction";
        draft.content = json::Object{{"reason", "spam"}};
        draft.redacts = EventId::trusted("$target:x");
        auto event = build_event(std::move(draft), kServer, key, rules);
        ASSERT_TRUE(event);
        expect_same_as_slow_way(**event, rules, key);
        auto pdu = *json::parse((*event)->pdu->json);
        EXPECT_EQ(pdu.get_string("redacts").has_value(), !rules.redacts_in_content) << rules.version;
        EXPECT_EQ(pdu.get_path({"content", "redacts"}) != nullptr, rules.redacts_in_content) << rules.version;
    }
}

TEST(EventBuilder, ACreateEventOfVersion12NamesItsRoom) {
    const SigningKey key = test_key();
    auto draft = [](const RoomRules& rules) {
        auto create = draft_for(rules);
        create.type = "m.room.create";
        create.state_key = "";
        create.prev_events = {};
        create.auth_events = {};
        create.content = json::Object{{"room_version", "12"}};
        return create;
    };
    const RoomRules& twelve = *find_room_rules("12");
    EXPECT_FALSE(build_event(draft(twelve), kServer, key, twelve));  // has a room
    auto create = draft(twelve);
    create.room.reset();
    auto event = build_event(std::move(create), kServer, key, twelve);
    ASSERT_TRUE(event);
    EXPECT_EQ((*event)->room, room_id_of_create((*event)->id));
    expect_same_as_slow_way(**event, twelve, key);
    auto roomless = draft(*find_room_rules("11"));
    roomless.room.reset();
    EXPECT_FALSE(build_event(std::move(roomless), kServer, key, *find_room_rules("11")));
    auto message = draft_for(twelve);
    message.room.reset();
    EXPECT_FALSE(build_event(std::move(message), kServer, key, twelve));
}

TEST(EventBuilder, ReferencesHaveAHashWhereTheVersionHasPairs) {
    const SigningKey key = test_key();
    for (const RoomRules& rules : kRoomRules) {
        auto event = *build_event(draft_for(rules), kServer, key, rules);
        const EventReference reference = reference_to(*event, rules);
        EXPECT_EQ(reference.id, event->id);
        const auto hash = reference_hash(*json::parse_object(event->pdu->json), rules);
        EXPECT_EQ(reference.reference_hash_base64,
                  rules.event_id_format == EventIdFormat::own ? base64_encode(hash.view()) : "");
    }
}

TEST(EventBuilder, RefusesWhatTheFormatRefuses) {
    const SigningKey key = test_key();
    const RoomRules& rules = *find_room_rules("11");
    auto refused = [&](auto change, const RoomRules& of_version) {
        auto draft = draft_for(of_version);
        change(draft);
        auto event = build_event(std::move(draft), kServer, key, of_version);
        return event ? std::string_view("accepted") : event.error().m_code;
    };
    EXPECT_EQ(refused([](EventDraft& d) { d.type = std::string(256, 't'); }, rules), "M_TOO_LARGE");
    EXPECT_EQ(refused([](EventDraft& d) { d.state_key = std::string(256, 't'); }, rules), "M_TOO_LARGE");
    EXPECT_EQ(refused([](EventDraft& d) { d.content.set("x", std::string(65'600, 'x')); }, rules), "M_TOO_LARGE");
    EXPECT_EQ(refused([](EventDraft& d) { d.content.set("x", json::RawNumber{"1.5"}); }, rules), "M_BAD_JSON");
    EXPECT_EQ(refused([](EventDraft& d) { d.type = "\xff"; }, rules), "M_BAD_JSON");
    EXPECT_EQ(refused([](EventDraft& d) { d.state_key = "\xed\xa0\x80"; }, rules), "M_BAD_JSON");
    EXPECT_EQ(refused([](EventDraft& d) { d.depth = -1; }, rules), "M_BAD_JSON");
    EXPECT_EQ(refused([](EventDraft& d) { d.prev_events.resize(21, d.prev_events[0]); }, rules), "M_BAD_JSON");
    EXPECT_EQ(refused([](EventDraft& d) { d.auth_events.resize(11, d.auth_events[0]); }, rules), "M_BAD_JSON");
    EXPECT_EQ(refused([](EventDraft& d) { d.content.set("x", json::RawNumber{"1.5"}); }, *find_room_rules("5")),
              "accepted");
    EXPECT_EQ(refused([](EventDraft& d) { d.id.reset(); }, *find_room_rules("1")), "M_BAD_JSON");
    EXPECT_EQ(refused([](EventDraft&) {}, rules), "accepted");
}

// Not a pass/fail benchmark: machines differ. The bound only catches a mistake of an order of magnitude.
TEST(EventBuilder, AnEventOfOneKilobyteTakesMicroseconds) {
    const SigningKey key = test_key();
    const RoomRules& rules = default_room_rules();
    auto draft = draft_for(rules);
    draft.content =
        json::Object{{"msgtype", "m.text"}, {"body", std::string(500, 'b')}, {"formatted_body", std::string(200, 'f')}};
    constexpr int kRounds = 2000;
    std::size_t bytes = 0;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kRounds; ++i) bytes += (*build_event(draft, kServer, key, rules))->pdu->json.size();
    const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - start;
    const auto sign_start = std::chrono::steady_clock::now();
    for (int i = 0; i < kRounds; ++i) bytes += key.sign(draft.type).size();
    const std::chrono::duration<double, std::micro> signing = std::chrono::steady_clock::now() - sign_start;
    RecordProperty("us_per_event", std::to_string(spent.count() / kRounds));
    fmt::print("{:.1f} us for an event of about {} bytes, of which the signature {:.1f} us\n", spent.count() / kRounds,
               bytes / kRounds, signing.count() / kRounds);
    EXPECT_LT(spent.count() / kRounds, 2000);
}

}  // namespace
}  // namespace peyk
