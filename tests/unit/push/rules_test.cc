#include <chrono>

#include "support.h"

namespace peyk::push {
namespace {

TEST(Glob, matches_as_the_specification_says) {
    struct Case {
        std::string_view pattern, text;
        bool whole, words;
    };
    const Case cases[] = {
        {"lunch", "lunch", true, true},
        {"lunch", "Lunch plans", false, true},
        {"lunch", "lunchtime", false, false},
        {"lunc?*", "lunchtime now", true, true},
        {"*lunch*", "brunchlunchx", true, true},
        {"cake", "we like cake!", false, true},
        {"cake", "pancake", false, false},
        {"cake", "cake_", false, false},
        {"cake", "cake\xc3\xa9", false, true},  // é is no word character of the specification
        {"?", "\xd8\xa7", true, true},
        {"a?c", "abc", true, true},
        {"a?c", "ac", false, false},
        {"*", "", true, true},
        {"", "", true, false},
        {"", "x", false, false},
        {"a*b*c", "a-b-b-c", true, true},
        {"a*b*c", "a-c-b", false, false},
        {"CAF\xc3\x89", "caf\xc3\xa9", true, true},
        {"\xd0\x9f\xd0\xa0\xd0\x98", "\xd0\xbf\xd1\x80\xd0\xb8", true, true},
        {"[a-z]", "b", false, false},
        {"a.c", "abc", false, false},
        {"say cheese", "please Say Cheese.", false, true},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(Glob(c.pattern).matches(folded(c.text)), c.whole) << c.pattern << " | " << c.text;
        EXPECT_EQ(Glob(c.pattern).matches_words(folded(c.text)), c.words) << c.pattern << " | " << c.text;
    }
}

// Against the obvious, slow way.
bool slow(std::u32string_view pattern, std::u32string_view text) {
    if (pattern.empty()) return text.empty();
    if (pattern[0] == U'*') return slow(pattern.substr(1), text) || (!text.empty() && slow(pattern, text.substr(1)));
    return !text.empty() && (pattern[0] == U'?' || pattern[0] == text[0]) && slow(pattern.substr(1), text.substr(1));
}

TEST(Glob, agrees_with_the_obvious_way_on_all_short_patterns) {
    std::u32string letters = U"ab*?";
    for (int p = 0; p < 1024; ++p) {
        std::string pattern;
        std::u32string wide;
        for (int i = 0, left = p; i < 5; ++i, left /= 4) {
            wide += letters[static_cast<std::size_t>(left % 4)];
            pattern += static_cast<char>(wide.back());
        }
        Glob glob(pattern);
        for (int t = 0; t < 64; ++t) {
            std::u32string text;
            for (int i = 0; i < 6; ++i) text += (t >> i & 1) != 0 ? U'a' : U'b';
            text.resize(static_cast<std::size_t>(t % 7));
            ASSERT_EQ(glob.matches(text), slow(wide, text)) << pattern;
        }
    }
}

TEST(Glob, takes_linear_time_for_what_makes_others_backtrack) {
    std::string pattern, text(60'000, 'a');
    for (int i = 0; i < 250; ++i) pattern += "a*";
    pattern += "b";
    auto wide = folded(text);
    auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(Glob(pattern).matches(wide));
    EXPECT_FALSE(Glob(pattern).matches_words(wide));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2)) << "also in a debug build";
    EXPECT_FALSE(Glob(std::string(600, 'a')).matches(folded(std::string(600, 'a')))) << "beyond the limit of a pattern";
    EXPECT_TRUE(Glob(std::string(511, 'a')).matches(folded(std::string(511, 'a'))));
    EXPECT_TRUE(Glob(std::string(64, 'a') + "*" + std::string(64, 'b'))
                    .matches(folded(std::string(64, 'a') + "--" + std::string(64, 'b'))))
        << "across the words of the set";
}

// "-": no rule, or one without notify; "n": notify; "h": highlight too.
std::string judge(const World& world, const std::string& rules, const UserId& reader) {
    auto hash = [&](std::string_view text) { return world.test.db.number(text); };
    auto set = RuleSet::compile(object(rules), kRoom.id.view(), hash);
    const auto& stored = *world.rooms.list.back();
    EventView view(world.rooms, kRoom, stored);
    bool mentioned = stored.event->content.contains("m.mentions") && !stored.event->pdu &&
                     json::write(stored.event->content).contains(reader.str());
    auto actions = set->evaluate(view, Reader{mentioned, stored.event->state_key == reader.str(), reader.view()});
    if (!actions || !*actions || !(*actions)->notify) return "-";
    return (*actions)->highlight ? "h" : "n";
}

TEST(Rules, the_servers_own_judge_each_kind_of_event) {
    struct Case {
        std::string_view what, type, content;
        std::optional<std::string> key;
        UserId sender;
        std::uint32_t members;
        std::string_view wanted;
    };
    const Case cases[] = {
        {"message", "m.room.message", R"({"msgtype":"m.text","body":"x"})", {}, kBob, 3, "n"},
        {"one to one", "m.room.message", R"({"msgtype":"m.text","body":"x"})", {}, kBob, 2, "n"},
        {"encrypted", "m.room.encrypted", R"({"algorithm":"x"})", {}, kBob, 3, "n"},
        {"notice", "m.room.message", R"({"msgtype":"m.notice","body":"x"})", {}, kBob, 3, "-"},
        {"call", "m.call.invite", R"({})", {}, kBob, 3, "n"},
        {"other type", "org.example", R"({})", {}, kBob, 3, "-"},
        {"invitation of the reader", "m.room.member", R"({"membership":"invite"})", "@ada:x", kBob, 3, "n"},
        {"invitation of another", "m.room.member", R"({"membership":"invite"})", "@eve:x", kBob, 3, "-"},
        {"join", "m.room.member", R"({"membership":"join"})", "@bob:x", kBob, 3, "-"},
        {"mention",
         "m.room.message",
         R"({"msgtype":"m.text","body":"x","m.mentions":{"user_ids":["@ada:x"]}})",
         {},
         kBob,
         3,
         "h"},
        {"mention of another",
         "m.room.message",
         R"({"msgtype":"m.text","body":"x","m.mentions":{"user_ids":["@eve:x"]}})",
         {},
         kBob,
         3,
         "n"},
        {"mention in a notice",
         "m.room.message",
         R"({"msgtype":"m.notice","body":"x","m.mentions":{"user_ids":["@ada:x"]}})",
         {},
         kBob,
         3,
         "-"},
        {"room mention",
         "m.room.message",
         R"({"msgtype":"m.text","body":"x","m.mentions":{"room":true}})",
         {},
         kBob,
         3,
         "h"},
        {"room mention without power",
         "m.room.message",
         R"({"msgtype":"m.text","body":"x","m.mentions":{"room":true}})",
         {},
         kEve,
         3,
         "n"},
        {"room mention that is no boolean",
         "m.room.message",
         R"({"msgtype":"m.text","body":"x","m.mentions":{"room":"true"}})",
         {},
         kBob,
         3,
         "n"},
        {"name in the text only",
         "m.room.message",
         R"({"msgtype":"m.text","body":"ada @ada:x @room"})",
         {},
         kBob,
         3,
         "n"},
        {"tombstone", "m.room.tombstone", R"({})", "", kBob, 3, "h"},
        {"tombstone that is no state", "m.room.tombstone", R"({})", {}, kBob, 3, "-"},
        {"reaction", "m.reaction", R"({})", {}, kBob, 2, "-"},
        {"server acl", "m.room.server_acl", R"({})", "", kBob, 3, "-"},
        {"edit",
         "m.room.message",
         R"({"msgtype":"m.text","body":"x","m.relates_to":{"rel_type":"m.replace"}})",
         {},
         kBob,
         2,
         "-"},
        {"edit that mentions",
         "m.room.message",
         R"({"body":"x","m.relates_to":{"rel_type":"m.replace"},"m.mentions":{"user_ids":["@ada:x"]}})",
         {},
         kBob,
         3,
         "h"},
    };
    for (const auto& c : cases) {
        World world;
        world.rooms.add(c.sender, std::string(c.type), c.content, c.key, c.members);
        EXPECT_EQ(judge(world, rules_json(), kAda), c.wanted) << c.what;
    }
}

TEST(Rules, the_users_own_go_by_kind_and_order) {
    auto own = [](std::string_view stored) { return rules_json(object(stored)); };
    auto rule = [](std::string_view kind, std::string_view rest) {
        return fmt::format(R"({{"{}":[{}]}})", kind, rest);
    };
    World world;
    world.rooms.say(kBob, "a piece of Cake", R"(,"n":5,"deep":{"a.b":["x",true,null]})");
    struct Case {
        std::string_view what;
        std::string rules;
        std::string_view wanted;
    };
    const std::string highlight = R"("actions":["notify",{"set_tweak":"highlight"}])";
    auto override_rule = [&](std::string_view condition) {
        return own(rule("override",
                        fmt::format(R"({{"rule_id":"r","enabled":true,"conditions":[{}],{}}})", condition, highlight)));
    };
    const Case cases[] = {
        {"keyword", own(rule("content", R"({"rule_id":"r","enabled":true,"pattern":"cake",)" + highlight + "}")), "h"},
        {"keyword that is off",
         own(rule("content", R"({"rule_id":"r","enabled":false,"pattern":"cake",)" + highlight + "}")), "n"},
        {"part of a word", own(rule("content", R"({"rule_id":"r","enabled":true,"pattern":"cak",)" + highlight + "}")),
         "n"},
        {"muted room", own(rule("room", R"({"rule_id":"!room:x","enabled":true,"actions":[]})")), "-"},
        {"muted in the old words",
         own(rule("room", R"({"rule_id":"!room:x","enabled":true,"actions":["dont_notify"]})")), "-"},
        {"another room muted", own(rule("room", R"({"rule_id":"!other:x","enabled":true,"actions":[]})")), "n"},
        {"muted by an override", override_rule(R"({"kind":"event_match","key":"room_id","pattern":"!room:x"})"), "h"},
        {"override of another room", override_rule(R"({"kind":"event_match","key":"room_id","pattern":"!other:x"})"),
         "n"},
        {"sender", own(rule("sender", R"({"rule_id":"@bob:x","enabled":true,)" + highlight + "}")), "h"},
        {"another sender", own(rule("sender", R"({"rule_id":"@eve:x","enabled":true,)" + highlight + "}")), "n"},
        {"room before sender",
         own(R"({"room":[{"rule_id":"!room:x","enabled":true,"actions":[]}],"sender":[{"rule_id":"@bob:x","enabled":true,)" +
             highlight + "}]}"),
         "-"},
        {"content before room",
         own(R"({"room":[{"rule_id":"!room:x","enabled":true,"actions":[]}],"content":[{"rule_id":"r","enabled":true,"pattern":"cake",)" +
             highlight + "}]}"),
         "h"},
        {"master switch",
         own(R"({"defaults":{".m.rule.master":{"enabled":true}},"content":[{"rule_id":"r","enabled":true,"pattern":"cake",)" +
             highlight + "}]}"),
         "-"},
        {"highlight that says false",
         own(R"({"content":[{"rule_id":"r","enabled":true,"pattern":"cake","actions":["notify",{"set_tweak":"highlight","value":false}]}]})"),
         "n"},
        {"integer", override_rule(R"({"kind":"event_property_is","key":"content.n","value":5})"), "h"},
        {"integer as text", override_rule(R"({"kind":"event_property_is","key":"content.n","value":"5"})"), "n"},
        {"glob does not see numbers", override_rule(R"({"kind":"event_match","key":"content.n","pattern":"*"})"), "n"},
        {"list contains",
         override_rule(R"({"kind":"event_property_contains","key":"content.deep.a\\.b","value":true})"), "h"},
        {"list contains null",
         override_rule(R"({"kind":"event_property_contains","key":"content.deep.a\\.b","value":null})"), "h"},
        {"list does not contain",
         override_rule(R"({"kind":"event_property_contains","key":"content.deep.a\\.b","value":"y"})"), "n"},
        {"compound values are never equal",
         override_rule(R"({"kind":"event_property_is","key":"content.deep","value":{"a.b":["x",true,null]}})"), "n"},
        {"members", override_rule(R"({"kind":"room_member_count","is":"3"})"), "h"},
        {"at least", override_rule(R"({"kind":"room_member_count","is":">=3"})"), "h"},
        {"less", override_rule(R"({"kind":"room_member_count","is":"<3"})"), "n"},
        {"more", override_rule(R"({"kind":"room_member_count","is":">2"})"), "h"},
        {"nonsense count", override_rule(R"({"kind":"room_member_count","is":"=>3x"})"), "n"},
        {"unknown condition", override_rule(R"({"kind":"org.example.always"})"), "n"},
        {"permission", override_rule(R"({"kind":"sender_notification_permission","key":"room"})"), "h"},
        {"no permission", override_rule(R"({"kind":"sender_notification_permission","key":"other"})"), "n"},
        {"whole value", override_rule(R"({"kind":"event_match","key":"content.msgtype","pattern":"m.tex"})"), "n"},
        {"whole value with glob", override_rule(R"({"kind":"event_match","key":"content.msgtype","pattern":"M.TE*"})"),
         "h"},
        {"display name", override_rule(R"({"kind":"contains_display_name"})"), "h"},
    };
    world.rooms.names["@ada:x"] = "cake";
    for (const auto& c : cases) EXPECT_EQ(judge(world, c.rules, kAda), c.wanted) << c.what;
    EXPECT_EQ(judge(world, override_rule(R"({"kind":"contains_display_name"})"), kEve), "n") << "who has another name";
}

TEST(Rules, are_shared_by_those_for_whom_they_come_to_the_same) {
    World world;
    auto number = [&](const UserId& user) { return world.number(user); };
    world.rules.by_user["@bob:x"] = {
        rules_json(object(R"({"room":[{"rule_id":"!other:x","enabled":true,"actions":[]}]})")), true, {}};
    world.rules.by_user["@eve:x"] = {
        rules_json(object(R"({"room":[{"rule_id":"!room:x","enabled":true,"actions":[]}]})")), true, {}};
    auto ada = world.book.of(kAda, number(kAda), kRoom)->rules;
    auto zoe = UserId::trusted("@zoe:x");
    EXPECT_EQ(world.book.of(zoe, number(zoe), kRoom)->rules, ada);
    EXPECT_EQ(world.book.of(kBob, number(kBob), kRoom)->rules->id(), ada->id())
        << "rules about other rooms do not count";
    EXPECT_NE(world.book.of(kEve, number(kEve), kRoom)->rules->id(), ada->id());

    auto asked = world.rules.asked;
    (void)world.book.of(kAda, number(kAda), kRoom);
    EXPECT_EQ(world.rules.asked, asked) << "kept";
    world.rules.by_user["@ada:x"] = world.rules.by_user["@eve:x"];
    world.feed.publish({FeedEntry::Kind::user, number(kAda), 1});
    EXPECT_NE(world.book.of(kAda, number(kAda), kRoom)->rules->id(), ada->id()) << "until the user's rows change";
}

}  // namespace
}  // namespace peyk::push
