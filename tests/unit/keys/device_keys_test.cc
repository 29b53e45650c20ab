#include "unit/keys/fixture.h"

namespace peyk::keys::testing {
namespace {

class DeviceKeysTest : public KeysTest {
protected:
    json::Object query(std::string_view token, const UserId& user) {
        auto body = json::Object{{"device_keys", json::Object{{user.str(), json::Array{}}}}};
        auto answer = post("/keys/query", token, json::write(body));
        EXPECT_EQ(answer.status, 200);
        return answer.body;
    }
};

TEST_F(DeviceKeysTest, AreAnsweredAsTheyWereUploaded) {
    auto alice = with_keys("alice", "A");
    auto answer = query("bob|B", alice.user);
    EXPECT_EQ(at(answer, {"device_keys", "@alice:here", "A"}), json::Value(alice.keys()));
    EXPECT_TRUE(at(answer, {"failures"}).object()->empty());
}

TEST_F(DeviceKeysTest, NamesAreShownToTheOwnerOnly) {
    auto alice = with_keys("alice", "A", "Alice's phone");
    EXPECT_EQ(at(query("alice|A", alice.user), {"device_keys", "@alice:here", "A", "unsigned", "device_display_name"}),
              json::Value("Alice's phone"));
    with_keys("bob", "B");
    EXPECT_TRUE(at(query("bob|B", alice.user), {"device_keys", "@alice:here", "A", "unsigned"}).is_null());
}

TEST_F(DeviceKeysTest, AForgedUnsignedPartAndSignaturesOfOthersAreNotKept) {
    auto alice = sign_in("alice", "A");
    auto keys = alice.keys();
    auto clean = keys;
    keys.set("unsigned", json::Object{{"device_display_name", "poison"}});
    add_signature(keys, "@bob:here", "ed25519:B", "c2lnbmF0dXJl");
    EXPECT_EQ(upload(alice, {{"device_keys", keys}}).status, 200);
    EXPECT_EQ(at(query("bob|B", alice.user), {"device_keys", "@alice:here", "A"}), json::Value(clean));
}

TEST_F(DeviceKeysTest, OnlyTheDevicesAskedForAreAnswered) {
    auto first = with_keys("alice", "A1");
    with_keys("alice", "A2");
    auto answer = post("/keys/query", "bob|B", R"({"device_keys":{"@alice:here":["A2","NONE"],"@nobody:here":[]}})");
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(at(answer.body, {"device_keys", "@alice:here"}).object()->size(), 1);
    EXPECT_TRUE(at(answer.body, {"device_keys", "@alice:here", "A2"}).is_object());
    EXPECT_TRUE(at(answer.body, {"device_keys", "@nobody:here"}).object()->empty());
}

TEST_F(DeviceKeysTest, UsersOfUnknownServersAreFailures) {
    auto answer = post("/keys/query", "bob|B", R"({"device_keys":{"@far:elsewhere":[]}})");
    ASSERT_EQ(answer.status, 200);
    EXPECT_TRUE(at(answer.body, {"failures", "elsewhere"}).is_object());
    EXPECT_FALSE(at(answer.body, {"device_keys"}).object()->contains("@far:elsewhere"));
}

TEST_F(DeviceKeysTest, AChangeIsAnnouncedBeforeTheAnswerAndARepetitionIsNot) {
    auto alice = with_keys("alice", "A");
    EXPECT_EQ(observer_.count(alice.user), 1);
    auto position = keys_->last_device_change(number(alice.user)).value();
    EXPECT_EQ(observer_.changes.back().second, position);
    EXPECT_GT(position, 0);
    EXPECT_TRUE(was_woken(alice.user));

    EXPECT_EQ(upload(alice, {{"device_keys", alice.keys()}}).status, 200);
    EXPECT_EQ(observer_.count(alice.user), 1);
    EXPECT_EQ(keys_->last_device_change(number(alice.user)).value(), position);

    EXPECT_EQ(upload(alice, {{"device_keys", alice.keys("other")}}).status, 200);
    EXPECT_EQ(observer_.count(alice.user), 2);
    EXPECT_GT(keys_->last_device_change(number(alice.user)).value(), position);
}

TEST_F(DeviceKeysTest, AnAnnouncementThatFailedIsMadeAtTheNextStart) {
    observer_.failing = true;
    auto alice = with_keys("alice", "A");
    EXPECT_EQ(observer_.count(alice.user), 0);
    observer_.failing = false;
    restart();
    ASSERT_TRUE(run(keys_->recover()).has_value());
    EXPECT_EQ(observer_.count(alice.user), 1);
    ASSERT_TRUE(run(keys_->recover()).has_value());
    EXPECT_EQ(observer_.count(alice.user), 1);
}

TEST_F(DeviceKeysTest, AnAnnouncementThatFailedIsMadeWithinTheRun) {
    observer_.failing = true;
    auto alice = with_keys("alice", "A");
    ASSERT_TRUE(run(keys_->device_changes().catch_up()).has_value());
    EXPECT_EQ(observer_.count(alice.user), 0);
    observer_.failing = false;
    ASSERT_TRUE(run(keys_->device_changes().catch_up()).has_value());
    EXPECT_EQ(observer_.count(alice.user), 1);
    ASSERT_TRUE(run(keys_->device_changes().catch_up()).has_value());
    EXPECT_EQ(observer_.count(alice.user), 1);
}

TEST_F(DeviceKeysTest, ADeletedDeviceIsAnnouncedAndNoLongerAnswered) {
    auto first = with_keys("alice", "A1");
    auto second = with_keys("alice", "A2");
    auto before = observer_.count(first.user);
    remove_only(first);
    // Even before its rows are gone.
    EXPECT_EQ(at(query("bob|B", first.user), {"device_keys", "@alice:here"}).object()->size(), 1);
    run(keys_->removed(first.user, number(first.user)));
    EXPECT_EQ(observer_.count(first.user), before + 1);
    EXPECT_FALSE(keys_->device_keys().get(number(first.user), first.id).value().has_value());
    EXPECT_TRUE(keys_->device_keys().get(number(second.user), second.id).value().has_value());
}

// Spec: Server-Server API, Device Management: the list changes by new, deleted and renamed devices, also by those that
// have no keys. The specification of /sync speaks of keys only; Sytest ("Local delete device changes appear in v2
// /sync") of all devices. Who is told and asks for keys finds none of that device; its name others never see.
TEST_F(DeviceKeysTest, ADeviceWithoutKeysIsAnnouncedWhenItGoes) {
    auto alice = sign_in("alice", "A");
    sign_out(alice);
    EXPECT_EQ(observer_.count(alice.user), 1) << "a device list loses a device, with keys or without";
}

TEST_F(DeviceKeysTest, ADeviceThatSignedOutMayNotUpload) {
    auto alice = with_keys("alice", "A");
    sign_out(alice);
    auto answer = upload(alice, {{"device_keys", alice.keys()}});
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.errcode(), "M_UNKNOWN_TOKEN");
}

TEST_F(DeviceKeysTest, NothingOfAnAccountThatEndedIsLeft) {
    auto alice = with_keys("alice", "A");
    with_keys("bob", "B");
    post("/keys/upload", alice.token(), R"({"one_time_keys":{"curve25519:X":"key"}})");
    post("/room_keys/version", alice.token(), R"({"algorithm":"m.x","auth_data":{}})");
    put("/room_keys/keys/!r:here/s?version=1", alice.token(),
        R"({"first_message_index":0,"forwarded_count":0,"is_verified":false,"session_data":{}})");
    put("/sendToDevice/m.x/t", "bob|B", R"({"messages":{"@alice:here":{"A":{}}}})");
    auto before = observer_.count(alice.user);
    ASSERT_TRUE(run(keys_->forget_user(alice.user, number(alice.user))).has_value());
    EXPECT_EQ(observer_.count(alice.user), before + 1);
    for (const auto* table : kTables) {
        // Numbers that must not begin again.
        if (table == &kDeviceListNews || table == &kInboxSlots) continue;
        EXPECT_TRUE(db().scan_prefix(*table, number(alice.user), {}, 1).value().empty()) << table->name;
    }
    EXPECT_TRUE(at(query("bob|B", user_id("bob")), {"device_keys", "@bob:here", "B"}).is_object());
}

TEST_F(DeviceKeysTest, KeysOfAnotherUserOrDeviceAreRefused) {
    auto alice = sign_in("alice", "A");
    auto bob = sign_in("bob", "B");
    EXPECT_EQ(upload(alice, {{"device_keys", bob.keys()}}).errcode(), "M_INVALID_PARAM");
    auto other = sign_in("alice", "A2");
    EXPECT_EQ(upload(alice, {{"device_keys", other.keys()}}).errcode(), "M_INVALID_PARAM");
    EXPECT_EQ(observer_.changes.size(), 0);
}

class PoisonDeviceKeys : public DeviceKeysTest,
                         public ::testing::WithParamInterface<std::pair<const char*, const char*>> {};

TEST_P(PoisonDeviceKeys, AreRefused) {
    auto alice = sign_in("alice", "A");
    auto keys = alice.keys();
    auto [member, text] = GetParam();
    if (std::string_view(text).empty()) {
        keys.erase(member);
    } else {
        keys.set(member, json::parse(text).value());
    }
    auto answer = upload(alice, {{"device_keys", keys}});
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.errcode(), "M_BAD_JSON");
    EXPECT_FALSE(keys_->device_keys().get(number(alice.user), alice.id).value().has_value());
}
INSTANTIATE_TEST_SUITE_P(
    Shapes, PoisonDeviceKeys,
    ::testing::Values(std::pair{"user_id", "null"}, std::pair{"user_id", ""}, std::pair{"device_id", "7"},
                      std::pair{"algorithms", "null"}, std::pair{"algorithms", "[null]"}, std::pair{"algorithms", "{}"},
                      std::pair{"keys", "null"}, std::pair{"keys", "[]"}, std::pair{"keys", R"({"ed25519:A":null})"},
                      std::pair{"keys", R"({"ed25519":"x"})"}, std::pair{"keys", ""}, std::pair{"signatures", "null"},
                      std::pair{"signatures", ""}, std::pair{"signatures", R"({"@alice:here":null})"},
                      std::pair{"signatures", R"({"@alice:here":{"ed25519:A":{}}})"}));

