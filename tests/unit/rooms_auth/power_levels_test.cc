#include "rooms/auth/power_levels.h"

#include "room_fixture.h"

namespace peyk::rooms {
namespace {

struct Reading {
    std::string_view text;
    std::optional<Level> as_anything, as_string, as_integer;
};

constexpr Reading kReadings[] = {
    {"50", 50, 50, 50},
    {"-1", -1, -1, -1},
    {R"("100")", 100, 100, {}},
    {R"("000100")", 100, 100, {}},
    {R"("+100")", 100, 100, {}},
    {R"("-100")", -100, -100, {}},
    {R"(" +100 ")", 100, 100, {}},
    {R"("\t 00100\n")", 100, 100, {}},
    {R"("")", {}, {}, {}},
    {R"("+")", {}, {}, {}},
    {R"("+-1")", {}, {}, {}},
    {R"("1.0")", {}, {}, {}},
    {R"("1 0")", {}, {}, {}},
    {R"("0x10")", {}, {}, {}},
    {R"("1e3")", {}, {}, {}},
    {R"("99999999999999999999999")", kCreatorLevel - 1, kCreatorLevel - 1, {}},
    {"50.57", 50, {}, {}},
    {"-50.57", -50, {}, {}},
    {"5.114698E4", 51146, {}, {}},
    {"1e400", {}, {}, {}},
    {"1e-400", 0, {}, {}},
    {"123456789012345678901234567890", kCreatorLevel - 1, {}, {}},
    {"-123456789012345678901234567890", -(kCreatorLevel - 1), {}, {}},
    {"true", {}, {}, {}},
    {"null", {}, {}, {}},
    {"[50]", {}, {}, {}},
};

TEST(LevelText, IsReadAsTheVersionAllows) {
    for (const Reading& reading : kReadings) {
        const json::Value value = *json::parse(reading.text);
        EXPECT_EQ(read_level(value, LevelForm::number_or_string), reading.as_anything) << reading.text;
        EXPECT_EQ(read_level(value, LevelForm::integer_or_string), reading.as_string) << reading.text;
        EXPECT_EQ(read_level(value, LevelForm::integer), reading.as_integer) << reading.text;
    }
}

TEST(PowerLevelDefaults, HoldWithoutTheEventAndWithAnEmptyOne) {
    using Kind = PowerLevels::EventKind;
    for (const RoomRules& rules : kRoomRules) {
        Room room(rules);
        const auto create = room.find("m.room.create", "");
        room.levels("{}");
        for (const EventPtr& event : {EventPtr(), room.find("m.room.power_levels", "")}) {
            const PowerLevels levels(event, create, rules);
            EXPECT_EQ(levels.event_level("m.room.message", Kind::message), 0);
            EXPECT_EQ(levels.event_level("m.room.name", Kind::state), 50);
            EXPECT_EQ(levels.invite_level(), 0);
            EXPECT_EQ(levels.kick_level(), 50);
            EXPECT_EQ(levels.ban_level(), 50);
            EXPECT_EQ(levels.redact_level(), 50);
            EXPECT_EQ(levels.notification_level("room"), 50);
            EXPECT_EQ(levels.user_level("@x:b"), 0);
            const Level creator = rules.creators_infinite_power ? kCreatorLevel : event ? 0 : 100;
            EXPECT_EQ(levels.user_level("@creator:a.example"), creator) << rules.version;
        }
        EXPECT_EQ(PowerLevels(nullptr, nullptr, rules).user_level("@creator:a.example"), 0);
    }
}

TEST(PowerLevelLookup, FindsWhatTheEventSays) {
    using Kind = PowerLevels::EventKind;
    Room room(*find_room_rules("11"));
    room.levels(
        R"({"users":{"@a:b":7},"users_default":1,"events":{"m.x":3},"events_default":2,"state_default":4,"ban":5,
                    "kick":6,"redact":8,"invite":9,"notifications":{"room":11}})");
    const PowerLevels levels(room.find("m.room.power_levels", ""), room.find("m.room.create", ""), room.rules());
    EXPECT_EQ(levels.user_level("@a:b"), 7);
    EXPECT_EQ(levels.user_level("@creator:a.example"), 1);
    EXPECT_EQ(levels.event_level("m.x", Kind::state), 3);
    EXPECT_EQ(levels.event_level("m.x", Kind::message), 3);
    EXPECT_EQ(levels.event_level("m.y", Kind::message), 2);
    EXPECT_EQ(levels.event_level("m.y", Kind::state), 4);
    EXPECT_EQ(levels.ban_level(), 5);
    EXPECT_EQ(levels.kick_level(), 6);
    EXPECT_EQ(levels.redact_level(), 8);
    EXPECT_EQ(levels.invite_level(), 9);
    EXPECT_EQ(levels.notification_level("room"), 11);
}

TEST(Creators, AreThoseThatTheVersionCounts) {
    for (const RoomRules& rules : kRoomRules) {
        Room room(rules);
        const auto create = room.set_create(R"({"creator":"@named:a","additional_creators":["@second:b",7]})");
        const int version = number_of(rules);
        EXPECT_EQ(is_creator(*create, "@named:a", rules), version <= 10);
        EXPECT_EQ(is_creator(*create, "@creator:a.example", rules), version >= 11);
        EXPECT_EQ(is_creator(*create, "@second:b", rules), version >= 12);
        EXPECT_FALSE(is_creator(*create, "@x:b", rules));
    }
}

// --- changing them ---

constexpr std::string_view kBefore =
    R"({"ban":50,"events":{"high":90,"low":10,"mid":50},"events_default":0,"invite":0,"kick":50,"notifications":{"room":50,"top":90},"redact":50,"state_default":50,"users":{"@admin:m":100,"@equal:m":50,"@low:m":10,"@mod:m":50},"users_default":0})";

struct Step {
    std::string_view path;  // "key" or "map/key"
    std::string_view json;  // empty: removed
};

struct LevelCase {
    std::string_view what;
    std::vector<Step> steps;
    Rule rule;  // levels_allowed: allowed
};

json::Object apply(const std::vector<Step>& steps) {
    auto content = object_of(kBefore);
    for (const auto& [path, text] : steps) {
        const auto slash = path.find('/');
        json::Object& target =
            slash == std::string_view::npos ? content : *content.find(path.substr(0, slash))->object();
        const std::string key(slash == std::string_view::npos ? path : path.substr(slash + 1));
        if (text.empty()) {
            target.erase(key);
        } else {
            target.set(key, *json::parse(text));
        }
    }
    return content;
}

// What @mod:m (50) may change. The same in all versions.
const LevelCase kLevelCases[] = {
    {"nothing", {}, Rule::levels_allowed},
    {"an own downgrade", {{"users/@mod:m", "40"}}, Rule::levels_allowed},
    {"removing oneself", {{"users/@mod:m", ""}}, Rule::levels_allowed},
    {"an own upgrade", {{"users/@mod:m", "51"}}, Rule::user_new_too_high},
    {"a promotion to the own level", {{"users/@new:m", "50"}}, Rule::levels_allowed},
    {"a promotion above", {{"users/@new:m", "51"}}, Rule::user_new_too_high},
    {"promoting a lower one", {{"users/@low:m", "50"}}, Rule::levels_allowed},
    {"promoting a lower one above", {{"users/@low:m", "51"}}, Rule::user_new_too_high},
    {"demoting a lower one", {{"users/@low:m", "-5"}}, Rule::levels_allowed},
    {"removing a lower one", {{"users/@low:m", ""}}, Rule::levels_allowed},
    {"demoting an equal", {{"users/@equal:m", "49"}}, Rule::user_current_too_high},
    {"removing an equal", {{"users/@equal:m", ""}}, Rule::user_current_too_high},
    {"promoting an equal", {{"users/@equal:m", "51"}}, Rule::user_current_too_high},
    {"demoting a higher one", {{"users/@admin:m", "0"}}, Rule::user_current_too_high},
    {"removing all users", {{"users", ""}}, Rule::user_current_too_high},
    {"a default at the own level", {{"users_default", "50"}}, Rule::levels_allowed},
    {"a default above", {{"users_default", "51"}}, Rule::level_new_too_high},
    {"removing a default", {{"state_default", ""}}, Rule::levels_allowed},
    {"a ban level above", {{"ban", "51"}}, Rule::level_new_too_high},
    {"a lower kick level", {{"kick", "10"}}, Rule::levels_allowed},
    {"a redact level above", {{"redact", "100"}}, Rule::level_new_too_high},
    {"an invite level above", {{"invite", "51"}}, Rule::level_new_too_high},
    {"an events default above", {{"events_default", "99"}}, Rule::level_new_too_high},
    {"changing a low event", {{"events/low", "50"}}, Rule::levels_allowed},
    {"raising a low event above", {{"events/low", "51"}}, Rule::entry_new_too_high},
    {"adding an event", {{"events/new", "50"}}, Rule::levels_allowed},
    {"adding an event above", {{"events/new", "51"}}, Rule::entry_new_too_high},
    {"changing an event at the own level", {{"events/mid", "20"}}, Rule::levels_allowed},
    {"lowering a high event", {{"events/high", "10"}}, Rule::entry_current_too_high},
    {"removing a high event", {{"events/high", ""}}, Rule::entry_current_too_high},
    {"removing all events", {{"events", ""}}, Rule::entry_current_too_high},
    {"an unknown property", {{"whatever", "1000"}}, Rule::levels_allowed},
};

class LevelRules : public testing::TestWithParam<int> {
protected:
    LevelRules() : room(kRoomRules[static_cast<std::size_t>(GetParam()) - 1]), version(GetParam()) {
        room.levels(kBefore);
        for (auto user : {"@mod:m", "@admin:m", "@equal:m", "@low:m"}) room.member(user, "join");
    }
    Verdict change(std::string_view sender, const std::vector<Step>& steps) {
        return room.judge(room.event("m.room.power_levels", "", sender, apply(steps)));
    }
    Room room;
    int version;
};

TEST_P(LevelRules, AModeratorStaysWithinItsPower) {
    for (const LevelCase& c : kLevelCases) {
        SCOPED_TRACE(c.what);
        EXPECT_VERDICT(room, change("@mod:m", c.steps), c.rule == Rule::levels_allowed, c.rule);
    }
}

TEST_P(LevelRules, NotificationsCountFromVersion6) {
    const bool counts = version >= 6;
    EXPECT_VERDICT(room, change("@mod:m", {{"notifications/room", "51"}}), !counts,
                   counts ? Rule::entry_new_too_high : Rule::levels_allowed);
    EXPECT_VERDICT(room, change("@mod:m", {{"notifications/top", ""}}), !counts,
                   counts ? Rule::entry_current_too_high : Rule::levels_allowed);
    EXPECT_VERDICT(room, change("@mod:m", {{"notifications/room", "20"}}), true, Rule::levels_allowed);
}

TEST_P(LevelRules, ACurrentLevelAboveTheSenderStays) {
    auto raised = object_of(kBefore);
    raised.set("ban", 75);
    raised.set("events", json::Object{});
    room.put(room.event("m.room.power_levels", "", "@admin:m", raised));
    auto wanted = raised;
    wanted.set("ban", 50);
    EXPECT_VERDICT(room, room.judge(room.event("m.room.power_levels", "", "@mod:m", wanted)), false,
                   Rule::level_current_too_high);
    wanted.erase("ban");
    EXPECT_VERDICT(room, room.judge(room.event("m.room.power_levels", "", "@mod:m", wanted)), false,
                   Rule::level_current_too_high);
    EXPECT_VERDICT(room, room.judge(room.event("m.room.power_levels", "", "@admin:m", wanted)), true,
                   Rule::levels_allowed);
}

TEST_P(LevelRules, UsersMustBeUserIdsWithLevels) {
    for (auto users : {"[]", "1", "null", R"({"ada":1})", R"({"@ada":1})", R"({"@a:b":null})", R"({"@a:b":"x"})",
                       R"({"@a:b":[]})"}) {
        SCOPED_TRACE(users);
        EXPECT_VERDICT(room, change("@admin:m", {{"users", users}}), false, Rule::users_malformed);
    }
}

TEST_P(LevelRules, StringsCountUpTo9AndFloatsUpTo5) {
    const bool strings = version <= 9, floats = version <= 5;
    EXPECT_VERDICT(room, change("@mod:m", {{"users/@new:m", R"(" 050 ")"}}), strings,
                   strings ? Rule::levels_allowed : Rule::users_malformed);
    EXPECT_VERDICT(room, change("@mod:m", {{"users/@new:m", R"("51")"}}), false,
                   strings ? Rule::user_new_too_high : Rule::users_malformed);
    EXPECT_VERDICT(room, change("@mod:m", {{"ban", R"("50")"}}), strings,
                   strings ? Rule::levels_allowed : Rule::levels_not_integers);
    EXPECT_VERDICT(room, change("@mod:m", {{"ban", R"("51")"}}), false,
                   strings ? Rule::level_new_too_high : Rule::levels_not_integers);
    EXPECT_VERDICT(room, change("@mod:m", {{"events/low", R"("20")"}}), strings,
                   strings ? Rule::levels_allowed : Rule::level_maps_not_integers);
    EXPECT_VERDICT(room, change("@mod:m", {{"notifications/room", R"("20")"}}), strings,
                   strings ? Rule::levels_allowed : Rule::level_maps_not_integers);
    EXPECT_VERDICT(room, change("@mod:m", {{"users/@new:m", "50.9"}}), floats,
                   floats ? Rule::levels_allowed : Rule::users_malformed);
    EXPECT_VERDICT(room, change("@mod:m", {{"users/@new:m", "1e400"}}), false, Rule::users_malformed);
}

TEST_P(LevelRules, LevelsThatCannotBeReadAreRefused) {
    const bool integers = version >= 10;
    EXPECT_VERDICT(room, change("@admin:m", {{"kick", "null"}}), false,
                   integers ? Rule::levels_not_integers : Rule::level_new_too_high);
    EXPECT_VERDICT(room, change("@admin:m", {{"events/low", "{}"}}), false,
                   integers ? Rule::level_maps_not_integers : Rule::entry_new_too_high);
    if (integers) {
        EXPECT_VERDICT(room, change("@admin:m", {{"events", "[]"}}), false, Rule::level_maps_not_integers);
        EXPECT_VERDICT(room, change("@admin:m", {{"notifications", "1"}}), false, Rule::level_maps_not_integers);
    }
}

TEST_P(LevelRules, TheFirstLevelsAreFree) {
    room.remove("m.room.power_levels", "");
    const auto first =
        room.event("m.room.power_levels", "", "@creator:a.example", R"({"ban":1000,"users":{"@x:y":1000}})");
    EXPECT_ALLOWED(room, first, Rule::levels_first);
    // But sending them takes the state level of 50, which only the creator has.
    EXPECT_REJECTED(room, room.event("m.room.power_levels", "", "@mod:m", "{}"), Rule::event_level);
}

TEST_P(LevelRules, CreatorsOfVersion12AreNotListed) {
    room.set_create(R"({"creator":"@creator:a.example","additional_creators":["@second:a.example"]})");
    const bool barred = version >= 12;
    for (auto user : {"users/@creator:a.example", "users/@second:a.example"}) {
        EXPECT_VERDICT(room, change("@admin:m", {{user, "50"}}), !barred,
                       barred ? Rule::users_list_creator : Rule::levels_allowed);
    }
    EXPECT_VERDICT(room, change("@creator:a.example", {{"users/@admin:m", "0"}, {"ban", "9007199254740991"}}), barred,
                   barred ? Rule::levels_allowed : Rule::event_level);
}

INSTANTIATE_TEST_SUITE_P(Versions, LevelRules, testing::Range(1, 13));

}  // namespace
}  // namespace peyk::rooms
