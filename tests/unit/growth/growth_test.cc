// Patterns, filters, rules, texts and documents of any size and shape cost time and memory in proportion to their size,
// and what is beyond a limit is refused.

#include "growth.h"

#include "../push/support.h"
#include "appservices/namespaces.h"
#include "core/patterns.h"
#include "core/text_fold.h"
#include "push/glob.h"
#include "push/rules.h"
#include "rooms/events/event_fields.h"
#include "rooms/membership/invite_rules.h"
#include "rooms/timeline/event_filter.h"
#include "search/query.h"
#include "sync/required_state.h"

namespace peyk {
namespace {

std::string times(std::size_t n, std::string_view part) {
    std::string out;
    out.reserve(n * part.size());
    for (std::size_t i = 0; i < n; ++i) out += part;
    return out;
}

// ---- the measure itself
// -------------------------------------------------------------------------------------------------------

TEST(Growth, MemoryIsSeen) {
    if (!kMemoryIsCounted) GTEST_SKIP() << "AddressSanitizer allocates";
    auto vector = [](std::size_t bytes) { return [bytes] { ASSERT_EQ(std::vector<char>(bytes).size(), bytes); }; };
    EXPECT_GE(peak_memory_of(vector(100'000)), 100'000u);
    EXPECT_LT(peak_memory_of(vector(100'000)), 110'000u);
    auto square = [](std::size_t n) {
        return [n] { ASSERT_EQ(std::vector<std::string>(n, std::string(n, 'a')).size(), n); };
    };
    EXPECT_GT(peak_memory_of(square(1'000)), 50 * peak_memory_of(square(100)));
}

// ---- globs: server access lists, invitation filters, types in filters
// -------------------------------------------------

TEST(GlobGrowth, PatternAndTextThatNearlyFitEverywhere) {
    expect_linear(2'000, [](std::size_t n) {
        return [pattern = "*" + std::string(n, 'a') + "b*", text = std::string(2 * n, 'a')] {
            ASSERT_FALSE(glob_matches(pattern, text, QuestionMark::any_character));
        };
    });
    expect_linear(2'000, [](std::size_t n) {
        return [pattern = "*" + times(n, "ab") + "*b", text = times(2 * n, "ab") + "a"] {
            ASSERT_FALSE(glob_matches(pattern, text, QuestionMark::itself));
        };
    });
}

TEST(GlobGrowth, ManyStars) {
    expect_linear(2'000, [](std::size_t n) {
        return [pattern = times(n, "a*") + "b", text = std::string(2 * n, 'a')] {
            ASSERT_FALSE(glob_matches(pattern, text, QuestionMark::any_character));
        };
    });
    expect_linear(20'000, [](std::size_t n) {
        return [pattern = std::string(n, '*') + "b", text = std::string(255, 'a')] {
            ASSERT_FALSE(glob_matches(pattern, text, QuestionMark::any_character));
        };
    });
}

TEST(GlobGrowth, QuestionMarks) {
    expect_linear(10'000, [](std::size_t n) {
        return [pattern = "*" + times(50, "?a") + "b*", text = std::string(n, 'a')] {
            ASSERT_FALSE(glob_matches(pattern, text, QuestionMark::any_character));
        };
    });
    auto piece = std::string(254, '?') + "b";
    EXPECT_TRUE(glob_matches("*" + piece + "*", std::string(400, 'a') + "b" + std::string(9, 'c'),
                             QuestionMark::any_character));
    EXPECT_FALSE(glob_matches("*?" + piece + "*", std::string(400, 'a') + "bc", QuestionMark::any_character))
        << "longer than any name";
}

// As the server access lists of a room: thousands of patterns, one name.
TEST(GlobGrowth, ManyPatterns) {
    expect_linear(400, [](std::size_t n) {
        std::vector<std::string> patterns;
        for (std::size_t i = 0; i < n; ++i) patterns.push_back("*a*a*a*a?a*" + std::to_string(i) + ".example.org");
        return [patterns, name = std::string(230, 'a') + ".example.org"] {
            for (const auto& pattern : patterns) ASSERT_FALSE(glob_matches(pattern, name, QuestionMark::any_character));
        };
    });
}

TEST(GlobGrowth, InvitationFilters) {
    expect_linear(100, [](std::size_t n) {
        json::Array patterns;
        for (std::size_t i = 0; i < n; ++i) patterns.emplace_back("@*b*b*b*b*" + std::to_string(i) + ":x");
        json::Value filter(json::Object{{"blocked_users", std::move(patterns)}});
        return [rules = std::make_shared<rooms::InviteRules>(nullptr, &filter),
                inviter = UserId::trusted("@" + std::string(240, 'b') + ":x")] {
            ASSERT_EQ(rules->verdict(inviter), rooms::InviteVerdict::allow);
        };
    });
}

// Looking for a pattern in a text takes no memory that grows with either.
TEST(GlobGrowth, MatchingTakesNoMemory) {
    expect_memory(kSlack, [pattern = times(20'000, "a*?") + "b", text = std::string(60'000, 'a')] {
        ASSERT_FALSE(glob_matches(pattern, text, QuestionMark::any_character));
    });
    expect_memory(kSlack, [glob = push::Glob(times(250, "a*") + "b"), text = push::folded(std::string(60'000, 'a'))] {
        ASSERT_FALSE(glob.matches(text));
        ASSERT_FALSE(glob.matches_words(text));
    });
}

TEST(GlobGrowth, MakingOneTakesMemoryByItsLength) {
    for (std::string_view part : {"a", "*", "?", "a*?", "\\u0301", "\xff"}) {
        auto pattern = times(30'000 / part.size(), part);
        expect_memory(20 * pattern.size() + kSlack,
                      [&pattern] { ASSERT_FALSE(push::Glob(pattern + "a").matches(U"b")); });
    }
}

// ---- namespaces of application services
// -----------------------------------------------------------------------------------

TEST(RegexGrowth, WhatBacktracksElsewhere) {
    for (std::string expression : {"(a*)*b", "(a|a)*b", "(a+)+$b", ".*a.{30}b", "(x+x+)+y", "(.*)(.*)(.*)(.*)c"}) {
        auto pattern = appservices::Pattern::compile(expression).value();
        expect_linear(2'000, [&](std::size_t n) {
            return [pattern, text = std::string(n, 'a')] { ASSERT_FALSE(pattern.matches(text)); };
        });
        // Of states that it makes while it looks it keeps a megabyte at most, however long the text.
        expect_memory(1024 * 1024,
                      [&pattern, text = std::string(1'000'000, 'a')] { ASSERT_FALSE(pattern.matches(text)); });
    }
}

TEST(RegexGrowth, BeyondTheLimitsIsRefused) {
    EXPECT_TRUE(appservices::Pattern::compile(std::string(1024, 'a')));
    for (const std::string& expression :
         {std::string(1025, 'a'), std::string("((((a{100}){100}){100}){100})"), std::string("a{100000}"),
          "(" + times(1'000, "\\pL") + "){50}", std::string("(?=a)b"), std::string("(a)\\1")}) {
        bool refused = false;
        expect_memory(4 * 1024 * 1024, [&] { refused = !appservices::Pattern::compile(expression); });
        EXPECT_TRUE(refused) << expression.substr(0, 40);
    }
}

// ---- push rules
// -------------------------------------------------------------------------------------------------------

TEST(PushGrowth, LongTextsAndPatternsWithManyStars) {
    expect_linear(6'000, [](std::size_t n) {
        return [glob = push::Glob(times(250, "a*") + "b"), text = push::folded(std::string(n, 'a'))] {
            ASSERT_FALSE(glob.matches(text));
            ASSERT_FALSE(glob.matches_words(text));
        };
    });
    // A longer one fits nothing, and making it costs no more than reading it.
    expect_linear(20'000, [](std::size_t n) {
        return [pattern = times(n, "a*?")] { ASSERT_FALSE(push::Glob(pattern).matches(U"aaa")); };
    });
}

// A rule set over one long message. `key`: what its conditions look at.
std::function<void()> judging(std::size_t rules, std::size_t length, std::string key) {
    json::Array list;
    for (std::size_t i = 0; i < rules; ++i) {
        json::Array conditions{
            json::Object{{"kind", "event_match"}, {"key", key}, {"pattern", "*a*a?a*a" + std::to_string(i) + "*"}}};
        list.emplace_back(json::Object{{"rule_id", std::to_string(i)},
                                       {"default", false},
                                       {"enabled", true},
                                       {"conditions", std::move(conditions)},
                                       {"actions", json::Array{"notify"}}});
    }
    auto set = push::RuleSet::compile({{"override", std::move(list)}}, push::kRoom.id.view(),
                                      [](std::string_view text) { return std::hash<std::string_view>{}(text); });
    auto rooms = std::make_shared<push::FakeRooms>();
    rooms->add(push::kBob, "m.room.message",
               json::write(json::Object{{"body", std::string(length, 'a')}, {"other", std::string(length, 'a')}}));
    return [set, rooms] {
        push::EventView view(*rooms, push::kRoom, *rooms->list.back());
        auto actions = set->evaluate(view, push::Reader{});
        ASSERT_TRUE(actions && !*actions);
    };
}

TEST(PushGrowth, RulesAndMessages) {
    for (std::string key : {"content.body", "content.other"}) {
        expect_linear(40, [&](std::size_t n) { return judging(n, 2'000, key); });
        expect_linear(2'000, [&](std::size_t n) { return judging(40, n, key); });
    }
}

TEST(PushGrowth, ATextIsFoldedOnceForAllRules) {
    auto few = cost_of(judging(2, 60'000, "content.other"));
    auto fold = cost_of([text = std::string(60'000, 'a')] { ASSERT_EQ(push::folded(text).size(), 60'000u); });
    EXPECT_GT(few, fold * 0.5) << "the measure sees nothing";
    push::FakeRooms rooms;
    rooms.add(push::kBob, "m.room.message", json::write(json::Object{{"other", std::string(100, 'a')}}));
    push::EventView view(rooms, push::kRoom, *rooms.list.back());
    const auto* value = view.at({"content", "other"});
    EXPECT_EQ(view.folded_text(*value->string()).data(), view.folded_text(*value->string()).data());
}

// Whoever makes hundreds of rules for words does not make each message dearer for the server: less of its text counts.
TEST(PushGrowth, ManyPatternsLookAtLessOfALongText) {
    auto some = cost_of(judging(50, 60'000, "content.body")), many = cost_of(judging(500, 60'000, "content.body"));
    EXPECT_LT(many, 4 * some);
    auto notified = [](std::size_t rules, std::size_t before) {
        json::Array list;
        for (std::size_t i = 0; i < rules; ++i)
            list.emplace_back(json::Object{{"rule_id", std::to_string(i)},
                                           {"default", false},
                                           {"enabled", true},
                                           {"pattern", i + 1 == rules ? "treasure" : "no" + std::to_string(i)},
                                           {"actions", json::Array{"notify"}}});
        auto set = push::RuleSet::compile({{"content", std::move(list)}}, push::kRoom.id.view(),
                                          [](std::string_view text) { return std::hash<std::string_view>{}(text); });
        push::FakeRooms rooms;
        rooms.add(push::kBob, "m.room.message",
                  json::write(json::Object{{"body", std::string(before, 'a') + " treasure"}}));
        push::EventView view(rooms, push::kRoom, *rooms.list.back());
        return *set->evaluate(view, push::Reader{}) != nullptr;
    };
    EXPECT_TRUE(notified(30, 60'000));
    EXPECT_TRUE(notified(500, 3'900));
    EXPECT_FALSE(notified(500, 60'000));
}

TEST(PushGrowth, BeyondTheLimitsIsRefused) {
    users::PushRuleset rules(push::kAda, {});
    json::Array conditions(51, json::Object{{"kind", "event_match"}, {"key", "type"}, {"pattern", "x"}});
    json::Object body{{"actions", json::Array{}}, {"conditions", std::move(conditions)}};
    EXPECT_EQ(rules.put("override", "many", body, {}, 500).error().m_code, "M_TOO_LARGE");
    json::Object good{{"actions", json::Array{}}, {"pattern", "x"}};
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(rules.put("content", std::to_string(i), good, {}, 500));
    EXPECT_EQ(rules.put("content", "one more", good, {}, 500).error().m_code, "M_TOO_LARGE");
}

// ---- filters
// ----------------------------------------------------------------------------------------------------------

json::Array names(std::size_t n, std::string_view before, std::string_view behind) {
    json::Array out;
    for (std::size_t i = 0; i < n; ++i) out.emplace_back(std::string(before) + std::to_string(i) + std::string(behind));
    return out;
}

TEST(FilterGrowth, LongListsAndManyEvents) {
    Event event{.id = EventId::trusted("$e"), .room = RoomId::trusted("!r:x"), .sender = UserId::trusted("@zoe:x")};
    event.type = std::string(250, 'a');
    auto filtering = [event](std::size_t entries, std::size_t events) -> std::function<void()> {
        json::Object definition{{"types", names(entries, "org.example.", "")},
                                {"not_senders", names(entries, "@", ":x")},
                                {"not_types", names(100, "*a*a*b", "*")}};
        json::Value value(std::move(definition));
        auto filter = rooms::EventFilter::parse(&value, 10, 100).value();
        return [filter, event, events] {
            for (std::size_t i = 0; i < events; ++i) ASSERT_FALSE(filter.wants(event));
        };
    };
    expect_linear(100, [&](std::size_t n) { return filtering(n, 50); });
    expect_linear(50, [&](std::size_t n) { return filtering(1000, n); });
}

// A filter that is kept takes no more than a few times its text, and applying it nothing that grows.
TEST(FilterGrowth, TakesMemoryByItsText) {
    json::Value value(json::Object{{"types", names(1000, "org.example.a.long.name.of.a.type.", "")},
                                   {"senders", names(1000, "@somebody", ":example.org")},
                                   {"not_senders", names(1000, "@nobody", ":example.org")},
                                   {"rooms", names(1000, "!room", ":example.org")}});
    auto text = json::write(value);
    expect_memory(6 * text.size() + kSlack, [&value] { ASSERT_TRUE(rooms::EventFilter::parse(&value, 10, 100)); });
    auto filter = rooms::EventFilter::parse(&value, 10, 100).value();
    Event event{.id = EventId::trusted("$e"), .room = RoomId::trusted("!r:x"), .sender = UserId::trusted("@zoe:x")};
    event.type = std::string(250, 'a');
    expect_memory(kSlack, [&] { ASSERT_FALSE(filter.wants(event)); });
}

TEST(FilterGrowth, BeyondTheLimitsIsRefused) {
    auto parsed = [](json::Object definition) {
        json::Value value(std::move(definition));
        return rooms::EventFilter::parse(&value, 10, 100);
    };
    EXPECT_TRUE(parsed({{"senders", names(1000, "@", ":x")}}));
    EXPECT_EQ(parsed({{"senders", names(1001, "@", ":x")}}).error().m_code, "M_BAD_JSON");
    EXPECT_TRUE(parsed({{"types", names(100, "*", "")}}));
    EXPECT_EQ(parsed({{"types", names(101, "*", "")}}).error().m_code, "M_BAD_JSON");
    EXPECT_TRUE(parsed({{"types", names(1000, "m.", "")}}));
}

TEST(FilterGrowth, FieldsOfEvents) {
    auto picking = [](std::size_t paths, std::size_t members) -> std::function<void()> {
        json::Value list(names(paths, "content.a.a.a.a.", ""));
        auto fields = rooms::EventFields::parse(&list).value();
        json::Object inner;
        for (std::size_t i = 0; i < members; ++i) inner.set("key" + std::to_string(1'000'000 + i), 1);
        for (int depth = 0; depth < 4; ++depth) inner = json::Object{{"a", std::move(inner)}};
        json::Object event{{"content", std::move(inner)}, {"type", "m.x"}};
        return [fields, event] { ASSERT_EQ(fields.pick(event).size(), 2u); };
    };
    expect_linear(10, [&](std::size_t n) { return picking(n, 100); });
    expect_linear(1'000, [&](std::size_t n) { return picking(100, n); });
}

TEST(FilterGrowth, StateThatSlidingSyncIsAskedFor) {
    expect_linear(400, [](std::size_t n) {
        sync::RequiredState part;
        for (std::size_t i = 0; i < n; ++i) part.include.push_back({"org.example." + std::to_string(i), ""});
        auto wanted = std::make_shared<sync::RequiredStates>();
        wanted->add(std::move(part));
        return [wanted] {
            for (int i = 0; i < 1000; ++i) ASSERT_FALSE(wanted->wants("m.room.member", "@ada:x"));
        };
    });
}

// ---- texts
// ------------------------------------------------------------------------------------------------------------

TEST(TextGrowth, CombiningCharacters) {
    // Below, above, below, …: whoever puts them in order by moving one at a time moves them all.
    for (std::string_view marks : {"\u0323\u0301", "\u0301\u0323", "\u0f72\u0f71", "\u0f73", "\u0591\u05b0\u0300"}) {
        expect_linear(5'000, [&](std::size_t n) {
            return [text = "a" + times(n, marks) + "b"] { ASSERT_FALSE(fold_text(text).empty()); };
        });
    }
    // Jamo, letters that grow when they are folded, and what is no UTF-8.
    for (std::string_view part : {"\u1100\u1161\u11a8", "\ufdfa", "\xff\xfe", "\u0130", "\U0001f468\u200d"}) {
        expect_linear(2'000, [&](std::size_t n) {
            return [text = "a" + times(n, part)] { ASSERT_FALSE(fold_text(text).empty()); };
        });
    }
}

TEST(TextGrowth, WhatPeopleWriteIsNotCut) {
    EXPECT_EQ(fold_text_utf8("Tiếng Việt"), fold_text_utf8("Tie\u0302\u0301ng Vie\u0323\u0302t"));
    EXPECT_EQ(fold_text_utf8(times(30, "\u0f71")).size(), 30u * 3) << "as many marks as the limit stay";
}

TEST(TextGrowth, Searching) {
    auto query = search::Query::parse("aab \"ab ab\" aaaa").value();
    expect_linear(5'000, [&](std::size_t n) {
        return [query, text = fold_text(times(n, "aaaa ab ab "))] { ASSERT_EQ(query.rank(text), 0); };
    });
    expect_linear(5'000, [](std::size_t n) {
        return [text = fold_text(times(n, "東京aa "))] {
            std::size_t count = 0;
            search::each_gram(text, search::ShortWords::take, [&](std::uint64_t) { ++count; });
            ASSERT_GT(count, 0u);
        };
    });
    // What nearly fits everywhere costs no more than a short word.
    auto text = fold_text(std::string(60'000, 'a'));
    auto looking = [&text](std::string_view term) {
        return cost_of([&text, query = search::Query::parse(term).value()] { ASSERT_EQ(query.rank(text), 0); });
    };
    EXPECT_LT(looking(times(990, "a") + "b"), 10 * looking("aaab"));
    EXPECT_LT(looking(times(495, "ab") + "a"), 10 * looking("aaab"));
    EXPECT_EQ(search::Query::parse("a" + times(100'000, "\u0301")).error().m_code, "M_INVALID_PARAM");
    EXPECT_EQ(search::Query::parse(times(17, "a ")).error().m_code, "M_INVALID_PARAM");
    EXPECT_TRUE(search::Query::parse(times(16, "a ")));
}

// A term of any shape takes memory by its length, and so does the text that it is looked for in.
TEST(TextGrowth, SearchingTakesMemoryByTheLength) {
    for (std::string_view part : {"a", "ab ", "東京", "\u0301a", "\"a\" "}) {
        auto term = times(900 / part.size(), part);
        expect_memory(256 * 1024, [&term] { (void)search::Query::parse(term); });
    }
    auto query = search::Query::parse("aab \"ab ab\" aaaa").value();
    auto text = times(5'000, "aaaa ab ab ");
    expect_memory(24 * text.size(), [&] { ASSERT_EQ(query.rank(fold_text(text)), 0); });
    auto folded = fold_text(text);
    expect_memory(kSlack, [&] { ASSERT_EQ(query.rank(folded), 0); });
}

// ---- documents
// --------------------------------------------------------------------------------------------------------

// A small document is parsed in memory that is kept, a large one in its own: the steps between them are no growth, so
// that memory is held against the text.
TEST(JsonGrowth, KeysAndNesting) {
    auto keys = [](std::size_t n) {
        std::string text = "{";
        for (std::size_t i = n; i > 0; --i) text += (i < n ? ",\"" : "\"") + std::to_string(1'000'000 + i) + "\":1";
        return text + "}";
    };
    auto nested = [](std::size_t n) { return "{\"a\":[" + times(n, "{\"b\":[[[[1]]]]},") + "1]}"; };
    auto escaped = [](std::size_t n) { return "\"" + times(n, "\\u00e9\\\\") + "\""; };
    for (const auto& [make, n] : {std::pair<std::function<std::string(std::size_t)>, std::size_t>{keys, 3'000},
                                  {nested, 3'000},
                                  {escaped, 10'000}}) {
        expect_linear_time(n, kMostTimesOfDocuments, [&make](std::size_t size) {
            return [text = make(size)] { ASSERT_TRUE(json::parse(text)); };
        });
        for (auto size : {n, 10 * n}) {
            auto text = make(size);
            expect_memory(32 * text.size() + kSlack, [&text] { ASSERT_TRUE(json::parse(text)); });
        }
    }
    EXPECT_EQ(json::parse_object(keys(3'000)).value().size(), 3'000u);
}

}  // namespace
}  // namespace peyk
