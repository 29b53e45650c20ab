#include "support.h"

namespace peyk::users {
namespace {

constexpr const char* kWhoAmI = "/_matrix/client/v3/account/whoami";

class Signing : public World {
protected:
    int works(const std::string& token) { return get(kWhoAmI, token).status; }
    Answer refresh(const std::string& token) {
        return post("/_matrix/client/v3/refresh", R"({"refresh_token":")" + token + "\"}");
    }
};

TEST_F(Signing, InWithAPasswordInAllItsSpellings) {
    sign_up("ada");
    EXPECT_EQ(log_in("ada", "secret of ada").status, 200);
    EXPECT_EQ(log_in("@ada:test.example", "secret of ada").status, 200);
    auto old =
        post("/_matrix/client/r0/login", R"({"type":"m.login.password","user":"ada","password":"secret of ada"})");
    EXPECT_EQ(old.status, 200);
    EXPECT_EQ(log_in("Ada", "secret of ada").status, 200);
    EXPECT_EQ(log_in("@ADA:test.example", "secret of ada").status, 200);
    auto email = post(
        "/_matrix/client/v3/login",
        R"({"type":"m.login.password","identifier":{"type":"m.id.thirdparty","medium":"email","address":"a@b"},"password":"x"})");
    EXPECT_EQ(email.errcode(), "M_FORBIDDEN");
    EXPECT_EQ(post("/_matrix/client/v3/login", R"({"type":"m.login.application_service"})").status, 401);
    EXPECT_EQ(post("/_matrix/client/v3/login",
                   R"({"type":"m.login.password","identifier":{"type":"m.id.user","user":"ada"}})")
                  .errcode(),
              "M_MISSING_PARAM");
}

TEST_F(Signing, InSaysTheSameOfWrongPasswordsAndUnknownPeople) {
    sign_up("ada");
    auto wrong = log_in("ada", "secret of eve");
    auto nobody = log_in("nobody", "secret of eve");
    auto elsewhere = log_in("@ada:elsewhere.example", "secret of ada");
    EXPECT_EQ(wrong.status, 403);
    EXPECT_EQ(wrong.errcode(), "M_FORBIDDEN");
    EXPECT_EQ(wrong.text, nobody.text);
    EXPECT_EQ(wrong.text, elsewhere.text);
}

TEST_F(Signing, InTakesAsLongForUnknownPeople) {
    auto options = test_options();
    options.passwords = {.memory_kib = 8 * 1024, .passes = 2};
    start(options);
    sign_up("ada");
    auto time = [&](const std::string& name) {
        auto best = std::chrono::nanoseconds::max();
        for (int i = 0; i < 6; ++i) {
            auto begin = std::chrono::steady_clock::now();
            log_in(name, "wrong password");
            best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - begin);
        }
        return best;
    };
    auto known = time("ada");
    auto unknown = time("nobody");
    EXPECT_GT(unknown * 3, known);
    EXPECT_GT(unknown, std::chrono::milliseconds(2)) << "no password was hashed at all";
}