TEST_F(DeviceKeysTest, DeviceKeysThatAreNoObjectOrTooLargeAreRefused) {
    auto alice = sign_in("alice", "A");
    for (const char* text : {"null", "[]", "\"x\"", "1"})
        EXPECT_EQ(post("/keys/upload", alice.token(), fmt::format(R"({{"device_keys":{}}})", text)).errcode(),
                  "M_BAD_JSON");
    auto keys = alice.keys();
    keys.set("filler", std::string(limits_.device_keys_bytes, 'x'));
    EXPECT_EQ(upload(alice, {{"device_keys", keys}}).errcode(), "M_TOO_LARGE");
}

TEST_F(DeviceKeysTest, PoisonQueriesAndClaimsAreRefused) {
    for (const char* body : {R"({})", R"({"device_keys":null})", R"({"device_keys":{"@a:here":null}})",
                             R"({"device_keys":{"@a:here":[1]}})", R"({"device_keys":{"nobody":[]}})"})
        EXPECT_EQ(post("/keys/query", "bob|B", body).status, 400) << body;
    for (const char* body : {R"({})", R"({"one_time_keys":null})", R"({"one_time_keys":{"@a:here":null}})",
                             R"({"one_time_keys":{"@a:here":{"A":null}}})", R"({"one_time_keys":{"nobody":{}}})"})
        EXPECT_EQ(post("/keys/claim", "bob|B", body).status, 400) << body;
}

TEST_F(DeviceKeysTest, ChangesAreAskedOfTheHistory) {
    auto answer = get("/keys/changes?from=s1&to=s2", "alice|A");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(history_.asked, "s1..s2");
    EXPECT_EQ(answer.body, object(R"({"changed":["@bob:here"],"left":["@eve:here"]})"));
    EXPECT_EQ(get("/keys/changes?from=s1", "alice|A").errcode(), "M_MISSING_PARAM");
}

}  // namespace
}  // namespace peyk::keys::testing
