#include "support.h"

namespace peyk::users {
namespace {

constexpr const char* kRegister = "/_matrix/client/v3/register";

class Guests : public World {
protected:
    Guests() {
        auto options = test_options();
        options.guests = true;
        start(std::move(options));
    }
    Answer guest() { return post(std::string(kRegister) + "?kind=guest", "{}"); }
    static std::string localpart(const Answer& answer) {
        auto id = UserId::parse(answer.string("user_id"));
        return id ? std::string(id->localpart()) : "<none>";
    }
    // What a guest sends to become a full user.
    Answer upgrade(std::string name, std::string token) {
        return post(kRegister, R"({"auth":{"type":"m.login.dummy"},"password":"longenough","username":")" + name +
                                   R"(","guest_access_token":")" + token + "\"}");
    }
};

TEST_F(Guests, AreSignedInWithoutAnyStage) {
    auto made = guest();
    ASSERT_EQ(made.status, 200) << made.text;
    auto who = get("/_matrix/client/v3/account/whoami", made.string("access_token"));
    EXPECT_EQ(who.string("user_id"), made.string("user_id"));
    EXPECT_EQ(who.body.get_bool("is_guest"), true);
    EXPECT_NE(guest().string("user_id"), made.string("user_id"));
}

TEST_F(Guests, AreRefusedWhereTheyAreSwitchedOff) {
    start(test_options());
    EXPECT_EQ(guest().errcode(), "M_GUEST_ACCESS_FORBIDDEN");
}

TEST_F(Guests, MayDoOnlyWhatTheSpecificationLists) {
    auto token = guest().string("access_token");
    EXPECT_EQ(get("/_matrix/client/v3/devices", token).status, 200);
    EXPECT_EQ(get("/_matrix/client/v3/pushrules/", token).errcode(), "M_GUEST_ACCESS_FORBIDDEN");
    EXPECT_EQ(post("/_matrix/client/v3/account/password", R"({"new_password":"longenough"})", token).errcode(),
              "M_GUEST_ACCESS_FORBIDDEN");
    EXPECT_EQ(get("/_matrix/client/versions", token).status, 200);
    EXPECT_EQ(post("/_matrix/client/v3/logout", "{}", token).status, 200);
}

TEST_F(Guests, BecomeFullUsersUnderTheirOwnName) {
    auto made = guest();
    auto name = localpart(made);
    auto full = upgrade(name, made.string("access_token"));
    ASSERT_EQ(full.status, 200) << full.text;
    EXPECT_EQ(full.string("user_id"), made.string("user_id"));
    for (const auto& token : {full.string("access_token"), made.string("access_token")}) {
        auto who = get("/_matrix/client/v3/account/whoami", token);
        EXPECT_EQ(who.body.get_bool("is_guest"), false) << who.text;
    }
    EXPECT_EQ(log_in(name, "longenough").status, 200);
    EXPECT_EQ(upgrade(name, made.string("access_token")).status, 403) << "nobody is upgraded twice";
}

TEST_F(Guests, CannotTakeOtherNamesWithTheirToken) {
    auto one = guest(), other = guest();
    EXPECT_EQ(upgrade(localpart(other), one.string("access_token")).errcode(), "M_FORBIDDEN");
    EXPECT_EQ(upgrade("fresh", one.string("access_token")).errcode(), "M_FORBIDDEN");
    auto full = token_of("ada");
    EXPECT_EQ(upgrade("ada", full).errcode(), "M_FORBIDDEN") << "a full user's token is no guest's";
    EXPECT_EQ(upgrade(localpart(one), "wrong").status, 401);
}

TEST_F(Guests, StayGuestsOverARestart) {
    auto made = guest();
    auto options = test_options();
    options.guests = true;
    start(std::move(options));
    auto who = get("/_matrix/client/v3/account/whoami", made.string("access_token"));
    EXPECT_EQ(who.body.get_bool("is_guest"), true) << who.text;
}

}  // namespace
}  // namespace peyk::users
