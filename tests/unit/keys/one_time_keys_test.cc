#include <thread>

#include "unit/keys/fixture.h"

namespace peyk::keys::testing {
namespace {

class OneTimeKeysTest : public KeysTest {
protected:
    static json::Object one_time(int first, int count) {
        json::Object keys;
        for (int i = first; i < first + count; ++i)
            keys.set(fmt::format("signed_curve25519:K{:04}", i), key(fmt::format("content {}", i)));
        return keys;
    }
    static json::Object key(std::string content, bool fallback = false) {
        json::Object object{{"key", std::move(content)}, {"signatures", json::Object{}}};
        if (fallback) object.set("fallback", true);
        return object;
    }
    // The name of the key that was claimed, empty if none.
    std::string claim(const Device& device, std::string_view algorithm = "signed_curve25519") {
        json::Object asked{{device.user.str(), json::Object{{device.id.str(), algorithm}}}};
        auto answer = post("/keys/claim", "carol|C", json::write(json::Object{{"one_time_keys", asked}}));
        EXPECT_EQ(answer.status, 200);
        auto keys = at(answer.body, {"one_time_keys", device.user.view(), device.id.view()});
        return keys.object() ? keys.object()->begin()->key : "";
    }
    std::int64_t count(const Device& device) {
        auto counts = keys_->key_counts(number(device.user), device.id).value();
        auto found = counts->one_time.find("signed_curve25519");
        return found == counts->one_time.end() ? 0 : found->second;
    }
    std::vector<std::string> unused(const Device& device) {
        return keys_->key_counts(number(device.user), device.id).value()->unused_fallbacks;
    }
};

TEST_F(OneTimeKeysTest, KeysAreHandedOutInTheOrderOfTheirUploads) {
    auto alice = with_keys("alice", "A");
    // The names of the second upload sort before those of the first.
    upload(alice, {{"one_time_keys", one_time(50, 2)}});
    upload(alice, {{"one_time_keys", one_time(10, 2)}});
    EXPECT_EQ(claim(alice), "signed_curve25519:K0050");
    EXPECT_EQ(claim(alice), "signed_curve25519:K0051");
    EXPECT_EQ(claim(alice), "signed_curve25519:K0010");
    EXPECT_EQ(claim(alice), "signed_curve25519:K0011");
    EXPECT_EQ(claim(alice), "");
}

TEST_F(OneTimeKeysTest, AnUploadAnswersTheCountsAndWakesTheUser) {
    auto alice = sign_in("alice", "A");
    auto answer = upload(alice, {{"one_time_keys", one_time(0, 3)}});
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(at(answer.body, {"one_time_key_counts", "signed_curve25519"}).integer(), 3);
    EXPECT_TRUE(was_woken(alice.user));
    EXPECT_EQ(count(alice), 3);
    EXPECT_EQ(at(upload(sign_in("bob", "B"), {}).body, {"one_time_key_counts", "signed_curve25519"}).integer(), 0);
}

TEST_F(OneTimeKeysTest, EightConcurrentClaimersNeverGetTheSameKey) {
    constexpr int kKeys = 400;
    auto alice = with_keys("alice", "A");
    upload(alice, {{"one_time_keys", one_time(0, kKeys)}});
    std::mutex mutex;
    std::multiset<std::string> names;
    std::vector<std::jthread> claimers;
    for (int i = 0; i < 8; ++i) {
        claimers.emplace_back([&] {
            for (int j = 0; j < kKeys / 8; ++j) {
                auto name = claim(alice);
                std::lock_guard lock(mutex);
                names.insert(name);
            }
        });
    }
    claimers.clear();
    EXPECT_EQ(names.size(), kKeys);
    EXPECT_EQ(std::set(names.begin(), names.end()).size(), kKeys);
    EXPECT_FALSE(names.contains(""));
    EXPECT_EQ(count(alice), 0);
}

TEST_F(OneTimeKeysTest, ClaimsAndUploadsAtOnceLoseAndRepeatNothing) {
    constexpr int kKeys = 200;
    auto alice = with_keys("alice", "A");
    std::mutex mutex;
    std::multiset<std::string> names;
    std::vector<std::jthread> threads;
    threads.emplace_back([&] {
        for (int i = 0; i < kKeys; i += 10) upload(alice, {{"one_time_keys", one_time(i, 10)}});
    });
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int j = 0; j < kKeys / 4; ++j) {
                auto name = claim(alice);
                std::lock_guard lock(mutex);
                if (!name.empty()) names.insert(name);
            }
        });
    }
    threads.clear();
    EXPECT_EQ(std::set(names.begin(), names.end()).size(), names.size());
    EXPECT_EQ(count(alice), kKeys - static_cast<int>(names.size()));
}

