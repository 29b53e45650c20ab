#include "push/notifications.h"
#include "support.h"

namespace peyk::push {
namespace {

constexpr std::string_view kMention = R"(,"m.mentions":{"user_ids":["@ada:x"]})";

std::string in_thread(EventNumber root) {
    return fmt::format(R"(,"m.relates_to":{{"rel_type":"m.thread","event_id":"${}"}})", root);
}

TEST(Unread, counts_what_others_said_since_the_receipt) {
    World world;
    for (int i = 0; i < 5; ++i) world.rooms.say(kBob, "x", i == 3 ? kMention : "");
    EXPECT_EQ(world.unread(kAda).all, (UnreadCount{5, 1}));
    EXPECT_EQ(world.unread(kEve).all, (UnreadCount{5, 0}));
    EXPECT_EQ(world.unread(kBob).all, (UnreadCount{0, 0}));
    world.rooms.marks = {{"", 3}};
    EXPECT_EQ(world.unread(kAda).all, (UnreadCount{2, 1}));
    world.rooms.marks = {{"", 3}, {"", 5}};
    EXPECT_EQ(world.unread(kAda).all, (UnreadCount{0, 0})) << "the further one of the two receipts counts";
    world.rooms.marks = {};
    world.rooms.entered = 4;
    EXPECT_EQ(world.unread(kAda).all, (UnreadCount{1, 0})) << "nothing from before one came";
    world.rooms.is_joined = false;
    EXPECT_EQ(world.unread(kAda).all, (UnreadCount{0, 0}));
}

TEST(Unread, who_says_something_has_read_what_was_before) {
    World world;
    world.rooms.say(kBob, "one");
    world.rooms.add(kAda, "m.room.topic", R"({"topic":"x"})", "");
    EXPECT_EQ(world.unread(kAda).all.notifications, 1u) << "a state event says nothing";
    world.rooms.say(kAda, "two");
    EXPECT_EQ(world.unread(kAda).all.notifications, 0u);
    world.rooms.say(kBob, "three");
    EXPECT_EQ(world.unread(kAda).all.notifications, 1u);
    EXPECT_EQ(world.unread(kBob).all.notifications, 0u);
}

TEST(Unread, is_told_by_thread) {
    World world;
    auto root = world.rooms.say(kBob, "root");                            // 1
    world.rooms.say(kBob, "main");                                        // 2
    auto reply = world.rooms.say(kBob, "a", in_thread(root));             // 3
    world.rooms.say(kBob, "b", in_thread(root) + std::string(kMention));  // 4
    auto other = world.rooms.say(kBob, "second root");                    // 5
    world.rooms.say(kBob, "c", in_thread(other));                         // 6
    // Relates to an event of the first thread, and so belongs to it.
    world.rooms.say(kBob, "poll answer",
                    fmt::format(R"(,"m.relates_to":{{"rel_type":"m.reference","event_id":"${}"}})", reply));
    auto unread = world.unread(kAda);
    EXPECT_EQ(unread.all, (UnreadCount{7, 1}));
    EXPECT_EQ(unread.main, (UnreadCount{3, 0}));
    EXPECT_EQ(unread.threads, (std::map<std::string, UnreadCount>{{"$1", {3, 1}}, {"$5", {1, 0}}}));

    world.rooms.marks = {{"$1", 4}};
    unread = world.unread(kAda);
    EXPECT_EQ(unread.threads, (std::map<std::string, UnreadCount>{{"$1", {1, 0}}, {"$5", {1, 0}}}));
    EXPECT_EQ(unread.main, (UnreadCount{3, 0}));
    world.rooms.marks = {{"main", 5}};
    unread = world.unread(kAda);
    EXPECT_EQ(unread.main, (UnreadCount{0, 0}));
    EXPECT_EQ(unread.all, (UnreadCount{4, 1}));
    world.rooms.marks = {{"", 4}};
    unread = world.unread(kAda);
    EXPECT_EQ(unread.all, (UnreadCount{3, 0})) << "a receipt without thread is for all of them";

    world.rooms.marks = {};
    world.rooms.say(kAda, "mine", in_thread(root));
    unread = world.unread(kAda);
    EXPECT_EQ(unread.threads, (std::map<std::string, UnreadCount>{{"$5", {1, 0}}}));
    EXPECT_EQ(unread.main, (UnreadCount{3, 0})) << "saying something in a thread reads that thread only";
}

TEST(Unread, leaves_out_whom_the_reader_ignores) {
    World world;
    world.rooms.say(kBob, "x");
    world.rooms.say(kEve, "y");
    world.rules.by_user["@ada:x"] = {rules_json(), true, {world.number(kEve)}};
    EXPECT_EQ(world.unread(kAda).all.notifications, 1u);
}

TEST(Unread, costs_one_look_at_each_event_and_one_row_for_256) {
    World world;
    constexpr EventNumber kMany = 2'000;
    for (EventNumber i = 0; i < kMany; ++i) world.rooms.say(i % 3 ? kBob : kEve, "x", i % 100 ? "" : kMention);
    EXPECT_EQ(world.unread(kAda).all, (UnreadCount{kMany, 20}));
    EXPECT_EQ(world.rooms.read, 2 * kMany) << "once for the facts, once for the rules";
    for (int i = 0; i < 100; ++i) {
        auto user = UserId::trusted(fmt::format("@u{}:x", i));
        EXPECT_EQ(world.unread(user).all, (UnreadCount{kMany, 0}));
    }
    EXPECT_EQ(world.rooms.read, 2 * kMany) << "who has the same rules reads nothing again";
    auto rows = [&](const storage::Table& table) {
        return world.test.db.scan(table, kRoom.number, "", "", 1000)->size();
    };
    EXPECT_EQ(rows(kFacts), kMany / kPageEvents);
    EXPECT_EQ(rows(kOutcomes), kMany / kPageEvents) << "one set of rules, whoever the readers are";

    // Another process: only the page that is not full is made again.
    RuleBook book(world.test.db, world.rules, world.feed);
    UnreadCounts fresh(world.test.db, world.rooms, book);
    world.rooms.read = 0;
    EXPECT_EQ(fresh.of(kAda, world.number(kAda), kRoom, world.rooms.end())->all, (UnreadCount{kMany, 20}));
    EXPECT_LE(world.rooms.read, 2 * kPageEvents);

    world.rooms.read = 0;
    world.rooms.say(kBob, "one more");
    EXPECT_EQ(world.unread(kAda).all.notifications, kMany + 1);
    EXPECT_EQ(world.rooms.read, 2u);
}

TEST(Unread, is_bounded_by_a_window) {
    World world;
    for (EventNumber i = 0; i < UnreadCounts::kWindow + 500; ++i) world.rooms.say(kBob, "x");
    EXPECT_EQ(world.unread(kAda).all.notifications, UnreadCounts::kWindow);
}

TEST(Unread, rules_of_the_readers_own_are_counted_but_not_written) {
    World world;
    for (int i = 0; i < 600; ++i) world.rooms.say(kBob, i % 2 ? "tea" : "cake");
    world.rules.by_user["@ada:x"] = {rules_json(object(R"({"content":[{"rule_id":"r","enabled":true,"pattern":"cake",
                             "actions":["notify",{"set_tweak":"highlight"}]}]})")),
                                     false,
                                     {}};
    world.rules.by_user["@eve:x"] = {
        rules_json(object(R"({"override":[{"rule_id":"r","enabled":true,"conditions":[{"kind":"contains_display_name"}],
                             "actions":["notify",{"set_tweak":"highlight"}]}]})")),
        false,
        {}};
    world.rooms.names = {{"@eve:x", "tea"}};
    EXPECT_EQ(world.unread(kAda).all, (UnreadCount{600, 300}));
    EXPECT_EQ(world.unread(kEve).all, (UnreadCount{600, 300}));
    EXPECT_TRUE(world.test.db.scan(kOutcomes, kRoom.number, "", "", 10)->empty());
}

