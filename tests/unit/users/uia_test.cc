#include "support.h"

namespace peyk::users {
namespace {

class Asking : public World {
protected:
    Asking() { ada = sign_up("ada", R"(,"device_id":"A")").string("access_token"); }
    void more_devices() {
        for (const char* id : {"B", "C", "D"})
            log_in("ada", "secret of ada", std::string(R"(,"device_id":")") + id + "\"");
    }
    std::size_t devices() { return get("/_matrix/client/v3/devices", ada).body.get_array("devices")->size(); }
    static std::string path(std::string device) { return "/_matrix/client/v3/devices/" + device; }
    std::string session(std::string device) { return del(path(device), "{}", ada).string("session"); }
    std::string ada;
};

TEST_F(Asking, AgainForThePasswordBeforeADeviceGoes) {
    more_devices();
    auto asked = del(path("B"), "", ada);
    EXPECT_EQ(asked.status, 401);
    EXPECT_EQ(asked.errcode(), "<none>");
    EXPECT_EQ(json::write(*asked.body.get("flows")), R"([{"stages":["m.login.password"]}])");
    EXPECT_TRUE(asked.body.get_object("params"));
    EXPECT_EQ(devices(), 4U);
    EXPECT_EQ(del(path("B"), "{" + password_of("ada", asked.string("session")) + "}", ada).status, 200);
    EXPECT_EQ(devices(), 3U);
    EXPECT_EQ(get(path("B"), ada).status, 404);
}

TEST_F(Asking, TakesNoPasswordAloneWhereThereIsASecondFactor) {
    auto factor = [this](bool apps) {
        Accounts::Edit edit = [apps](Account& row) -> Result<void> {
            row.second_factor = true;
            row.password_apps = apps;
            return {};
        };
        ASSERT_TRUE(wait(server->users.accounts.update(number("ada"), std::move(edit))));
    };
    factor(false);
    for (std::string what : {"account/deactivate", "account/password"}) {
        auto body = R"({"new_password":"a new password",)" + password_of("ada") + "}";
        auto answer = post("/_matrix/client/v3/" + what, body);
        EXPECT_EQ(answer.status, 403) << what;
        EXPECT_EQ(answer.errcode(), "M_FORBIDDEN") << what;
    }
    EXPECT_EQ(log_in("ada", "secret of ada").status, 403);
    more_devices();
    auto changed = post("/_matrix/client/v3/account/password",
                        R"({"new_password":"secret of ada",)" + password_of("ada") + "}", ada);
    EXPECT_EQ(changed.status, 200) << "the token has passed the second factor: " << changed.text;
    factor(true);
    EXPECT_EQ(log_in("ada", "secret of ada").status, 200);
    EXPECT_EQ(post("/_matrix/client/v3/account/deactivate", "{" + password_of("ada") + "}").status, 200);
}

TEST_F(Asking, WithoutASessionBeforehandIsAllowed) {
    more_devices();
    EXPECT_EQ(del(path("B"), "{" + password_of("ada") + "}", ada).status, 200);
    EXPECT_EQ(devices(), 3U);
}

TEST_F(Asking, GivesAnotherTryAfterAWrongPassword) {
    auto id = session("A");
    auto body =
        R"({"auth":{"type":"m.login.password","identifier":{"type":"m.id.user","user":"ada"},"password":"guess","session":")" +
        id + "\"}}";
    auto wrong = del(path("A"), body, ada);
    EXPECT_EQ(wrong.status, 401);
    EXPECT_EQ(wrong.errcode(), "M_FORBIDDEN");
    EXPECT_EQ(wrong.string("session"), id);
    ASSERT_TRUE(wrong.body.get_array("completed"));
    EXPECT_TRUE(wrong.body.get_array("completed")->empty());
    EXPECT_EQ(del(path("A"), "{" + password_of("ada", id) + "}", ada).status, 200);
}

TEST_F(Asking, EndsTheSessionAfterTenFailures) {
    auto id = session("A");
    for (int i = 0; i < 9; ++i) {
        auto body = R"({"auth":{"type":"m.login.password","session":")" + id + "\"}}";
        EXPECT_EQ(del(path("A"), body, ada).status, 401);
    }
    EXPECT_EQ(del(path("A"), R"({"auth":{"type":"m.login.password","session":")" + id + "\"}}", ada).status, 403);
    auto late = del(path("A"), "{" + password_of("ada", id) + "}", ada);
    EXPECT_EQ(late.status, 401);
    EXPECT_NE(late.string("session"), id);
}

TEST_F(Asking, BindsASessionToItsPath) {
    more_devices();
    auto id = session("B");
    auto other = del(path("C"), "{" + password_of("ada", id) + "}", ada);
    EXPECT_EQ(other.status, 403);
    EXPECT_EQ(devices(), 4U);
}