TEST_F(OneTimeKeysTest, AKeyClaimedBeforeACrashIsNotIssuedAfterIt) {
    auto alice = with_keys("alice", "A");
    upload(alice, {{"one_time_keys", one_time(0, 2)}});
    EXPECT_EQ(claim(alice), "signed_curve25519:K0000");
    restart();
    EXPECT_EQ(count(alice), 1);
    EXPECT_EQ(claim(alice), "signed_curve25519:K0001");
    restart();
    EXPECT_EQ(claim(alice), "");
}

TEST_F(OneTimeKeysTest, AFailedClaimAnswersAnErrorAndKeepsTheKeyForOthers) {
    auto alice = with_keys("alice", "A");
    upload(alice, {{"one_time_keys", one_time(0, 1)}});
    store_.fail_after(0);
    json::Object asked{{alice.user.str(), json::Object{{alice.id.str(), "signed_curve25519"}}}};
    auto answer = post("/keys/claim", "carol|C", json::write(json::Object{{"one_time_keys", asked}}));
    EXPECT_GE(answer.status, 500);
    store_.heal();
    EXPECT_EQ(count(alice), 1);
    EXPECT_EQ(claim(alice), "signed_curve25519:K0000");
}

TEST_F(OneTimeKeysTest, TheSameKeyAgainIsFineAndOtherContentIsRefused) {
    auto alice = with_keys("alice", "A");
    upload(alice, {{"one_time_keys", one_time(0, 2)}});
    auto again = upload(alice, {{"one_time_keys", one_time(0, 2)}});
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(count(alice), 2);
    json::Object other{{"signed_curve25519:K0001", key("something else")}, {"signed_curve25519:K0007", key("new")}};
    auto refused = upload(alice, {{"one_time_keys", other}});
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.errcode(), "M_UNKNOWN");
    EXPECT_EQ(count(alice), 2);  // nothing of a refused upload is kept
}

TEST_F(OneTimeKeysTest, ALateRepetitionOfAnUploadDoesNotReviveAClaimedKey) {
    auto alice = with_keys("alice", "A");
    upload(alice, {{"one_time_keys", one_time(0, 3)}});
    EXPECT_EQ(claim(alice), "signed_curve25519:K0000");
    restart();
    EXPECT_EQ(upload(alice, {{"one_time_keys", one_time(0, 3)}}).status, 200);
    EXPECT_EQ(count(alice), 2);
    EXPECT_EQ(claim(alice), "signed_curve25519:K0001");
    auto refused = upload(alice, {{"one_time_keys", json::Object{{"signed_curve25519:K0000", key("other")}}}});
    EXPECT_EQ(refused.errcode(), "M_UNKNOWN");
}