TEST(Unread, facts_are_written_and_read_back) {
    FactsPage page;
    page.threads = {"$a", "$b"};
    page.persons = {{{1, 5, 9}, 0}, {{}, 7}};
    page.facts = {{1, 0, 0, true}, {2, 2, 1, false}, {3, 1, 2, true}};
    auto again = FactsPage::decode(page.encode()).value();
    EXPECT_EQ(again.threads, page.threads);
    ASSERT_EQ(again.facts.size(), 3u);
    EXPECT_TRUE(again.reader(again.facts[1], 5).mentioned);
    EXPECT_FALSE(again.reader(again.facts[1], 6).mentioned);
    EXPECT_TRUE(again.reader(again.facts[2], 7).subject);
    EXPECT_TRUE(again.facts[0].speaks && !again.facts[1].speaks);
    EXPECT_FALSE(FactsPage::decode("\x02"));
    EXPECT_FALSE(FactsPage::decode(page.encode().substr(0, 20)));
}

// Two redactions of one page are under way at the same time, and somebody writes the page as it was in between.
TEST(Unread, whom_a_message_mentioned_goes_with_its_redaction) {
    World world;
    for (int i = 1; i <= 300; ++i) world.rooms.say(kBob, "x", i % 10 ? "" : kMention);
    EXPECT_EQ(world.unread(kAda).all, (UnreadCount{300, 30}));
    auto& pages = world.counts.pages();
    auto& db = world.test.db;
    auto page = std::string(8, '\0');
    auto mentioned = [&] {
        auto row = db.get(kFacts, kRoom.number, page).value();
        EXPECT_TRUE(row);
        auto facts = FactsPage::decode(row->body).value();
        std::set<EventNumber> out;
        for (EventNumber n = 0; n < facts.size(); ++n) {
            if (facts.reader(facts.facts[n], world.number(kAda)).mentioned) out.insert(n);
        }
        return out;
    };
    auto before = mentioned();
    ASSERT_TRUE(before.contains(10) && before.contains(20) && before.contains(30));
    auto row = db.get(kFacts, kRoom.number, page).value()->body;

    auto change = [&] {
        return storage::Change(db, storage::Owner::room, kRoom.number, db.epoch(storage::Owner::room, kRoom.number));
    };
    auto first = change(), second = change();
    EXPECT_TRUE(pages.unmention(first, kRoom.number, 10));
    EXPECT_TRUE(pages.unmention(second, kRoom.number, 20));
    auto one = db.start_commit(std::move(first));
    auto two = db.start_commit(std::move(second));
    before.erase(10);
    before.erase(20);
    EXPECT_EQ(mentioned(), before) << "the second does not bring back what the first took";
    auto late = change();
    late.put(kFacts, kRoom.number, page, row);
    auto three = db.start_commit(std::move(late));
    pages.unmentioned(kRoom.number, 10);
    EXPECT_EQ(mentioned(), before) << "nor does who had made the page before";
    pages.unmentioned(kRoom.number, 20);
    EXPECT_EQ(mentioned(), before);
    EXPECT_EQ(world.unread(kAda).all, (UnreadCount{300, 28})) << "what notified still does";

    auto none = change();
    EXPECT_TRUE(pages.unmention(none, kRoom.number, 11));
    EXPECT_TRUE(pages.unmention(none, kRoom.number, 5'000));
    EXPECT_TRUE(none.empty());
}

TEST(Notifications, are_listed_in_pages_newest_first) {
    World world;
    for (int i = 0; i < 25; ++i) world.rooms.say(i % 5 ? kBob : kAda, "x", i == 7 ? kMention : "");
    world.rooms.marks = {{"", 20}};
    world.rooms.own.number = world.test.db.number(kRoom.id.view());
    NotificationList list(world.test.db, world.rooms, world.counts);
    std::string token;
    std::vector<std::string> seen;
    std::size_t unread = 0;
    for (int page = 0; page < 20; ++page) {
        auto text = list.list(kAda, world.number(kAda), {token, 6, false});
        ASSERT_TRUE(text) << text.error().detail;
        auto answer = object(*text);
        for (const auto& each : *answer.find("notifications")->array()) {
            seen.emplace_back(*each.get("event")->get_string("event_id"));
            EXPECT_EQ(each.get_string("room_id"), "!room:x");
            unread += each.get_bool("read") == false ? 1 : 0;
        }
        const auto* next = answer.find("next_token");
        if (!next) break;
        token = *next->string();
    }
    ASSERT_EQ(seen.size(), 20u);
    EXPECT_EQ(seen.front(), "$25");
    EXPECT_EQ(seen.back(), "$2");
    EXPECT_EQ(std::set(seen.begin(), seen.end()).size(), 20u);
    EXPECT_EQ(unread, 4u) << "21 is the reader's own";
    auto highlights = list.list(kAda, world.number(kAda), {"", 6, true});
    EXPECT_EQ(object(*highlights).find("notifications")->array()->size(), 1u);
    for (std::string bad : {"x", "!!!", "IXJvb206eA"})
        EXPECT_FALSE(list.list(kAda, world.number(kAda), {bad, 6, false}));
}

TEST(Notifications, what_was_said_before_ones_own_message_is_read) {
    World world;
    world.rooms.say(kBob, "m1");
    world.rooms.say(kBob, "m2");
    world.rooms.say(kAda, "m3");
    world.rooms.say(kBob, "m4");
    world.rooms.own.number = world.test.db.number(kRoom.id.view());
    NotificationList list(world.test.db, world.rooms, world.counts);
    auto reads = [&](const std::string& text) {
        std::vector<bool> out;
        auto answer = object(text);
        for (const auto& each : *answer.find("notifications")->array()) out.push_back(each.get_bool("read").value());
        return out;
    };
    auto all = list.list(kAda, world.number(kAda), {"", 20, false});
    ASSERT_TRUE(all) << all.error().detail;
    EXPECT_EQ(reads(*all), (std::vector{false, true, true}));
    // On later pages too, and on pages that hold less than a walk finds.
    std::vector<bool> paged;
    std::string token;
    for (int page = 0; page < 5; ++page) {
        auto one = list.list(kAda, world.number(kAda), {token, 1, false});
        ASSERT_TRUE(one) << one.error().detail;
        for (bool read : reads(*one)) paged.push_back(read);
        auto answer = object(*one);
        const auto* next = answer.find("next_token");
        if (!next) break;
        token = *next->string();
    }
    EXPECT_EQ(paged, (std::vector{false, true, true}));
}

}  // namespace
}  // namespace peyk::push