TEST_F(Asking, BindsASessionToItsBody) {
    more_devices();
    auto asked = post("/_matrix/client/v3/delete_devices", R"({"devices":["B"]})", ada);
    auto changed = post("/_matrix/client/v3/delete_devices",
                        R"({"devices":["B","C"],)" + password_of("ada", asked.string("session")) + "}", ada);
    EXPECT_EQ(changed.status, 403);
    EXPECT_EQ(devices(), 4U);
    auto same = post("/_matrix/client/v3/delete_devices",
                     R"({"devices":["B"],)" + password_of("ada", asked.string("session")) + "}", ada);
    EXPECT_EQ(same.status, 200) << same.text;
    EXPECT_EQ(devices(), 3U);
}

TEST_F(Asking, BindsASessionToItsCaller) {
    auto eve = sign_up("eve", R"(,"device_id":"A")").string("access_token");
    auto id = session("A");
    EXPECT_EQ(del(path("A"), "{" + password_of("eve", id) + "}", eve).status, 403);
    EXPECT_EQ(get("/_matrix/client/v3/account/whoami", eve).status, 200);
}

TEST_F(Asking, DoesNotTakeThePasswordOfAnother) {
    more_devices();
    sign_up("eve");
    auto answer = del(path("B"), "{" + password_of("eve", session("B")) + "}", ada);
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(answer.errcode(), "M_FORBIDDEN");
    EXPECT_EQ(devices(), 4U);
}

TEST_F(Asking, ServesASessionOnce) {
    more_devices();
    auto id = session("B");
    EXPECT_EQ(del(path("B"), "{" + password_of("ada", id) + "}", ada).status, 200);
    auto again = del(path("B"), R"({"auth":{"session":")" + id + "\"}}", ada);
    EXPECT_EQ(again.status, 401);
}

TEST_F(Asking, ForgetsSessionsInTime) {
    auto id = session("A");
    clock.advance(test_options().uia_lifetime + Millis{1});
    auto late = del(path("A"), "{" + password_of("ada", id) + "}", ada);
    EXPECT_EQ(late.status, 401);
    EXPECT_EQ(late.errcode(), "M_UNKNOWN");
    EXPECT_NE(late.string("session"), id);
    EXPECT_EQ(del(path("A"), "{" + password_of("ada", late.string("session")) + "}", ada).status, 200);
}

TEST_F(Asking, KeepsABoundedNumberOfSessions) {
    auto options = test_options();
    options.max_uia_sessions = 3;
    start(options);
    auto oldest = session("A");
    std::string newest;
    for (int i = 0; i < 3; ++i) newest = session("A");
    EXPECT_NE(del(path("A"), R"({"auth":{"session":")" + oldest + "\"}}", ada).string("session"), oldest);
    EXPECT_EQ(del(path("A"), "{" + password_of("ada", newest) + "}", ada).status, 200);
}

TEST_F(Asking, KeepsABoundedNumberOfBytes) {
    auto options = test_options();
    options.max_uia_bytes = 5'000;
    start(options);
    auto open = [&](char c) {
        auto body = R"({"devices":[")" + std::string(200, c) + R"("],"more":")" + std::string(1'500, c) + "\"}";
        return post("/_matrix/client/v3/delete_devices", body, ada).string("session");
    };
    auto first = open('a');
    open('b');
    auto third = open('c');
    auto ask = [&](const std::string& id) {
        return post("/_matrix/client/v3/delete_devices", R"({"auth":{"session":")" + id + "\"}}", ada)
            .string("session");
    };
    EXPECT_NE(ask(first), first) << "the oldest makes room";
    EXPECT_EQ(ask(third), third);
}

TEST_F(Asking, RefusesStagesThatAreNotOffered) {
    auto answer = del(path("A"), R"({"auth":{"type":"m.login.dummy"}})", ada);
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.errcode(), "M_FORBIDDEN");
    EXPECT_EQ(del(path("A"), R"({"auth":"yes"})", ada).errcode(), "M_BAD_JSON");
}

// No endpoint has a flow of two stages yet; the order is the interface's promise all the same.
TEST_F(Asking, WantsTheStagesOfAFlowInOrder) {
    auto& uia = server->users.uia;
    auto caller = *server->users.sessions.authenticate(ada);
    std::vector<UiaFlow> flows{{kStageDummy, kStagePassword}};
    auto ask = [&](std::string auth) {
        UiaRequest request{"TEST", *json::parse_object(auth), caller};
        return wait(uia.require(std::move(request), flows));
    };
    auto first = ask("{" + password_of("ada") + "}");
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error().status, 401);
    auto half = ask(R"({"auth":{"type":"m.login.dummy"}})");
    ASSERT_FALSE(half);
    EXPECT_NE(half.error().extra.find(R"("completed":["m.login.dummy"])"), std::string::npos) << half.error().extra;
    EXPECT_EQ(half.error().m_code, kNoErrcode);
    auto body = *json::parse_object("{" + half.error().extra + "}");
    auto done = ask("{" + password_of("ada", *body.find("session")->string()) + "}");
    ASSERT_TRUE(done);
    EXPECT_EQ(done->user, user("ada"));
}

}  // namespace
}  // namespace peyk::users