TEST_F(Signing, InIsRefusedForAWhileAfterManyFailures) {
    sign_up("ada");
    for (int i = 0; i < 10; ++i) EXPECT_EQ(log_in("ada", "guess").status, 403);
    auto locked_out = log_in("ada", "secret of ada");
    EXPECT_EQ(locked_out.status, 429);
    EXPECT_EQ(locked_out.errcode(), "M_LIMIT_EXCEEDED");
    clock.advance(Millis{60'000});
    EXPECT_EQ(log_in("ada", "secret of ada").status, 200);
}

TEST_F(Signing, InWithoutFailuresIsNotLimitedByAccount) {
    sign_up("ada");
    for (int i = 0; i < 30; ++i) EXPECT_EQ(log_in("ada", "secret of ada", R"(,"device_id":"D")").status, 200);
}

TEST_F(Signing, KeepsADeviceAndEndsItsOlderTokens) {
    sign_up("ada");
    auto first = log_in("ada", "secret of ada", R"(,"device_id":"PHONE","initial_device_display_name":"phone")");
    auto second = log_in("ada", "secret of ada", R"(,"device_id":"PHONE","initial_device_display_name":"other")");
    EXPECT_EQ(second.string("device_id"), "PHONE");
    EXPECT_EQ(works(first.string("access_token")), 401);
    EXPECT_EQ(works(second.string("access_token")), 200);
    auto device = get("/_matrix/client/v3/devices/PHONE", second.string("access_token"));
    EXPECT_EQ(device.string("display_name"), "phone");
}

TEST_F(Signing, TokensAreNowhereInTheStore) {
    auto session = sign_up("ada", R"(,"refresh_token":true)");
    auto link = wait(server->users.lifecycle.make_reset_link(user("ada")));
    std::vector<std::string> secrets{session.string("access_token"), session.string("refresh_token"), link->token};
    for (const auto& secret : secrets) ASSERT_GT(secret.size(), 40U);
    std::size_t seen = 0;
    for (const auto* table : tables()) {
        std::string next;
        do {
            for (const auto& row : *store.db.walk(*table, next, 100)) {
                ++seen;
                for (const auto& secret : secrets) {
                    for (std::string_view part : {std::string_view(secret), std::string_view(secret).substr(3, 20),
                                                  std::string_view(secret).substr(25)}) {
                        EXPECT_EQ(row.entry.body.find(part), std::string::npos) << table->name;
                        EXPECT_EQ(row.entry.rest.find(part), std::string::npos) << table->name;
                        EXPECT_EQ(row.entry.header.find(part), std::string::npos) << table->name;
                    }
                }
            }
        } while (!next.empty());
    }
    EXPECT_GE(seen, 6U) << "the search looked at nothing";
}

TEST_F(Signing, TokensSurviveARestart) {
    auto token = token_of("ada");
    start(test_options());
    EXPECT_EQ(works(token), 200);
    EXPECT_EQ(works(token.substr(0, token.size() - 1) + "A"), 401);
    EXPECT_EQ(works("pa_AAAA"), 401);
    EXPECT_EQ(get(kWhoAmI, "rubbish").errcode(), "M_UNKNOWN_TOKEN");
    EXPECT_EQ(get(kWhoAmI).errcode(), "M_MISSING_TOKEN");
}

TEST_F(Signing, ASmallCacheForgetsNobody) {
    auto options = test_options();
    options.session_cache = 2;
    start(options);
    sign_up("ada");
    std::vector<std::string> tokens;
    for (int i = 0; i < 8; ++i) tokens.push_back(log_in("ada", "secret of ada").string("access_token"));
    for (int round = 0; round < 2; ++round) {
        for (const auto& token : tokens) EXPECT_EQ(works(token), 200);
    }
    post("/_matrix/client/v3/logout", "", tokens[3]);
    for (std::size_t i = 0; i < tokens.size(); ++i) EXPECT_EQ(works(tokens[i]), i == 3 ? 401 : 200);
}

TEST_F(Signing, RefreshedTokensEndWhenTheNewOnesAreUsed) {
    auto session = sign_up("ada", R"(,"refresh_token":true)");
    ASSERT_EQ(session.body.get_integer("expires_in_ms"), 3'600'000);
    auto renewed = refresh(session.string("refresh_token"));
    ASSERT_EQ(renewed.status, 200) << renewed.text;
    EXPECT_EQ(works(session.string("access_token")), 200) << "the new pair is not used yet";
    // The answer was lost: asking again gives another pair, and the lost one is void.
    auto again = refresh(session.string("refresh_token"));
    ASSERT_EQ(again.status, 200) << again.text;
    EXPECT_EQ(works(renewed.string("access_token")), 401);
    EXPECT_EQ(works(again.string("access_token")), 200);
    EXPECT_EQ(works(session.string("access_token")), 401);
    EXPECT_EQ(refresh(session.string("refresh_token")).errcode(), "M_UNKNOWN_TOKEN");
    start(test_options());
    EXPECT_EQ(works(session.string("access_token")), 401);
    EXPECT_EQ(works(again.string("access_token")), 200);
}

TEST_F(Signing, OldRefreshTokensEndBeforeTheirDeletionIsWritten) {
    auto session = sign_up("ada", R"(,"refresh_token":true)");
    auto renewed = refresh(session.string("refresh_token"));
    store.store.hold();
    EXPECT_EQ(works(renewed.string("access_token")), 200);
    EXPECT_EQ(refresh(session.string("refresh_token")).errcode(), "M_UNKNOWN_TOKEN");
    store.store.release();
    EXPECT_EQ(works(renewed.string("access_token")), 200);
}

TEST_F(Signing, UsingANewRefreshTokenEndsTheOldPairToo) {
    auto one = sign_up("ada", R"(,"refresh_token":true)");
    auto two = refresh(one.string("refresh_token"));
    auto three = refresh(two.string("refresh_token"));
    ASSERT_EQ(three.status, 200);
    EXPECT_EQ(refresh(one.string("refresh_token")).status, 401);
    EXPECT_EQ(works(one.string("access_token")), 401);
    EXPECT_EQ(works(three.string("access_token")), 200);
    EXPECT_EQ(works(two.string("access_token")), 401);
    EXPECT_EQ(rows(kTokens, number("ada")), 2U) << "ended tokens stay on disk";
}

TEST_F(Signing, TokenNumberSurvivesARefresh) {
    auto session = sign_up("ada", R"(,"refresh_token":true)");
    auto before = server->users.sessions.authenticate(session.string("access_token"));
    auto renewed = refresh(session.string("refresh_token"));
    auto after = server->users.sessions.authenticate(renewed.string("access_token"));
    ASSERT_TRUE(before && after);
    EXPECT_EQ(before->token_number, after->token_number);
    EXPECT_EQ(before->device, after->device);
}

TEST_F(Signing, ExpiredTokensAreASoftLogout) {
    auto session = sign_up("ada", R"(,"refresh_token":true)");
    clock.advance(Millis{3'600'001});
    auto answer = get(kWhoAmI, session.string("access_token"));
    EXPECT_EQ(answer.errcode(), "M_UNKNOWN_TOKEN");
    EXPECT_EQ(answer.body.get_bool("soft_logout"), true);
    auto renewed = refresh(session.string("refresh_token"));
    EXPECT_EQ(works(renewed.string("access_token")), 200);
}

TEST_F(Signing, OutEndsOneDeviceOrAll) {
    auto one = token_of("ada");
    auto two = log_in("ada", "secret of ada").string("access_token");
    auto three = log_in("ada", "secret of ada").string("access_token");
    EXPECT_EQ(post("/_matrix/client/v3/logout", "", one).status, 200);
    auto gone = get(kWhoAmI, one);
    EXPECT_EQ(gone.status, 401);
    EXPECT_EQ(gone.body.get_bool("soft_logout"), false);
    EXPECT_EQ(works(two), 200);
    EXPECT_EQ(get("/_matrix/client/v3/devices", two).body.get_array("devices")->size(), 2U);
    EXPECT_EQ(post("/_matrix/client/v3/logout/all", "", two).status, 200);
    EXPECT_EQ(works(two), 401);
    EXPECT_EQ(works(three), 401);
    EXPECT_EQ(rows(kTokens, number("ada")), 0U);
    EXPECT_EQ(rows(kDevices, number("ada")), 0U);
    EXPECT_EQ(rows(kDeviceDays, number("ada")), 0U);
}

TEST_F(Signing, LoginTokensServeOnceAndForTwoMinutes) {
    auto token = token_of("ada");
    constexpr const char* path = "/_matrix/client/v1/login/get_token";
    EXPECT_EQ(post(path, "{}", token).status, 401);
    auto made = post(path, "{" + password_of("ada") + "}", token);
    ASSERT_EQ(made.status, 200) << made.text;
    EXPECT_EQ(made.body.get_integer("expires_in_ms"), 120'000);
    auto body = R"({"type":"m.login.token","token":")" + made.string("login_token") + "\"}";
    EXPECT_EQ(post("/_matrix/client/v3/login", body).string("user_id"), "@ada:test.example");
    EXPECT_EQ(post("/_matrix/client/v3/login", body).errcode(), "M_FORBIDDEN");
    made = post(path, "{" + password_of("ada") + "}", token);
    clock.advance(Millis{120'001});
    EXPECT_EQ(
        post("/_matrix/client/v3/login", R"({"type":"m.login.token","token":")" + made.string("login_token") + "\"}")
            .status,
        403);
}

TEST_F(Signing, LockedAccountsCanOnlySignOut) {
    auto admin = admin_token("root");
    auto ada = token_of("ada");
    constexpr const char* path = "/_matrix/client/v1/admin/lock/@ada:test.example";
    EXPECT_EQ(put(path, R"({"locked":true})", ada).status, 403);
    EXPECT_EQ(put(path, R"({"locked":true})", admin).body.get_bool("locked"), true);
    EXPECT_EQ(get(path, admin).body.get_bool("locked"), true);
    auto answer = get(kWhoAmI, ada);
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.errcode(), "M_USER_LOCKED");
    EXPECT_EQ(answer.body.get_bool("soft_logout"), true);
    EXPECT_EQ(log_in("ada", "secret of ada").errcode(), "M_USER_LOCKED");
    auto change = R"({"new_password":"after",)" + password_of("ada") + "}";
    EXPECT_EQ(post("/_matrix/client/v3/account/password", change).errcode(), "M_USER_LOCKED");
    put(path, R"({"locked":false})", admin);
    EXPECT_EQ(works(ada), 200) << "a lock must not end sessions";
    put(path, R"({"locked":true})", admin);
    EXPECT_EQ(post("/_matrix/client/v3/logout", "", ada).status, 200);
}

TEST_F(Signing, SuspendedAccountsMayReadButNotChangeTheirProfile) {
    auto admin = admin_token("root");
    auto ada = token_of("ada");
    constexpr const char* path = "/_matrix/client/v1/admin/suspend/@ada:test.example";
    EXPECT_EQ(put(path, R"({"suspended":true})", admin).status, 200);
    EXPECT_EQ(works(ada), 200);
    auto refused = put("/_matrix/client/v3/profile/@ada:test.example/displayname", R"({"displayname":"x"})", ada);
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.errcode(), "M_USER_SUSPENDED");
    EXPECT_EQ(put(path, "{}", admin).errcode(), "M_MISSING_PARAM");
    EXPECT_EQ(put("/_matrix/client/v1/admin/suspend/@root:test.example", R"({"suspended":true})", admin).status, 403);
    EXPECT_EQ(get("/_matrix/client/v1/admin/suspend/@nobody:test.example", admin).status, 404);
    EXPECT_EQ(get("/_matrix/client/v1/admin/suspend/@nobody:test.example", ada).status, 403) << "rights come first";
    EXPECT_EQ(get("/_matrix/client/v1/admin/suspend/@ada:elsewhere.example", admin).errcode(), "M_INVALID_PARAM");
}

}  // namespace
}  // namespace peyk::users
