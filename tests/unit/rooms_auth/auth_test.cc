#include "room_fixture.h"

namespace peyk::rooms {
namespace {

class Rules : public testing::TestWithParam<int> {
protected:
    Rules() : room(kRoomRules[static_cast<std::size_t>(GetParam()) - 1]), version(GetParam()) {}
    Room room;
    int version;
};
INSTANTIATE_TEST_SUITE_P(Versions, Rules, testing::Range(1, 13));

Event create_event(Room& room, std::string_view content = R"({"creator":"@creator:a.example"})") {
    auto create = room.event("m.room.create", "", "@creator:a.example", content);
    create.pdu->prev_events.clear();
    if (room.rules().room_id_is_create_hash) create.id = EventId::trusted("$create");
    return create;
}

TEST_P(Rules, ARoomBeginsWithACreateEvent) {
    EXPECT_ALLOWED(room, create_event(room), Rule::create_allowed);
    auto late = create_event(room);
    late.pdu->prev_events = {EventId::trusted("$before")};
    EXPECT_REJECTED(room, late, Rule::create_prev_events);
    auto foreign = create_event(room);
    foreign.room = RoomId::trusted(version == 12 ? "!other" : "!room:b.example");
    EXPECT_REJECTED(room, foreign, Rule::create_room_id);
}

TEST_P(Rules, ACreateEventNamesAKnownVersion) {
    for (auto known : {"1", "6", "12"}) {
        auto content = fmt::format(R"({{"creator":"@creator:a.example","room_version":"{}"}})", known);
        EXPECT_ALLOWED(room, create_event(room, content), Rule::create_allowed);
    }
    for (auto unknown : {R"("13")", R"("")", "12", "null"}) {
        auto content = fmt::format(R"({{"creator":"@creator:a.example","room_version":{}}})", unknown);
        EXPECT_REJECTED(room, create_event(room, content), Rule::create_version);
    }
}

TEST_P(Rules, ACreateEventNamesItsCreators) {
    EXPECT_EQ(room.judge(create_event(room, "{}")).rule, version <= 10 ? Rule::create_creator : Rule::create_allowed);
    auto with = [&](std::string_view creators) {
        return room.judge(
            create_event(room, fmt::format(R"({{"creator":"@c:a","additional_creators":{}}})", creators)));
    };
    for (auto proper : {"[]", R"(["@a:b","@c:d"])", R"(["@:b"])"}) EXPECT_TRUE(with(proper)) << proper;
    for (auto wrong : {"{}", "null", R"("@a:b")", "[1]", R"(["@a:b","a"])", R"(["@a"])"}) {
        EXPECT_EQ(with(wrong).rule, version == 12 ? Rule::create_creator : Rule::create_allowed) << wrong;
    }
}

TEST_P(Rules, NothingHappensWithoutACreateEvent) {
    room.remove("m.room.create", "");
    const auto message = room.event("m.room.message", std::nullopt, "@creator:a.example", "{}");
    EXPECT_REJECTED(room, message, version == 12 ? Rule::room_unknown : Rule::auth_without_create);
}

TEST_P(Rules, TheRoomIdOfVersion12IsItsCreateEvents) {
    auto message = room.event("m.room.message", std::nullopt, "@creator:a.example", "{}");
    EXPECT_ALLOWED(room, message, Rule::otherwise);
    message.room = RoomId::trusted("!elsewhere");
    EXPECT_EQ(room.judge(message).rule, version == 12 ? Rule::room_unknown : Rule::otherwise);
}

TEST_P(Rules, AClosedRoomIsForItsOwnServer) {
    room.join_rule("public");
    const auto join = room.membership("@x:b.example", "@x:b.example", "join");
    const auto local = room.membership("@x:a.example", "@x:a.example", "join");
    for (auto federate : {"true", "null", R"("false")"}) {
        room.set_create(fmt::format(R"({{"creator":"@creator:a.example","m.federate":{}}})", federate));
        EXPECT_ALLOWED(room, join, Rule::join_public);
    }
    room.set_create(R"({"creator":"@creator:a.example","m.federate":false})");
    EXPECT_REJECTED(room, join, Rule::federation);
    EXPECT_ALLOWED(room, local, Rule::join_public);
}

TEST_P(Rules, AliasesHadARuleOfTheirOwnUpTo5) {
    const auto own = room.event("m.room.aliases", "b.example", "@x:b.example", "{}");  // not even a member
    const auto foreign = room.event("m.room.aliases", "c.example", "@x:b.example", "{}");
    const auto message = room.event("m.room.aliases", std::nullopt, "@x:b.example", "{}");
    if (version <= 5) {
        EXPECT_ALLOWED(room, own, Rule::aliases_allowed);
        EXPECT_REJECTED(room, foreign, Rule::aliases_server);
        EXPECT_REJECTED(room, message, Rule::aliases_state_key);
    } else {
        EXPECT_REJECTED(room, own, Rule::sender_outside);
        room.member("@x:b.example", "join");
        EXPECT_REJECTED(room, own, Rule::event_level);
        EXPECT_ALLOWED(room, message, Rule::otherwise);
    }
}

TEST_P(Rules, OnlyMembersSend) {
    for (auto membership : {"leave", "invite", "knock", "ban", "odd"}) {
        room.member("@x:b", membership);
        EXPECT_REJECTED(room, room.event("m.room.message", std::nullopt, "@x:b", "{}"), Rule::sender_outside);
        EXPECT_REJECTED(room, room.event("m.room.third_party_invite", "t", "@x:b", "{}"), Rule::sender_outside);
    }
    room.member("@x:b", "join");
    EXPECT_ALLOWED(room, room.event("m.room.message", std::nullopt, "@x:b", "{}"), Rule::otherwise);
}

TEST_P(Rules, EveryTypeHasALevel) {
    room.levels(
        R"({"events":{"open":0,"closed":60},"events_default":10,"state_default":50,"invite":30,"users":{"@u10:b":10,"@u50:b":50,"@u60:b":60}})");
    for (auto user : {"@u0:b", "@u10:b", "@u50:b", "@u60:b"}) room.member(user, "join");
    struct Case {
        std::string_view type;
        bool state;
        int needed;
    };
    for (const Case& c : {Case{"open", false, 0}, Case{"open", true, 0}, Case{"closed", false, 60},
                          Case{"closed", true, 60}, Case{"other", false, 10}, Case{"other", true, 50}}) {
        for (int power : {0, 10, 50, 60}) {
            const auto event = room.event(c.type, c.state ? std::optional<std::string>("") : std::nullopt,
                                          fmt::format("@u{}:b", power), "{}");
            SCOPED_TRACE(fmt::format("{} at {}", c.type, power));
            EXPECT_VERDICT(room, room.judge(event), power >= c.needed,
                           power >= c.needed ? Rule::otherwise : Rule::event_level);
        }
    }
    for (int power : {0, 10, 50, 60}) {
        const auto invite = room.event("m.room.third_party_invite", "t", fmt::format("@u{}:b", power), "{}");
        EXPECT_VERDICT(room, room.judge(invite), power >= 30, Rule::third_party_invite_level);
    }
}

TEST_P(Rules, StateUnderAUserIdIsThatUsersOwn) {
    room.levels(R"({"state_default":0})");
    room.member("@x:b", "join");
    EXPECT_ALLOWED(room, room.event("custom", "@x:b", "@x:b", "{}"), Rule::otherwise);
    EXPECT_REJECTED(room, room.event("custom", "@y:b", "@x:b", "{}"), Rule::state_key_of_another);
    EXPECT_REJECTED(room, room.event("custom", "@", "@x:b", "{}"), Rule::state_key_of_another);
    EXPECT_ALLOWED(room, room.event("custom", "y:b", "@x:b", "{}"), Rule::otherwise);
}

TEST_P(Rules, RedactionsWereARuleUpTo2) {
    room.levels(R"({"redact":50,"users":{"@mod:b":50}})");
    room.member("@mod:b", "join");
    room.member("@x:b", "join");
    auto redaction = [&](std::string_view sender, std::optional<EventId> target) {
        auto event = room.event("m.room.redaction", std::nullopt, sender, "{}");
        event.redacts = std::move(target);
        return event;
    };
    const auto foreign = EventId::trusted("$target:c"), own = EventId::trusted("$target:b");
    if (version <= 2) {
        EXPECT_ALLOWED(room, redaction("@mod:b", foreign), Rule::redaction_level);
        EXPECT_ALLOWED(room, redaction("@x:b", own), Rule::redaction_same_server);
        EXPECT_REJECTED(room, redaction("@x:b", foreign), Rule::redaction_refused);
        EXPECT_REJECTED(room, redaction("@x:b", std::nullopt), Rule::redaction_refused);
    } else {
        EXPECT_ALLOWED(room, redaction("@x:b", foreign), Rule::otherwise);
    }
}

TEST_P(Rules, LaterRedactionsTakePowerOrTheSameServer) {
    room.levels(R"({"redact":50,"users":{"@mod:b":50}})");
    const PowerLevels levels(room.find("m.room.power_levels", ""), room.find("m.room.create", ""), room.rules());
    const auto target = room.event("m.room.message", std::nullopt, "@author:c", "{}");
    auto by = [&](std::string_view sender) {
        return may_redact(room.event("m.room.redaction", std::nullopt, sender, "{}"), target, levels);
    };
    EXPECT_TRUE(by("@mod:b"));
    EXPECT_TRUE(by("@author:c"));
    EXPECT_TRUE(by("@colleague:c"));
    EXPECT_FALSE(by("@x:b"));
    EXPECT_EQ(by("@creator:a.example"), version == 12);
}

// --- which events authorise ---

std::string types_text(const std::vector<StateKey>& types) {
    std::string text;
    for (const auto& [type, key] : types) text += fmt::format("{}{}[{}]", text.empty() ? "" : " ", type.substr(7), key);
    return text;
}

TEST_P(Rules, TheAuthEventsAreSelected) {
    const std::string base = version == 12 ? "power_levels[] member[@s:b]" : "create[] power_levels[] member[@s:b]";
    const std::string via = version >= 8 ? " member[@via:v]" : "";
    auto selected = [&](std::string_view type, std::optional<std::string> key, std::string_view content) {
        return types_text(auth_types_for_event(room.event(type, std::move(key), "@s:b", content), room.rules()));
    };
    EXPECT_EQ(selected("m.room.create", "", "{}"), "");
    EXPECT_EQ(selected("m.room.message", {}, "{}"), base);
    EXPECT_EQ(selected("m.room.name", "", "{}"), base);
    EXPECT_EQ(selected("m.room.message", {}, R"({"membership":"join"})"), base);
    EXPECT_EQ(selected("m.room.member", "@s:b", R"({"membership":"leave"})"), base);
    EXPECT_EQ(selected("m.room.member", "@t:c", R"({"membership":"leave"})"), base + " member[@t:c]");
    EXPECT_EQ(selected("m.room.member", "@t:c", R"({"membership":"ban"})"), base + " member[@t:c]");
    EXPECT_EQ(selected("m.room.member", "@s:b", R"({"membership":"join"})"), base + " join_rules[]");
    EXPECT_EQ(selected("m.room.member", "@s:b", R"({"membership":"knock"})"), base + " join_rules[]");
    EXPECT_EQ(selected("m.room.member", "@t:c", R"({"membership":"invite"})"), base + " member[@t:c] join_rules[]");
    EXPECT_EQ(
        selected("m.room.member", "@t:c", R"({"membership":"invite","third_party_invite":{"signed":{"token":"tok"}}})"),
        base + " member[@t:c] join_rules[] third_party_invite[tok]");
    EXPECT_EQ(
        selected("m.room.member", "@s:b", R"({"membership":"join","third_party_invite":{"signed":{"token":"tok"}}})"),
        base + " join_rules[]");
    EXPECT_EQ(selected("m.room.member", "@s:b", R"({"membership":"join","join_authorised_via_users_server":"@via:v"})"),
              base + " join_rules[]" + via);
    EXPECT_EQ(
        selected("m.room.member", "@s:b", R"({"membership":"leave","join_authorised_via_users_server":"@via:v"})"),
        base);
}

TEST_P(Rules, AuthEventsAreExactlyTheSelected) {
    room.levels("{}");
    room.join_rule("public");
    const auto create = room.find("m.room.create", ""), levels = room.find("m.room.power_levels", "");
    const auto member = room.find("m.room.member", "@creator:a.example"),
               join_rules = room.find("m.room.join_rules", "");
    const auto message = room.event("m.room.message", std::nullopt, "@creator:a.example", "{}");
    const bool with_create = version < 12;
    auto check = [&](std::vector<AuthEvent> entries) {
        if (with_create) entries.push_back({create});
        return check_auth_events(message, room.rules(), entries);
    };
    EXPECT_TRUE(check({{levels}, {member}}));
    EXPECT_TRUE(check({{member}}));
    EXPECT_VERDICT(room, check({{levels}, {member}, {levels}}), false, Rule::auth_duplicate);
    EXPECT_VERDICT(room, check({{join_rules}, {member}}), false, Rule::auth_superfluous);
    auto other_member = std::make_shared<const Event>(room.membership("@y:b", "@y:b", "join"));
    EXPECT_VERDICT(room, check({{other_member}}), false, Rule::auth_superfluous);
    auto stateless = std::make_shared<const Event>(message);
    EXPECT_VERDICT(room, check({{stateless}, {stateless}}), false, Rule::auth_superfluous);
    EXPECT_VERDICT(room, check({{levels, true}, {member}}), false, Rule::auth_rejected);
    auto elsewhere = *member;
    elsewhere.room = RoomId::trusted("!elsewhere");
    EXPECT_VERDICT(room, check({{std::make_shared<const Event>(elsewhere)}}), false, Rule::auth_other_room);
    const std::vector<AuthEvent> without{{levels}, {member}}, only_create{{create}, {member}};
    EXPECT_EQ(check_auth_events(message, room.rules(), without).rule,
              with_create ? Rule::auth_without_create : Rule::otherwise);
    EXPECT_EQ(check_auth_events(message, room.rules(), only_create).rule,
              with_create ? Rule::otherwise : Rule::auth_superfluous);
}

TEST_P(Rules, TheSignersAreKnownBeforehand) {
    auto signers = [&](const Event& event) {
        std::string text;
        for (const auto& server : required_signers(event, room.rules()))
            text += (text.empty() ? "" : " ") + server.str();
        return text;
    };
    auto message = room.event("m.room.message", std::nullopt, "@x:b", "{}");
    EXPECT_EQ(signers(message), "b");
    message.id = EventId::trusted("$x:c");
    EXPECT_EQ(signers(message), version <= 2 ? "b c" : "b");
    auto join = room.event("m.room.member", "@x:b", "@x:b",
                           R"({"membership":"join","join_authorised_via_users_server":"@v:v.example"})");
    EXPECT_EQ(signers(join), version >= 8 ? "b v.example" : "b");
    auto invite = room.event("m.room.member", "@y:d", "@x:b", R"({"membership":"invite","third_party_invite":{}})");
    EXPECT_EQ(signers(invite), version <= 2 ? "b" : "");  // in the first versions as the server of the event id
}

// --- the numbers, typed off the pages: 1-2, 3-5, 6, 7, 8-9, 10, 11, 12 ---

struct Numbering {
    Rule rule;
    std::array<std::string_view, 8> numbers;
};

const Numbering kNumberings[] = {
    {Rule::create_prev_events, {"1.1", "1.1", "1.1", "1.1", "1.1", "1.1", "1.1", "1.1"}},
    {Rule::create_room_id, {"1.2", "1.2", "1.2", "1.2", "1.2", "1.2", "1.2", "1.2"}},
    {Rule::create_version, {"1.3", "1.3", "1.3", "1.3", "1.3", "1.3", "1.3", "1.3"}},
    {Rule::create_creator, {"1.4", "1.4", "1.4", "1.4", "1.4", "1.4", "", "1.4"}},
    {Rule::create_allowed, {"1.5", "1.5", "1.5", "1.5", "1.5", "1.5", "1.4", "1.5"}},
    {Rule::room_unknown, {"", "", "", "", "", "", "", "2"}},
    {Rule::auth_duplicate, {"2.1", "2.1", "2.1", "2.1", "2.1", "2.1", "2.1", "3.1"}},
    {Rule::auth_superfluous, {"2.2", "2.2", "2.2", "2.2", "2.2", "2.2", "2.2", "3.2"}},
    {Rule::auth_rejected, {"2.3", "2.3", "2.3", "2.3", "2.3", "2.3", "2.3", "3.3"}},
    {Rule::auth_without_create, {"2.4", "2.4", "2.4", "2.4", "2.4", "2.4", "2.4", ""}},
    {Rule::auth_other_room, {"2.5", "2.5", "2.5", "2.5", "2.5", "2.5", "2.5", "3.5"}},
    {Rule::federation, {"3", "3", "3", "3", "3", "3", "3", "4"}},
    {Rule::aliases_state_key, {"4.1", "4.1", "", "", "", "", "", ""}},
    {Rule::aliases_server, {"4.2", "4.2", "", "", "", "", "", ""}},
    {Rule::aliases_allowed, {"4.3", "4.3", "", "", "", "", "", ""}},
    {Rule::member_incomplete, {"5.1", "5.1", "4.1", "4.1", "4.1", "4.1", "4.1", "5.1"}},
    {Rule::member_authoriser, {"", "", "", "", "4.2.1", "4.2.1", "4.2.1", "5.2.1"}},
    {Rule::join_first, {"5.2.1", "5.2.1", "4.2.1", "4.2.1", "4.3.1", "4.3.1", "4.3.1", "5.3.1"}},
    {Rule::join_for_another, {"5.2.2", "5.2.2", "4.2.2", "4.2.2", "4.3.2", "4.3.2", "4.3.2", "5.3.2"}},
    {Rule::join_banned, {"5.2.3", "5.2.3", "4.2.3", "4.2.3", "4.3.3", "4.3.3", "4.3.3", "5.3.3"}},
    {Rule::join_invited, {"5.2.4", "5.2.4", "4.2.4", "4.2.4", "4.3.4", "4.3.4", "4.3.4", "5.3.4"}},
    {Rule::join_restricted_inside, {"", "", "", "", "4.3.5.1", "4.3.5.1", "4.3.5.1", "5.3.5.1"}},
    {Rule::join_restricted_authoriser, {"", "", "", "", "4.3.5.2", "4.3.5.2", "4.3.5.2", "5.3.5.2"}},
    {Rule::join_restricted_allowed, {"", "", "", "", "4.3.5.3", "4.3.5.3", "4.3.5.3", "5.3.5.3"}},
    {Rule::join_public, {"5.2.5", "5.2.5", "4.2.5", "4.2.5", "4.3.6", "4.3.6", "4.3.6", "5.3.6"}},
    {Rule::join_refused, {"5.2.6", "5.2.6", "4.2.6", "4.2.6", "4.3.7", "4.3.7", "4.3.7", "5.3.7"}},
    {Rule::third_party_banned,
     {"5.3.1.1", "5.3.1.1", "4.3.1.1", "4.3.1.1", "4.4.1.1", "4.4.1.1", "4.4.1.1", "5.4.1.1"}},
    {Rule::third_party_allowed,
     {"5.3.1.7", "5.3.1.7", "4.3.1.7", "4.3.1.7", "4.4.1.7", "4.4.1.7", "4.4.1.7", "5.4.1.7"}},
    {Rule::third_party_bad_signature,
     {"5.3.1.8", "5.3.1.8", "4.3.1.8", "4.3.1.8", "4.4.1.8", "4.4.1.8", "4.4.1.8", "5.4.1.8"}},
    {Rule::invite_from_outside, {"5.3.2", "5.3.2", "4.3.2", "4.3.2", "4.4.2", "4.4.2", "4.4.2", "5.4.2"}},
    {Rule::invite_level, {"5.3.5", "5.3.5", "4.3.5", "4.3.5", "4.4.5", "4.4.5", "4.4.5", "5.4.5"}},
    {Rule::leave_self, {"5.4.1", "5.4.1", "4.4.1", "4.4.1", "4.5.1", "4.5.1", "4.5.1", "5.5.1"}},
    {Rule::unban_level, {"5.4.3", "5.4.3", "4.4.3", "4.4.3", "4.5.3", "4.5.3", "4.5.3", "5.5.3"}},
    {Rule::kick_refused, {"5.4.5", "5.4.5", "4.4.5", "4.4.5", "4.5.5", "4.5.5", "4.5.5", "5.5.5"}},
    {Rule::ban_from_outside, {"5.5.1", "5.5.1", "4.5.1", "4.5.1", "4.6.1", "4.6.1", "4.6.1", "5.6.1"}},
    {Rule::ban_refused, {"5.5.3", "5.5.3", "4.5.3", "4.5.3", "4.6.3", "4.6.3", "4.6.3", "5.6.3"}},
    {Rule::knock_join_rule, {"", "", "", "4.6.1", "4.7.1", "4.7.1", "4.7.1", "5.7.1"}},
    {Rule::knock_refused, {"", "", "", "4.6.4", "4.7.4", "4.7.4", "4.7.4", "5.7.4"}},
    {Rule::membership_unknown, {"5.6", "5.6", "4.6", "4.7", "4.8", "4.8", "4.8", "5.8"}},
    {Rule::sender_outside, {"6", "6", "5", "5", "5", "5", "5", "6"}},
    {Rule::third_party_invite_level, {"7.1", "7.1", "6.1", "6.1", "6.1", "6.1", "6.1", "7.1"}},
    {Rule::event_level, {"8", "8", "7", "7", "7", "7", "7", "8"}},
    {Rule::state_key_of_another, {"9", "9", "8", "8", "8", "8", "8", "9"}},
    {Rule::levels_not_integers, {"", "", "", "", "", "9.1", "9.1", "10.1"}},
    {Rule::level_maps_not_integers, {"", "", "", "", "", "9.2", "9.2", "10.2"}},
    {Rule::users_malformed, {"10.1", "10.1", "9.1", "9.1", "9.1", "9.3", "9.3", "10.3"}},
    {Rule::users_list_creator, {"", "", "", "", "", "", "", "10.4"}},
    {Rule::levels_first, {"10.2", "10.2", "9.2", "9.2", "9.2", "9.4", "9.4", "10.5"}},
    {Rule::level_current_too_high, {"10.3.1", "10.3.1", "9.3.1", "9.3.1", "9.3.1", "9.5.1", "9.5.1", "10.6.1"}},
    {Rule::level_new_too_high, {"10.3.2", "10.3.2", "9.3.2", "9.3.2", "9.3.2", "9.5.2", "9.5.2", "10.6.2"}},
    {Rule::entry_current_too_high, {"10.4.1", "10.4.1", "9.4.1", "9.4.1", "9.4.1", "9.6.1", "9.6.1", "10.7.1"}},
    {Rule::entry_new_too_high, {"10.5.1", "10.5.1", "9.5.1", "9.5.1", "9.5.1", "9.7.1", "9.7.1", "10.8.1"}},
    {Rule::user_current_too_high, {"10.6.1", "10.6.1", "9.6.1", "9.6.1", "9.6.1", "9.8.1", "9.8.1", "10.9.1"}},
    {Rule::user_new_too_high, {"10.7.1", "10.7.1", "9.7.1", "9.7.1", "9.7.1", "9.9.1", "9.9.1", "10.10.1"}},
    {Rule::redaction_level, {"11.1", "", "", "", "", "", "", ""}},
    {Rule::redaction_refused, {"11.3", "", "", "", "", "", "", ""}},
    {Rule::otherwise, {"12", "11", "10", "10", "10", "10", "10", "11"}},
};

TEST_P(Rules, AreNumberedAsOnTheirPage) {
    constexpr std::array<std::size_t, 12> kColumns{0, 0, 1, 1, 1, 2, 3, 4, 4, 5, 6, 7};
    for (const auto& [rule, numbers] : kNumberings) {
        EXPECT_EQ(rule_number(rule, room.rules()), numbers[kColumns[static_cast<std::size_t>(version) - 1]])
            << rule_reason(rule) << " in version " << version;
    }
    for (int rule = 0; rule <= static_cast<int>(Rule::otherwise); ++rule)
        EXPECT_NE(rule_reason(static_cast<Rule>(rule)), "");
}

}  // namespace
}  // namespace peyk::rooms
