// Redaction, hashes, ids and signatures against the vectors of the appendices and of tests/vectors (made by
// make_vectors.py, which says what each case is for).

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/bytes.h"
#include "core/event.h"
#include "core/hashing.h"
#include "core/redaction.h"
#include "core/signing.h"

namespace peyk {
namespace {

json::Object object_of(std::string_view text) {
    auto object = json::parse_object(text);
    EXPECT_TRUE(object) << text;
    return object ? *std::move(object) : json::Object{};
}

SigningKey spec_key() {
    return *SigningKey::from_seed("ed25519:1", *base64_decode("YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1"));
}

// Spec: Appendices › Cryptographic Test Vectors.
TEST(SpecVectors, AnEmptyObjectIsSigned) {
    auto object = object_of("{}");
    sign_json(object, "domain", spec_key());
    EXPECT_EQ(
        json::write(object),
        R"({"signatures":{"domain":{"ed25519:1":"K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ"}}})");
}

TEST(SpecVectors, AnObjectWithValuesIsSigned) {
    auto object = object_of(R"({"one":1,"two":"Two"})");
    sign_json(object, "domain", spec_key());
    EXPECT_EQ(
        json::write(object),
        R"({"one":1,"signatures":{"domain":{"ed25519:1":"KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw"}},"two":"Two"})");
}

TEST(SpecVectors, AMinimalEventIsHashedAndSigned) {
    auto event = object_of(R"({"room_id":"!x:domain","sender":"@a:domain","origin":"domain","origin_server_ts":1000000,
        "signatures":{},"hashes":{},"type":"X","content":{},"prev_events":[],"auth_events":[],"depth":3,
        "unsigned":{"age_ts":1000000}})");
    hash_and_sign_event(event, "domain", spec_key(), *find_room_rules("1"));
    EXPECT_EQ(
        json::write(event),
        R"({"auth_events":[],"content":{},"depth":3,"hashes":{"sha256":"5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos"},"origin":"domain","origin_server_ts":1000000,"prev_events":[],"room_id":"!x:domain","sender":"@a:domain","signatures":{"domain":{"ed25519:1":"KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+lYAg"}},"type":"X","unsigned":{"age_ts":1000000}})");
}

TEST(SpecVectors, AnEventWithRedactableContentIsHashedAndSigned) {
    auto event =
        object_of(R"({"content":{"body":"Here is the message content"},"event_id":"$0:domain","origin":"domain",
        "origin_server_ts":1000000,"type":"m.room.message","room_id":"!r:domain","sender":"@u:domain","signatures":{},
        "unsigned":{"age_ts":1000000}})");
    hash_and_sign_event(event, "domain", spec_key(), *find_room_rules("1"));
    EXPECT_EQ(
        json::write(event),
        R"({"content":{"body":"Here is the message content"},"event_id":"$0:domain","hashes":{"sha256":"onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g"},"origin":"domain","origin_server_ts":1000000,"room_id":"!r:domain","sender":"@u:domain","signatures":{"domain":{"ed25519:1":"Wm+VzmOUOz08Ds+0NTWb1d4CZrVsJSikkeRxh6aCcUwu6pNC78FunoD7KNWzqFn241eYHYMGCA5McEiVPdhzBA"}},"type":"m.room.message","unsigned":{"age_ts":1000000}})");
}

const json::Array& cases() {
    static const json::Value all = [] {
        std::ifstream file(PEYK_SOURCE_DIR "/tests/vectors/events.json");
        std::stringstream text;
        text << file.rdbuf();
        auto value = json::parse(text.str());
        return value ? *std::move(value) : json::Value(json::Array{});
    }();
    return *all.array();
}

struct Case {
    explicit Case(const json::Value& v)
        : value(v),
          rules(*find_room_rules(*v.get_string("version"))),
          pdu(*v.get_object("pdu")),
          label(fmt::format("version {} {}", rules.version, *v.get_path({"pdu", "type"})->string())) {}
    const json::Value& value;
    const RoomRules& rules;
    const json::Object& pdu;
    std::string label;
};

TEST(EventVectors, ThereIsACaseForEveryVersionAndType) { EXPECT_EQ(cases().size(), 12u * 9u); }

