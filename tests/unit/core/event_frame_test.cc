// An event's text and its parts: each is made from the other, for every version, or there are no parts.

#include "core/event_frame.h"

#include <gtest/gtest.h>

#include "core/event_builder.h"

namespace peyk {
namespace {

const ServerName kServer = ServerName::trusted("example.org");

EventDraft draft_for(const RoomRules& rules, std::string_view type) {
    EventDraft draft{.sender = UserId::trusted("@ada:example.org"), .type = std::string(type)};
    draft.room = RoomId::trusted("!r:example.org");
    draft.origin_server_ts = 1'700'000'000'000;
    draft.depth = 12;
    draft.prev_events = {{EventId::trusted("$p1:x"), "hash1"}, {EventId::trusted("$p2:x"), ""}};
    draft.auth_events = {{EventId::trusted("$a1:x"), "hash2"}};
    if (rules.event_id_format == EventIdFormat::own) draft.id = EventId::trusted("$new:example.org");
    return draft;
}

SigningKey test_key() {
    SeededRandom random(11);
    return SigningKey::generate(random, "ed25519:a_1");
}

// Contents whose text could be taken for the end of the content, or of the event.
std::vector<json::Object> contents() {
    return {{},
            {{"body", "x"}},
            {{"body", "\"},\"depth\":12,\"hashes\":{\"sha256\":\""}},
            {{"a", json::Array{json::Value(json::Object{{"}", "{"}}), json::Value("\\\"}")}}, {"z", "\\"}},
            {{"body", "日本 \n"}, {"n", -5}}};
}

TEST(EventFrame, SplitsTheTextOfEveryEventThatIsBuilt) {
    const SigningKey key = test_key();
    for (const RoomRules& rules : kRoomRules) {
        for (const auto& content : contents()) {
            for (std::string_view type : {"m.room.message", "m.room.redaction", "m.room.name"}) {
                auto draft = draft_for(rules, type);
                draft.content = content;
                if (type == "m.room.redaction") draft.redacts = EventId::trusted("$target:x");
                if (type == "m.room.name") draft.state_key = "\"quoted\"";
                EventFrame frame(draft, rules);
                auto event = build_event(std::move(draft), kServer, key, rules);
                ASSERT_TRUE(event) << rules.version;
                auto parts = frame.split((*event)->pdu->json, kServer.view(), key.key_id());
                ASSERT_TRUE(parts) << rules.version << ' ' << (*event)->pdu->json;
                EXPECT_EQ(parts->content, json::write((*event)->content));
                EventSignature signature{kServer.view(), key.key_id(), parts->signature_base64};
                EXPECT_EQ(frame.whole_text(parts->content, parts->hash_base64, signature), (*event)->pdu->json);
                if (rules.event_id_format == EventIdFormat::own) continue;
                auto again = EventFrame(**event, rules).whole_text(parts->content, parts->hash_base64, signature);
                EXPECT_EQ(again, (*event)->pdu->json) << rules.version;
            }
        }
    }
}

TEST(EventFrame, HasNoPartsOfAnEventThatHasMoreToIt) {
    const SigningKey key = test_key();
    const RoomRules& rules = *find_room_rules("11");
    auto draft = draft_for(rules, "m.room.message");
    draft.content = json::Object{{"body", "x"}};
    EventFrame frame(draft, rules);
    auto text = (*build_event(draft, kServer, key, rules))->pdu->json;
    auto splits = [&](std::string_view changed) {
        return frame.split(changed, kServer.view(), key.key_id()).has_value();
    };
    auto with = [&](std::string_view what, std::string_view instead) {
        auto changed = text;
        auto at = changed.find(what);
        EXPECT_NE(at, std::string::npos) << what;
        return changed.replace(at, what.size(), instead);
    };
    ASSERT_TRUE(splits(text));
    EXPECT_FALSE(splits(with(R"("depth")", R"("custom":1,"depth")")));  // stands right behind the content
    EXPECT_FALSE(splits(with(R"("depth":12)", R"("depth":13)")));
    EXPECT_FALSE(splits(with(R"("hashes":{)", R"("hashes":{"md5":"x",)")));
    EXPECT_FALSE(splits(with(R"("origin_server_ts")", R"("origin":"example.org","origin_server_ts")")));
    EXPECT_FALSE(splits(with(R"("signatures":{)", R"("signatures":{"a.example":{"ed25519:1":"x"},)")));
    EXPECT_FALSE(splits(with(R"("type")", R"("state_key":"","type")")));
    EXPECT_FALSE(splits(with(R"({"body":"x"})", "[]")));
    EXPECT_FALSE(frame.split(text, "other.example", key.key_id()));
    EXPECT_FALSE(frame.split(text, kServer.view(), "ed25519:b"));
    for (std::size_t length = 0; length < text.size(); ++length) EXPECT_FALSE(splits(text.substr(0, length)));
}

}  // namespace
}  // namespace peyk