TEST_F(OneTimeKeysTest, AFallbackKeyIsUsedWhenTheOthersAreGoneAndStays) {
    auto alice = with_keys("alice", "A");
    json::Object fallback{{"signed_curve25519:F1", key("fallback", true)}};
    upload(alice, {{"one_time_keys", one_time(0, 1)}, {"fallback_keys", fallback}});
    EXPECT_EQ(unused(alice), std::vector<std::string>{"signed_curve25519"});
    EXPECT_EQ(claim(alice), "signed_curve25519:K0000");
    EXPECT_EQ(unused(alice).size(), 1);
    EXPECT_EQ(claim(alice), "signed_curve25519:F1");
    EXPECT_TRUE(unused(alice).empty());
    EXPECT_EQ(claim(alice), "signed_curve25519:F1");
    restart();
    EXPECT_TRUE(unused(alice).empty());

    // The same key again is still used; a new one is not.
    upload(alice, {{"fallback_keys", fallback}});
    EXPECT_TRUE(unused(alice).empty());
    upload(alice, {{"fallback_keys", json::Object{{"signed_curve25519:F2", key("second", true)}}}});
    EXPECT_EQ(unused(alice).size(), 1);
    EXPECT_EQ(claim(alice), "signed_curve25519:F2");
}

TEST_F(OneTimeKeysTest, OneFallbackKeyPerAlgorithm) {
    auto alice = with_keys("alice", "A");
    json::Object two{{"signed_curve25519:F1", key("a", true)}, {"signed_curve25519:F2", key("b", true)}};
    EXPECT_EQ(upload(alice, {{"fallback_keys", two}}).errcode(), "M_INVALID_PARAM");
    EXPECT_TRUE(unused(alice).empty());
}

TEST_F(OneTimeKeysTest, UnknownUsersAndDevicesAreMissingAndUnknownServersAreFailures) {
    auto alice = with_keys("alice", "A");
    upload(alice, {{"one_time_keys", one_time(0, 1)}});
    auto answer = post("/keys/claim", "carol|C", R"({"one_time_keys":{
        "@alice:here":{"A":"signed_curve25519","NONE":"signed_curve25519"},
        "@nobody:here":{"X":"signed_curve25519"},
        "@far:elsewhere":{"Y":"signed_curve25519"}}})");
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(at(answer.body, {"one_time_keys"}).object()->size(), 1);
    EXPECT_EQ(at(answer.body, {"one_time_keys", "@alice:here"}).object()->size(), 1);
    EXPECT_TRUE(at(answer.body, {"failures", "elsewhere"}).is_object());
}

TEST_F(OneTimeKeysTest, KeysOfADeviceThatSignedOutAreGone) {
    auto alice = with_keys("alice", "A");
    upload(alice, {{"one_time_keys", one_time(0, 2)}});
    sign_out(alice);
    EXPECT_EQ(claim(alice), "");
    // The same id signs in again, and finds nothing of the old device.
    accounts_.add(alice.user, alice.id);
    EXPECT_EQ(count(alice), 0);
    EXPECT_EQ(claim(alice), "");
}

TEST_F(OneTimeKeysTest, AnUploadRightAfterADeletionKeepsOnlyItsOwnKeys) {
    auto alice = with_keys("alice", "A");
    upload(alice, {{"one_time_keys", one_time(0, 5)}});
    remove_only(alice);  // and before removed() runs, the id signs in again
    accounts_.add(alice.user, alice.id);
    upload(alice, {{"one_time_keys", one_time(20, 1)}});
    run(keys_->removed(alice.user, number(alice.user)));
    EXPECT_EQ(count(alice), 1);
    EXPECT_EQ(claim(alice), "signed_curve25519:K0020");
}

TEST_F(OneTimeKeysTest, ADeletionThatACrashCutShortIsFinishedAtTheStart) {
    auto alice = with_keys("alice", "A");
    upload(alice, {{"one_time_keys", one_time(0, 5)}});
    remove_only(alice);
    restart();
    ASSERT_TRUE(run(keys_->recover()).has_value());
    EXPECT_EQ(observer_.count(alice.user), 2);
    accounts_.add(alice.user, alice.id);
    EXPECT_EQ(count(alice), 0);
    EXPECT_FALSE(keys_->device_keys().get(number(alice.user), alice.id).value().has_value());
}

