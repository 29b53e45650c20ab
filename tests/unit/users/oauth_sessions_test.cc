// Sessions of OAuth clients: rotation, what comes back too late, and what is left on the disk.

#include "support.h"

namespace peyk::users {
namespace {

class OauthSessions : public World {
protected:
    SignedIn sign_in(std::string client = "client") {
        sign_up("ada", R"(,"inhibit_login":true)");
        SignIn wanted{*server->users.accounts.find(user("ada")), DeviceId::trusted("PHONE"), "Phone", true};
        wanted.client = std::move(client);
        auto session = wait(server->users.sessions.sign_in(std::move(wanted)));
        EXPECT_TRUE(session);
        return *session;
    }
    Result<SignedIn> refresh(const std::string& token, std::string client = "client") {
        return wait(server->users.sessions.refresh(token, std::move(client)));
    }
    int works(const std::string& token) { return get("/_matrix/client/v3/account/whoami", token).status; }
};

TEST_F(OauthSessions, KeepSixteenSpentTokensAndNoMore) {
    auto session = sign_in();
    std::vector<std::string> seen{session.refresh_token};
    for (int i = 0; i < 40; ++i) {
        auto next = refresh(seen.back());
        ASSERT_TRUE(next) << i;
        EXPECT_EQ(works(next->access_token), 200);
        seen.push_back(next->refresh_token);
    }
    // The pair that is good, the one before it until its end is on the disk, and the spent ones.
    EXPECT_LE(rows(kTokens, number("ada")), 20U);
    EXPECT_FALSE(refresh(seen[3]));  // forgotten: unknown, and nothing happens
    EXPECT_TRUE(refresh(seen.back()));
    EXPECT_FALSE(refresh(seen[38]));  // remembered
    EXPECT_EQ(rows(kDevices, number("ada")), 0U);
    EXPECT_EQ(rows(kTokens, number("ada")), 0U);
}

TEST_F(OauthSessions, AreNotRefreshedByOthersNorByTheLegacyApi) {
    auto session = sign_in();
    EXPECT_FALSE(refresh(session.refresh_token, "other"));
    EXPECT_FALSE(refresh(session.refresh_token, ""));
    EXPECT_EQ(post("/_matrix/client/v3/refresh", R"({"refresh_token":")" + session.refresh_token + "\"}").status, 401);
    EXPECT_TRUE(refresh(session.refresh_token));
    auto legacy = sign_up("bob", R"(,"refresh_token":true)");
    EXPECT_FALSE(refresh(legacy.string("refresh_token")));
}

TEST_F(OauthSessions, ASpentTokenOfAnEarlierSignInEndsNothing) {
    auto first = sign_in();
    auto second = refresh(first.refresh_token);
    ASSERT_TRUE(second);
    EXPECT_EQ(works(second->access_token), 200);
    SignIn again{*server->users.accounts.find(user("ada")), DeviceId::trusted("PHONE"), {}, true};
    again.client = "client";
    auto fresh = wait(server->users.sessions.sign_in(std::move(again)));
    ASSERT_TRUE(fresh);
    EXPECT_FALSE(refresh(first.refresh_token));
    EXPECT_EQ(works(fresh->access_token), 200);
}

TEST_F(OauthSessions, AreRevokedByEitherToken) {
    auto session = sign_in();
    EXPECT_FALSE(*wait(server->users.sessions.revoke("nonsense")));
    EXPECT_TRUE(*wait(server->users.sessions.revoke(session.refresh_token)));
    EXPECT_EQ(works(session.access_token), 401);
    EXPECT_FALSE(*wait(server->users.sessions.revoke(session.access_token)));
}

TEST_F(OauthSessions, KnowNoPasswordStage) {
    auto session = sign_in();
    auto answer = del("/_matrix/client/v3/devices/PHONE", "{" + password_of("ada") + "}", session.access_token);
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(answer.errcode(), "M_FORBIDDEN");
    EXPECT_EQ(rows(kDevices, number("ada")), 1U);
}

}  // namespace
}  // namespace peyk::users