TEST(EventVectors, RedactionKeepsWhatTheVersionLists) {
    for (const json::Value& value : cases()) {
        const Case c(value);
        EXPECT_EQ(json::write(redact(c.pdu, c.rules)), json::write(*value.get_object("redacted"))) << c.label;
        // The text that is signed is the same object without its signatures.
        auto expected = *value.get_object("redacted");
        expected.erase("signatures");
        EXPECT_EQ(event_signed_text(c.pdu, c.rules), json::write(expected)) << c.label;
    }
}

TEST(EventVectors, HashesAndIdsAgree) {
    for (const json::Value& value : cases()) {
        const Case c(value);
        EXPECT_EQ(base64_encode(content_hash(c.pdu).view()), *value.get_string("content_hash")) << c.label;
        EXPECT_TRUE(content_hash_matches(c.pdu)) << c.label;
        EXPECT_EQ(base64_encode(reference_hash(c.pdu, c.rules).view()), *value.get_string("reference_hash")) << c.label;
        auto id = event_id_of(c.pdu, c.rules);
        ASSERT_TRUE(id) << c.label;
        EXPECT_EQ(id->str(), *value.get_string("event_id")) << c.label;
        // An id does not change when the event is redacted.
        EXPECT_EQ(event_id_of(redact(c.pdu, c.rules), c.rules)->str(), id->str()) << c.label;
    }
}

TEST(EventVectors, SignaturesAgreeAndSurviveARedaction) {
    const SigningKey key = spec_key();
    for (const json::Value& value : cases()) {
        const Case c(value);
        auto pdu = c.pdu;
        pdu.erase("signatures");
        hash_and_sign_event(pdu, "domain", key, c.rules);
        EXPECT_EQ(json::write(pdu), json::write(c.pdu)) << c.label;
        EXPECT_TRUE(verify_event(c.pdu, c.rules, "domain", "ed25519:1", key.public_key())) << c.label;
        EXPECT_TRUE(verify_event(redact(c.pdu, c.rules), c.rules, "domain", "ed25519:1", key.public_key())) << c.label;
        pdu.set("depth", 8);
        EXPECT_FALSE(verify_event(pdu, c.rules, "domain", "ed25519:1", key.public_key())) << c.label;
    }
}

TEST(EventVectors, EveryCaseReadsAsAnEvent) {
    for (const json::Value& value : cases()) {
        const Case c(value);
        auto event = Event::from_pdu(c.pdu, c.rules);
        ASSERT_TRUE(event) << c.label << ": " << event.error().detail;
        EXPECT_EQ((*event)->id.str(), *value.get_string("event_id"));
        if (auto room = value.get_string("room_id")) EXPECT_EQ((*event)->room.str(), *room);
        auto kept = c.pdu;
        kept.erase("unsigned");
        EXPECT_EQ((*event)->pdu->json, json::write(kept)) << c.label;
        EXPECT_EQ((*event)->is_state(), c.pdu.contains("state_key"));
        EXPECT_EQ((*event)->content, *c.pdu.find("content")->object());
        EXPECT_EQ((*event)->pdu->depth, 7);
        if ((*event)->is("m.room.redaction")) EXPECT_EQ((*event)->redacts, EventId::trusted("$target")) << c.label;
        auto again = Event::from_stored((*event)->id, (*event)->pdu->json, c.rules);
        ASSERT_TRUE(again) << c.label;
        EXPECT_EQ((*again)->pdu->json, (*event)->pdu->json);
        EXPECT_EQ((*again)->pdu->prev_events, (*event)->pdu->prev_events);
        EXPECT_EQ((*again)->pdu->auth_events, (*event)->pdu->auth_events);
        EXPECT_EQ((*again)->redacts, (*event)->redacts);
        EXPECT_EQ((*again)->room, (*event)->room);
    }
}

TEST(Redaction, WithoutASignedPartAThirdPartyInviteGoesAltogether) {
    auto pdu = object_of(
        R"({"type":"m.room.member","content":{"membership":"join","third_party_invite":{"display_name":"x"}}})");
    EXPECT_EQ(json::write(redact(pdu, *find_room_rules("11"))),
              R"({"content":{"membership":"join"},"type":"m.room.member"})");
    pdu = object_of(R"({"type":"m.room.member","content":{"membership":"join","third_party_invite":[1]}})");
    EXPECT_EQ(json::write(redact(pdu, *find_room_rules("11"))),
              R"({"content":{"membership":"join"},"type":"m.room.member"})");
}

