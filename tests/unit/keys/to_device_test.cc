#include <thread>

#include "keys/transaction_sweep.h"
#include "unit/keys/fixture.h"

namespace peyk::keys::testing {
namespace {

constexpr storage::Position kNow = ~storage::Position{0} - 1;

class ToDeviceTest : public KeysTest {
protected:
    ToDeviceTest() {
        for (const char* device : {"A1", "A2"}) accounts_.add(user_id("alice"), device_id(device));
        accounts_.add(user_id("bob"), device_id("B"));
    }
    Answer send(std::string_view transaction, std::string_view messages, std::string_view token = "bob|B",
                std::string_view type = "m.test") {
        return put(fmt::format("/sendToDevice/{}/{}", type, transaction), token,
                   fmt::format(R"({{"messages":{}}})", messages));
    }
    InboxPage inbox(std::string_view device, storage::Position from = 0, std::size_t limit = 100) {
        return keys_->inbox(number(user_id("alice")), device_id(device), from, kNow, limit).value();
    }
    // The values of content.n, in order.
    std::vector<std::int64_t> numbers(const InboxPage& page) {
        std::vector<std::int64_t> all;
        for (const auto& message : page.messages)
            all.push_back(at(object(message.json), {"content", "n"}).integer().value_or(-1));
        return all;
    }
    std::vector<std::int64_t> numbers(std::string_view device) { return numbers(inbox(device)); }
    void acknowledge(std::string_view device, storage::Position up_to) {
        ASSERT_TRUE(run(keys_->acknowledge(number(user_id("alice")), device_id(device), up_to)).has_value());
    }
    std::size_t rows(const storage::Table& table) {
        return db().scan_prefix(table, number(user_id("alice")), {}, 100'000).value().size();
    }
    // n messages to A1, numbered from `first`.
    void send_many(int first, int count) {
        for (int i = first; i < first + count; ++i)
            ASSERT_EQ(send(fmt::format("t{}", i), fmt::format(R"({{"@alice:here":{{"A1":{{"n":{}}}}}}})", i)).status,
                      200);
    }
};
using V = std::vector<std::int64_t>;

TEST_F(ToDeviceTest, AMessageReachesItsDeviceAndNoOther) {
    EXPECT_EQ(send("t", R"({"@alice:here":{"A1":{"n":1}}})").status, 200);
    auto page = inbox("A1");
    ASSERT_EQ(page.messages.size(), 1);
    EXPECT_EQ(object(page.messages[0].json), object(R"({"content":{"n":1},"sender":"@bob:here","type":"m.test"})"));
    EXPECT_TRUE(inbox("A2").messages.empty());
    EXPECT_TRUE(was_woken(user_id("alice")));
}

TEST_F(ToDeviceTest, AStarReachesAllDevicesButThoseNamedBesideIt) {
    EXPECT_EQ(send("t", R"({"@alice:here":{"*":{"n":1},"A2":{"n":2}}})").status, 200);
    EXPECT_EQ(numbers("A1"), V{1});
    EXPECT_EQ(numbers("A2"), V{2});
}

TEST_F(ToDeviceTest, UnknownUsersAndDevicesArePassedOver) {
    EXPECT_EQ(send("t", R"({"@alice:here":{"NONE":{"n":1},"A1":{"n":2}},"@nobody:here":{"*":{}},
        "@far:elsewhere":{"X":{}}})")
                  .status,
              200);
    EXPECT_EQ(numbers("A1"), V{2});
    EXPECT_EQ(rows(kInbox), 1);
}

TEST_F(ToDeviceTest, ATransactionIsDeliveredOnce) {
    EXPECT_EQ(send("t", R"({"@alice:here":{"A1":{"n":1}}})").status, 200);
    EXPECT_EQ(send("t", R"({"@alice:here":{"A1":{"n":2}}})").status, 200);
    EXPECT_EQ(numbers("A1"), V{1});
    // Another type is another path, another device another scope.
    EXPECT_EQ(send("t", R"({"@alice:here":{"A1":{"n":3}}})", "bob|B", "m.other").status, 200);
    EXPECT_EQ(send("t", R"({"@alice:here":{"A1":{"n":4}}})", "bob|B2").status, 200);
    EXPECT_EQ(send("t", R"({"@alice:here":{"A1":{"n":5}}})", "eve|B").status, 200);
    EXPECT_EQ(numbers("A1"), (V{1, 3, 4, 5}));
    restart();
    EXPECT_EQ(send("t", R"({"@alice:here":{"A1":{"n":6}}})").status, 200);
    EXPECT_EQ(numbers("A1").size(), 4);
}

TEST_F(ToDeviceTest, WhatRemembersTransactionsGoesWithoutFurtherMessages) {
    send_many(0, 5);
    auto sent = [&] { return db().scan_prefix(kSent, number(user_id("bob")), {}, 1000).value().size(); };
    clock_.advance(std::chrono::days(1));
    EXPECT_EQ(run(sweep_transactions(db(), clock_, {})).value(), 0) << "yesterday's are still of use";
    EXPECT_EQ(rows(kDelivered), 5);
    clock_.advance(std::chrono::days(1));
    EXPECT_EQ(run(sweep_transactions(db(), clock_, {})).value(), 10);
    EXPECT_EQ(rows(kDelivered), 0);
    EXPECT_EQ(sent(), 0);
}

TEST_F(ToDeviceTest, ARepetitionAtMidnightIsARepetition) {
    clock_.advance(Millis(86'400'000 - clock_.now().count() % 86'400'000 - 1));
    send("t", R"({"@alice:here":{"A1":{"n":1}}})");
    clock_.advance(Millis(2));
    send("t", R"({"@alice:here":{"A1":{"n":1}}})");
    EXPECT_EQ(numbers("A1"), V{1});
}

TEST_F(ToDeviceTest, ARequestCutShortByACrashIsCompletedWithoutDoubles) {
    accounts_.add(user_id("carol"), device_id("C"));
    constexpr auto messages = R"({"@alice:here":{"*":{"n":1}},"@carol:here":{"C":{"n":1}}})";
    for (int durable = 0; durable < 3; ++durable) {
        SCOPED_TRACE(durable);
        auto transaction = fmt::format("t{}", durable);
        store_.fail_after(durable);
        EXPECT_GE(send(transaction, messages).status, 500);
        store_.heal();
        restart();
        EXPECT_EQ(send(transaction, messages).status, 200);
        EXPECT_EQ(numbers("A1").size(), static_cast<std::size_t>(durable) + 1);
        EXPECT_EQ(numbers("A2").size(), static_cast<std::size_t>(durable) + 1);
        auto carol = keys_->inbox(number(user_id("carol")), device_id("C"), 0, kNow).value();
        EXPECT_EQ(carol.messages.size(), static_cast<std::size_t>(durable) + 1);
    }
}

TEST_F(ToDeviceTest, AnInboxIsReadInOrderAndInPages) {
    send_many(0, 25);
    auto first = inbox("A1", 0, 10);
    EXPECT_TRUE(first.more);
    EXPECT_EQ(numbers(first), (V{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    auto second = inbox("A1", first.messages.back().position, 10);
    EXPECT_TRUE(second.more);
    auto third = inbox("A1", second.messages.back().position, 10);
    EXPECT_FALSE(third.more);
    EXPECT_EQ(numbers(third), (V{20, 21, 22, 23, 24}));
    auto user = number(user_id("alice"));
    auto until = keys_->inbox(user, device_id("A1"), 0, first.messages[2].position).value();
    EXPECT_EQ(numbers(until), (V{0, 1, 2}));
    EXPECT_FALSE(until.more);
}

TEST_F(ToDeviceTest, AHundredIsTheMostOfOnePage) {
    send_many(0, 130);
    auto page = inbox("A1", 0, 1000);
    EXPECT_EQ(page.messages.size(), 100);
    EXPECT_TRUE(page.more);
    EXPECT_EQ(numbers(inbox("A1", page.messages.back().position)).front(), 100);
}

TEST_F(ToDeviceTest, WhatIsNotAcknowledgedIsReadAgain) {
    send_many(0, 3);
    EXPECT_EQ(numbers("A1").size(), 3);
    restart();
    EXPECT_EQ(numbers("A1"), (V{0, 1, 2}));
}

TEST_F(ToDeviceTest, AcknowledgedMessagesAreGoneWithTheirKeys) {
    send_many(0, 5);
    auto page = inbox("A1");
    auto key = db().scan_prefix(kInbox, number(user_id("alice")), {}, 1).value().front().rest;
    acknowledge("A1", page.messages[2].position);
    EXPECT_EQ(numbers("A1"), (V{3, 4}));
    EXPECT_EQ(rows(kInbox), 2);
    // A row that were put back under the old number, from an old copy of the store, could not be read.
    auto user = number(user_id("alice"));
    storage::Change change(db(), storage::Owner::user, user, db().epoch(storage::Owner::user, user));
    change.put(kInbox, user, key, "back again");
    EXPECT_FALSE(run(db().commit(std::move(change))).has_value());

    acknowledge("A1", page.messages[2].position);  // again: nothing happens
    acknowledge("A1", kNow);
    EXPECT_TRUE(inbox("A1").messages.empty());
    EXPECT_EQ(rows(kInbox), 0);
    acknowledge("A1", kNow);
    send_many(5, 2);
    EXPECT_EQ(numbers("A1"), (V{5, 6}));
}

TEST_F(ToDeviceTest, AcknowledgingOneDeviceLeavesTheOther) {
    send("t", R"({"@alice:here":{"*":{"n":1}}})");
    acknowledge("A1", kNow);
    EXPECT_TRUE(inbox("A1").messages.empty());
    EXPECT_EQ(numbers("A2"), V{1});
}

TEST_F(ToDeviceTest, AFullInboxLosesItsOldestMessages) {
    limits_.inbox_messages = 4;
    restart();
    send_many(0, 7);
    EXPECT_EQ(numbers("A1"), (V{3, 4, 5, 6}));
    EXPECT_EQ(rows(kInbox), 4);
    limits_.inbox_messages = 1000;
    limits_.inbox_bytes = 2000;
    restart();
    auto messages = [&](int n, std::size_t bytes) {
        return fmt::format(R"({{"@alice:here":{{"A1":{{"n":{},"x":"{}"}}}}}})", n, std::string(bytes, 'x'));
    };
    send("big1", messages(101, 900));
    send("big2", messages(102, 900));
    send("big3", messages(103, 900));
    EXPECT_EQ(numbers("A1"), (V{102, 103}));
}

TEST_F(ToDeviceTest, ManyDevicesShareWhatAnAccountMayHave) {
    limits_.account_inbox_bytes = 4000;  // two devices
    restart();
    auto filler = std::string(900, 'x');
    for (int n = 1; n <= 3; ++n)
        send(fmt::format("t{}", n), fmt::format(R"({{"@alice:here":{{"*":{{"n":{},"x":"{}"}}}}}})", n, filler));
    EXPECT_EQ(numbers("A1"), (V{2, 3}));
    EXPECT_EQ(numbers("A2"), (V{2, 3}));
}

TEST_F(ToDeviceTest, TheMessagesOfADeletedDeviceAreGoneForItsSuccessor) {
    send_many(0, 3);
    Device device{user_id("alice"), device_id("A1"), new_key()};
    remove_only(device);
    accounts_.add(device.user, device.id);  // the same id signs in before removed() runs
    send_many(3, 1);
    EXPECT_EQ(numbers("A1"), V{3});
    run(keys_->removed(device.user, number(device.user)));
    EXPECT_EQ(numbers("A1"), V{3});
    EXPECT_EQ(rows(kInbox), 1);
}

TEST_F(ToDeviceTest, ManySendersAtOnceLoseNothing) {
    std::vector<std::jthread> senders;
    for (int i = 0; i < 8; ++i) {
        senders.emplace_back([this, i] {
            for (int j = 0; j < 10; ++j) {
                // Users in different orders, so that lanes entered one by one would lock each other out.
                auto messages = i % 2 ? R"({"@alice:here":{"*":{"n":1}},"@bob:here":{"B":{}}})"
                                      : R"({"@bob:here":{"B":{}},"@alice:here":{"*":{"n":1}}})";
                EXPECT_EQ(send(fmt::format("t{}-{}", i, j), messages, fmt::format("sender{}|S", i)).status, 200);
            }
        });
    }
    senders.clear();
    EXPECT_EQ(numbers("A1").size(), 80);
    EXPECT_EQ(numbers("A2").size(), 80);
    auto bob = keys_->inbox(number(user_id("bob")), device_id("B"), 0, kNow).value();
    EXPECT_EQ(bob.messages.size(), 80);
}

TEST_F(ToDeviceTest, MarksOfOldTransactionsAreRemoved) {
    send_many(0, 40);
    EXPECT_EQ(rows(kDelivered), 40);
    clock_.advance(std::chrono::days(2));
    send_many(100, 40);
    EXPECT_EQ(rows(kDelivered), 40);
    auto sent = db().scan_prefix(kSent, number(user_id("bob")), {}, 1000).value();
    EXPECT_EQ(sent.size(), 40);
}

TEST_F(ToDeviceTest, AMessageToManyUsersInManyGroupsReachesAll) {
    json::Object messages;
    for (int i = 0; i < 150; ++i) {
        auto user = user_id(fmt::format("user{}", i));
        accounts_.add(user, device_id("D"));
        messages.set(user.str(), json::Object{{"*", json::Object{{"n", i}}}});
    }
    EXPECT_EQ(send("t", json::write(messages)).status, 200);
    for (int i = 0; i < 150; ++i) {
        auto page = keys_->inbox(number(user_id(fmt::format("user{}", i))), device_id("D"), 0, kNow).value();
        EXPECT_EQ(numbers(page), V{i});
    }
}

TEST_F(ToDeviceTest, PoisonMessagesAreRefused) {
    for (const char* messages :
         {"null", "[]", R"({"@alice:here":null})", R"({"@alice:here":[]})", R"({"@alice:here":{"A1":null}})",
          R"({"@alice:here":{"A1":"text"}})", R"({"noone":{"A1":{}}})"}) {
        auto answer = send(fmt::format("t{}", messages[2]), messages);
        EXPECT_EQ(answer.status, 400) << messages;
    }
    EXPECT_EQ(put("/sendToDevice/m.test/t", "bob|B", "{}").errcode(), "M_MISSING_PARAM");
    auto huge = fmt::format(R"({{"@alice:here":{{"A1":{{"x":"{}"}}}}}})", std::string(70'000, 'x'));
    EXPECT_EQ(send("huge", huge).errcode(), "M_TOO_LARGE");
    EXPECT_EQ(put(fmt::format("/sendToDevice/{}/t", std::string(300, 'x')), "bob|B", R"({"messages":{}})").status, 400);
    EXPECT_EQ(rows(kInbox), 0);
}

TEST_F(ToDeviceTest, TheLargestMessageFitsIntoARow) {
    // Random, so that compression does not help.
    std::string text;
    while (text.size() < 64 * 1024 - 100) text += random_.alphanumeric(64);
    text.resize(64 * 1024 - 100);
    EXPECT_EQ(send("t", fmt::format(R"({{"@alice:here":{{"*":{{"x":"{}"}}}}}})", text)).status, 200);
    EXPECT_EQ(inbox("A1").messages.size(), 1);
}

TEST_F(ToDeviceTest, ManyLargeMessagesForOneUserAreSplitIntoSeveralChanges) {
    for (int i = 0; i < 40; ++i) accounts_.add(user_id("alice"), device_id(fmt::format("M{}", i)));
    std::string text;
    while (text.size() < 60'000) text += random_.alphanumeric(64);
    EXPECT_EQ(send("t", fmt::format(R"({{"@alice:here":{{"*":{{"x":"{}"}}}}}})", text)).status, 200);
    for (int i = 0; i < 40; ++i) EXPECT_EQ(inbox(fmt::format("M{}", i)).messages.size(), 1);
}

}  // namespace
}  // namespace peyk::keys::testing
