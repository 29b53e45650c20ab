#include "unit/keys/fixture.h"

namespace peyk::keys::testing {
namespace {

// A federation that has its answers ready.
class FakeRemote final : public RemoteKeys, public RemoteInboxes {
public:
    Task<Answered> query(Asked asked, Millis) override { return answer(std::move(asked), query_answers); }
    Task<Answered> claim(Asked asked, Millis) override { return answer(std::move(asked), claim_answers); }
    Task<Result<void>> send(UserId sender, std::string type, std::string message_id, json::Object messages) override {
        sent.push_back(json::write(json::Object{{"from", sender.str()}, {"type", type}, {"messages", messages}}));
        message_ids.push_back(message_id);
        if (failing) co_return fail(Errc::unavailable, "not now");
        co_return Result<void>{};
    }
    std::map<std::string, std::string> query_answers, claim_answers;  // server -> JSON
    std::vector<Asked> asked_for;
    std::vector<std::string> sent, message_ids;
    bool failing = false;

private:
    Task<Answered> answer(Asked asked, std::map<std::string, std::string> answers) {
        asked_for.push_back(asked);
        Answered answered;
        for (const auto& [server, users] : asked) {
            auto found = answers.find(server);
            if (found == answers.end()) {
                answered.emplace(server, fail(Errc::timeout, "no answer"));
            } else {
                answered.emplace(server, object(found->second));
            }
        }
        co_return answered;
    }
};

class RemoteTest : public KeysTest {
protected:
    RemoteTest() {
        remote_keys_ = &remote_;
        remote_inboxes_ = &remote_;
        restart();
    }
    FakeRemote remote_;
};

TEST_F(RemoteTest, KeysOfOtherServersAreAskedOfThemAndJoined) {
    auto alice = with_keys("alice", "A");
    remote_.query_answers["far"] = R"({"device_keys":{"@eve:far":{"E":{"device_id":"E"}}},
        "master_keys":{"@eve:far":{"keys":{}}},"self_signing_keys":{"@eve:far":{"keys":{}}}})";
    auto answer =
        post("/keys/query", alice.token(), R"({"device_keys":{"@alice:here":[],"@eve:far":["E"],"@mute:silent":[]}})");
    ASSERT_EQ(answer.status, 200);
    auto own = alice.keys();
    own.set("unsigned", json::Object{});  // the name of the device, which has none
    EXPECT_EQ(at(answer.body, {"device_keys", "@alice:here", "A"}), json::Value(std::move(own)));
    EXPECT_EQ(at(answer.body, {"device_keys", "@eve:far", "E", "device_id"}), json::Value("E"));
    EXPECT_TRUE(at(answer.body, {"master_keys", "@eve:far"}).is_object());
    EXPECT_EQ(at(answer.body, {"failures"}), json::Value(object(R"({"silent":{}})")));
    EXPECT_EQ(remote_.asked_for.at(0).at("far"), object(R"({"@eve:far":["E"]})"));
}

TEST_F(RemoteTest, AServerDoesNotAnswerForTheUsersOfAnother) {
    auto alice = with_keys("alice", "A");
    auto poison =
        R"({"device_keys":{"@alice:here":{"EVIL":{}},"@eve:far":7},"master_keys":{"@alice:here":{},"@eve:far":[]}})";
    remote_.query_answers["far"] = poison;
    remote_.claim_answers["far"] = R"({"one_time_keys":{"@alice:here":{"A":{"x:y":"z"}},"@eve:far":{"E":null}}})";
    auto answer = post("/keys/query", alice.token(), R"({"device_keys":{"@alice:here":[],"@eve:far":[]}})");
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(at(answer.body, {"device_keys", "@alice:here"}).object()->size(), 1);
    EXPECT_FALSE(at(answer.body, {"device_keys"}).object()->contains("@eve:far"));
    EXPECT_TRUE(at(answer.body, {"master_keys"}).object()->empty());
    auto claimed = post("/keys/claim", alice.token(), R"({"one_time_keys":{"@eve:far":{"E":"signed_curve25519"}}})");
    ASSERT_EQ(claimed.status, 200);
    EXPECT_TRUE(at(claimed.body, {"one_time_keys"}).object()->empty());
}

TEST_F(RemoteTest, OneTimeKeysOfOtherServersAreClaimedThere) {
    remote_.claim_answers["far"] = R"({"one_time_keys":{"@eve:far":{"E":{"signed_curve25519:K":{"key":"k"}}}}})";
    auto answer = post("/keys/claim", "alice|A", R"({"one_time_keys":{"@eve:far":{"E":"signed_curve25519"},
        "@mute:silent":{"M":"signed_curve25519"}}})");
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(at(answer.body, {"one_time_keys", "@eve:far", "E", "signed_curve25519:K", "key"}), json::Value("k"));
    EXPECT_TRUE(at(answer.body, {"failures", "silent"}).is_object());
}

TEST_F(RemoteTest, MessagesForOtherServersAreHandedOverOnceWithOneId) {
    constexpr auto body = R"({"messages":{"@eve:far":{"E":{"n":1},"*":{"n":2}},"@alice:here":{"A":{"n":3}}}})";
    accounts_.add(user_id("alice"), device_id("A"));
    remote_.failing = true;
    EXPECT_EQ(put("/sendToDevice/m.x/t", "bob|B", body).status, 503);
    remote_.failing = false;
    EXPECT_EQ(put("/sendToDevice/m.x/t", "bob|B", body).status, 200);
    EXPECT_EQ(put("/sendToDevice/m.x/t", "bob|B", body).status, 200);
    ASSERT_EQ(remote_.sent.size(), 2);
    EXPECT_EQ(remote_.message_ids[0], remote_.message_ids[1]);
    EXPECT_EQ(object(remote_.sent[1]),
              object(R"({"from":"@bob:here","type":"m.x","messages":{"@eve:far":{"E":{"n":1},"*":{"n":2}}}})"));
    auto page = keys_->inbox(number(user_id("alice")), device_id("A"), 0, db().visible()).value();
    EXPECT_EQ(page.messages.size(), 1);
}

TEST(DeviceCacheTest, WhatWasReadBeforeAChangeDoesNotEnterAfterIt) {
    DeviceCache<int> cache(2);
    DeviceCache<int>::Key key{1, 2};
    auto ticket = cache.ticket(key);
    cache.replace(key, std::make_shared<const int>(7));
    cache.offer(key, ticket, std::make_shared<const int>(6));
    EXPECT_EQ(*cache.find(key), 7);
    ticket = cache.ticket(key);
    cache.replace(key, nullptr);
    EXPECT_EQ(cache.find(key), nullptr);
    cache.offer(key, ticket, std::make_shared<const int>(6));
    EXPECT_EQ(cache.find(key), nullptr);
    cache.offer(key, cache.ticket(key), std::make_shared<const int>(8));
    EXPECT_EQ(*cache.find(key), 8);
}

TEST(DeviceCacheTest, TheLeastRecentlyUsedGoesFirst) {
    DeviceCache<int> cache(2);
    for (std::uint64_t user : {1, 2}) cache.replace({user, 0}, std::make_shared<const int>(1));
    EXPECT_NE(cache.find({1, 0}), nullptr);
    cache.replace({3, 0}, std::make_shared<const int>(1));
    EXPECT_EQ(cache.find({2, 0}), nullptr);
    EXPECT_NE(cache.find({1, 0}), nullptr);
    EXPECT_NE(cache.find({3, 0}), nullptr);
}

}  // namespace
}  // namespace peyk::keys::testing