TEST(ContentHash, AMissingOrWrongHashDoesNotMatch) {
    auto pdu = object_of(R"({"content":{"a":1},"type":"x"})");
    EXPECT_FALSE(content_hash_matches(pdu));
    pdu.set("hashes", object_of(R"({"sha256":"###"})"));
    EXPECT_FALSE(content_hash_matches(pdu));
    pdu.set("hashes", json::Object{{"sha256", base64_encode(content_hash(pdu).view())}});
    EXPECT_TRUE(content_hash_matches(pdu));
    pdu.set("unsigned", object_of(R"({"age":1})"));
    EXPECT_TRUE(content_hash_matches(pdu));
    pdu.set("content", object_of(R"({"a":2})"));
    EXPECT_FALSE(content_hash_matches(pdu));
}

TEST(RoomIds, OfVersion12AreTheCreateEventsIdWithAnotherSigil) {
    const EventId create = EventId::trusted("$31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM");
    EXPECT_EQ(room_id_of_create(create).str(), "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM");
    EXPECT_EQ(create_of_room_id(room_id_of_create(create)), create);
}

TEST(SigningKeys, AreReadAndWrittenAsALine) {
    const SigningKey key = spec_key();
    // The appendices' text of the seed has two bits behind its last byte; we write them as zeros.
    EXPECT_EQ(key.format(), "ed25519 1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA0");
    auto again = SigningKey::parse(key.format() + "\r\n");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->key_id(), "ed25519:1");
    EXPECT_EQ(again->public_key_base64(), "XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI");
    for (auto line : {"", "ed25519", "ed25519 1", "ed25519 1 ", "ed25519 1 AAAA",
                      "rsa 1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1",
                      "ed25519 a-b YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1",
                      "ed25519  YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1",
                      "ed25519 1 !!!!A9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1"}) {
        EXPECT_FALSE(SigningKey::parse(line)) << line;
    }
    EXPECT_FALSE(SigningKey::from_seed("ed25519:a b", std::string(32, 'x')));
    EXPECT_FALSE(SigningKey::from_seed("ed25519:", std::string(32, 'x')));
    EXPECT_FALSE(SigningKey::from_seed("1", std::string(32, 'x')));
    EXPECT_FALSE(SigningKey::from_seed("ed25519:1", std::string(31, 'x')));
    SeededRandom random(1);
    EXPECT_NE(SigningKey::generate(random, "ed25519:a").public_key(),
              SigningKey::generate(random, "ed25519:a").public_key());
}

TEST(Signatures, OfSeveralServersLiveSideBySide) {
    SeededRandom random(3);
    const SigningKey a = SigningKey::generate(random, "ed25519:a"), b = SigningKey::generate(random, "ed25519:b");
    auto object = object_of(R"({"x":1,"unsigned":{"age":1}})");
    sign_json(object, "one.example", a);
    sign_json(object, "two.example", b);
    sign_json(object, "one.example", b);
    object.set("unsigned", json::Value(1));
    EXPECT_TRUE(verify_json(object, "one.example", "ed25519:a", a.public_key()));
    EXPECT_TRUE(verify_json(object, "two.example", "ed25519:b", b.public_key()));
    EXPECT_TRUE(verify_json(object, "one.example", "ed25519:b", b.public_key()));
    EXPECT_FALSE(verify_json(object, "two.example", "ed25519:a", a.public_key()));  // no such signature
    EXPECT_FALSE(verify_json(object, "one.example", "ed25519:a", b.public_key()));  // another key
    EXPECT_FALSE(verify_json(object, "one.example", "ed25519:a", "too short"));
    object.set("x", 2);
    EXPECT_FALSE(verify_json(object, "one.example", "ed25519:a", a.public_key()));
    add_signature(object, "one.example", "ed25519:a", "not base64!");
    EXPECT_FALSE(verify_json(object, "one.example", "ed25519:a", a.public_key()));
    add_signature(object, "one.example", "rsa:a", base64_encode(a.sign(signed_text(object))));
    EXPECT_FALSE(verify_json(object, "one.example", "rsa:a", a.public_key()));
}

TEST(RoomRulesTable, KnowsTwelveVersionsAndNoOthers) {
    for (int version = 1; version <= 12; ++version) {
        const RoomRules* rules = find_room_rules(std::to_string(version));
        ASSERT_TRUE(rules);
        EXPECT_EQ(rules->version, std::to_string(version));
        EXPECT_EQ(rules, &kRoomRules[static_cast<std::size_t>(version) - 1]);
    }
    for (auto version : {"", "0", "13", "01", "org.example.v1", "1 "}) EXPECT_FALSE(find_room_rules(version));
    EXPECT_EQ(&default_room_rules(), find_room_rules(kDefaultRoomVersion));
}

// --- the event format ---

json::Object plain_pdu() {
    return object_of(R"({"auth_events":["$a"],"content":{"body":"hi"},"depth":2,"hashes":{"sha256":"x"},
        "origin_server_ts":5,"prev_events":["$p"],"room_id":"!r:example.org","sender":"@u:example.org","signatures":{},
        "type":"m.room.message"})");
}