TEST_F(OneTimeKeysTest, NewIdentityKeysDropTheOneTimeKeysOfTheOldOnes) {
    auto alice = with_keys("alice", "A");
    upload(alice, {{"one_time_keys", one_time(0, 3)},
                   {"fallback_keys", json::Object{{"signed_curve25519:F1", key("fallback", true)}}}});
    auto answer = upload(alice, {{"device_keys", alice.keys("another curve")}, {"one_time_keys", one_time(30, 1)}});
    EXPECT_EQ(at(answer.body, {"one_time_key_counts", "signed_curve25519"}).integer(), 1);
    EXPECT_EQ(claim(alice), "signed_curve25519:K0030");
    EXPECT_EQ(claim(alice), "");
}

TEST_F(OneTimeKeysTest, ADeviceMayHaveOnlySoManyKeys) {
    auto alice = with_keys("alice", "A");
    auto many = static_cast<int>(limits_.one_time_keys_per_device);
    EXPECT_EQ(upload(alice, {{"one_time_keys", one_time(0, many)}}).status, 200);
    EXPECT_EQ(upload(alice, {{"one_time_keys", one_time(many, 1)}}).errcode(), "M_TOO_LARGE");
    EXPECT_EQ(count(alice), many);
}

TEST_F(OneTimeKeysTest, AndTheyMayNotBeTooLargeTogether) {
    auto alice = with_keys("alice", "A");
    auto named = [](int number) {
        return json::Object{{fmt::format("curve25519:K{}", number), std::string(7000, 'x')}};
    };
    int taken = 0;
    for (; upload(alice, {{"one_time_keys", named(taken)}}).status == 200; ++taken) ASSERT_LT(taken, 1000);
    EXPECT_LT(static_cast<std::size_t>(taken) * 7000, limits_.one_time_key_bytes);
    EXPECT_GT(static_cast<std::size_t>(taken + 2) * 7000, limits_.one_time_key_bytes);
    EXPECT_EQ(upload(alice, {{"one_time_keys", named(taken)}}).errcode(), "M_TOO_LARGE");
}

class PoisonKeys : public OneTimeKeysTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(PoisonKeys, AreRefusedAndNothingIsStored) {
    auto alice = with_keys("alice", "A");
    for (const char* member : {"one_time_keys", "fallback_keys"}) {
        auto answer = post("/keys/upload", alice.token(), fmt::format(R"({{"{}":{}}})", member, GetParam()));
        EXPECT_EQ(answer.status, 400) << member;
        EXPECT_EQ(answer.errcode(), "M_BAD_JSON") << member;
    }
    EXPECT_EQ(count(alice), 0);
    EXPECT_TRUE(unused(alice).empty());
}
INSTANTIATE_TEST_SUITE_P(
    Shapes, PoisonKeys,
    ::testing::Values("null", "[]", "\"text\"", R"({"signed_curve25519:A":null})", R"({"signed_curve25519:A":7})",
                      R"({"signed_curve25519:A":[]})", R"({"signed_curve25519:A":"unsigned text"})",
                      R"({"signed_curve25519:A":{"key":"x"}})",
                      R"({"signed_curve25519:A":{"key":null,"signatures":{}}})",
                      R"({"signed_curve25519:A":{"key":"x","signatures":{"@a:b":null}}})",
                      R"({"signed_curve25519:A":{"key":"x","signatures":{"@a:b":{"ed25519:A":1}}}})",
                      R"({"nocolon":"x"})", R"({":id":"x"})", R"({"curve25519:":"x"})"));

TEST_F(OneTimeKeysTest, AHugeKeyIsRefused) {
    auto alice = with_keys("alice", "A");
    json::Object huge{{"curve25519:A", std::string(limits_.key_object_bytes, 'x')}};
    auto answer = upload(alice, {{"one_time_keys", huge}});
    EXPECT_EQ(answer.status, 413);
    EXPECT_EQ(answer.errcode(), "M_TOO_LARGE");
    EXPECT_EQ(count(alice), 0);
}

}  // namespace
}  // namespace peyk::keys::testing