const RoomRules& version(std::string_view name) { return *find_room_rules(name); }

struct Change {
    std::string_view key;
    std::string_view json;  // empty: the key is removed
};

TEST(EventFormat, WhatTheFormatDemandsIsDemanded) {
    ASSERT_TRUE(Event::from_pdu(plain_pdu(), version("11")));
    constexpr Change kRefused[] = {
        {"auth_events", ""},
        {"auth_events", "{}"},
        {"auth_events", "[1]"},
        {"auth_events", "[\"x\"]"},
        {"prev_events", ""},
        {"prev_events", "null"},
        {"prev_events", R"([["$p",{}]])"},
        {"content", ""},
        {"content", "[]"},
        {"content", "\"x\""},
        {"depth", ""},
        {"depth", "\"2\""},
        {"depth", "-1"},
        {"depth", "1.5"},
        {"depth", "9007199254740992"},
        {"hashes", ""},
        {"hashes", "[]"},
        {"signatures", ""},
        {"signatures", "1"},
        {"origin_server_ts", ""},
        {"origin_server_ts", "\"5\""},
        {"origin_server_ts", "1e300"},
        {"room_id", ""},
        {"room_id", "\"r\""},
        {"room_id", "1"},
        {"sender", ""},
        {"sender", "\"u\""},
        {"sender", "\"@u:exa mple\""},
        {"state_key", "1"},
        {"state_key", "null"},
        {"type", ""},
        {"type", "7"},
        {"anything", "1.5"},
        {"anything", "[{\"deep\":1e99}]"},
    };
    for (const auto& [key, text] : kRefused) {
        auto pdu = plain_pdu();
        pdu.erase(key);
        if (!text.empty()) pdu.set(std::string(key), *json::parse(text));
        auto event = Event::from_pdu(std::move(pdu), version("11"));
        ASSERT_FALSE(event) << key << " = " << text;
        EXPECT_EQ(event.error().m_code, "M_BAD_JSON") << key << " = " << text;
    }
}

TEST(EventFormat, OldVersionsTakeNumbersOf64Bits) {
    auto pdu = plain_pdu();
    pdu.set("depth", *json::parse("9223372036854775807"));
    pdu.set("anything", *json::parse("[1.50,1e400]"));
    auto event = Event::from_pdu(pdu, version("5"));
    ASSERT_TRUE(event);
    EXPECT_EQ((*event)->pdu->depth, INT64_MAX);
    EXPECT_NE((*event)->pdu->json.find("[1.50,1e400]"), std::string::npos);
    EXPECT_FALSE(Event::from_pdu(pdu, version("6")));
    pdu.set("depth", *json::parse("9223372036854775808"));
    EXPECT_FALSE(Event::from_pdu(pdu, version("5")));
}

TEST(EventFormat, TheFirstVersionsReferToEventsByPairs) {
    auto pdu = plain_pdu();
    pdu.set("event_id", "$e:example.org");
    pdu.set("prev_events", *json::parse(R"([["$p:example.org",{"sha256":"x"}]])"));
    pdu.set("auth_events", *json::parse(R"([["$a:example.org",{}],["$b:example.org",{}]])"));
    auto event = Event::from_pdu(pdu, version("2"));
    ASSERT_TRUE(event) << event.error().detail;
    EXPECT_EQ((*event)->id.str(), "$e:example.org");
    EXPECT_EQ((*event)->pdu->auth_events.size(), 2u);
    EXPECT_FALSE(Event::from_pdu(pdu, version("3")));
    for (auto wrong : {R"(["$p:example.org"])", R"([["$p:example.org"]])", R"([["$p:example.org",{},{}]])",
                       R"([[1,{}]])", R"([["$p:example.org","x"]])"}) {
        auto changed = pdu;
        changed.set("prev_events", *json::parse(wrong));
        EXPECT_FALSE(Event::from_pdu(changed, version("1"))) << wrong;
    }
    for (auto wrong : {R"("$nodomain")", "1", R"("e:example.org")"}) {
        auto changed = pdu;
        changed.set("event_id", *json::parse(wrong));
        EXPECT_FALSE(Event::from_pdu(changed, version("1"))) << wrong;
    }
}

TEST(EventFormat, SizesAreInBytesAndOfTheWholeEvent) {
    auto with = [](std::string_view key, json::Value value) {
        auto pdu = plain_pdu();
        pdu.set(std::string(key), std::move(value));
        return Event::from_pdu(std::move(pdu), version("11"));
    };
    EXPECT_TRUE(with("type", std::string(255, 't')));
    EXPECT_EQ(with("type", std::string(256, 't')).error().m_code, "M_TOO_LARGE");
    EXPECT_TRUE(with("state_key", std::string(255, 's')));
    EXPECT_EQ(with("state_key", std::string(256, 's')).error().m_code, "M_TOO_LARGE");
    std::string accents;
    for (int i = 0; i < 128; ++i) accents += "é";
    EXPECT_FALSE(with("state_key", accents));
    EXPECT_FALSE(with("sender", "@" + std::string(255, 'u') + ":example.org"));
    json::Array many(20, json::Value("$p"));
    EXPECT_TRUE(with("prev_events", many));
    many.emplace_back("$p");
    EXPECT_FALSE(with("prev_events", many));
    EXPECT_TRUE(with("auth_events", json::Array(10, json::Value("$a"))));
    EXPECT_FALSE(with("auth_events", json::Array(11, json::Value("$a"))));

    const std::size_t rest = (*with("content", json::Object{{"body", ""}}))->pdu->json.size();
    EXPECT_TRUE(with("content", json::Object{{"body", std::string(65'536 - rest, 'x')}}));
    auto large = with("content", json::Object{{"body", std::string(65'536 - rest + 1, 'x')}});
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().m_code, "M_TOO_LARGE");
    EXPECT_EQ(large.error().code, Errc::too_large);
    // `unsigned` is no part of what is stored.
    EXPECT_TRUE(with("unsigned", json::Object{{"x", std::string(70'000, 'x')}}));
}

TEST(EventFormat, OnlyTheCreateEventOfVersion12HasNoRoomId) {
    auto create = plain_pdu();
    create.set("type", "m.room.create");
    create.set("state_key", "");
    EXPECT_FALSE(Event::from_pdu(create, version("12")));
    EXPECT_TRUE(Event::from_pdu(create, version("11")));
    create.erase("room_id");
    auto event = Event::from_pdu(create, version("12"));
    ASSERT_TRUE(event);
    EXPECT_EQ((*event)->room, room_id_of_create((*event)->id));
    EXPECT_FALSE(Event::from_pdu(create, version("11")));
    auto other = plain_pdu();
    other.erase("room_id");
    EXPECT_FALSE(Event::from_pdu(other, version("12")));
}

TEST(EventFormat, AStoredEventThatDoesNotReadIsCorrupt) {
    auto event = Event::from_stored(EventId::trusted("$x"), "{", version("11"));
    ASSERT_FALSE(event);
    EXPECT_EQ(event.error().code, Errc::corrupt);
    EXPECT_EQ(Event::from_stored(EventId::trusted("$x"), "{}", version("11")).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace peyk
