#include "support.h"

#include <thread>

namespace peyk::users {
namespace {

class AtOnce : public World {
protected:
    // Runs `work(i)` in four threads, each a few times.
    void together(const std::function<void(int)>& work) {
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&work, i] {
                for (int round = 0; round < 10; ++round) work(i * 10 + round);
            });
        }
        for (auto& thread : threads) thread.join();
    }
    static std::string rule(int i) { return "/_matrix/client/v3/pushrules/global/override/r" + std::to_string(i); }
};

TEST_F(AtOnce, OneNameIsGivenOnce) {
    std::atomic<int> made = 0, taken = 0;
    together([&](int) {
        auto answer = sign_up("ada");
        made += answer.status == 200;
        taken += answer.errcode() == "M_USER_IN_USE";
    });
    EXPECT_EQ(made, 1);
    EXPECT_EQ(taken, 39);
}

TEST_F(AtOnce, OneSessionMakesOneAccount) {
    auto first = post("/_matrix/client/v3/register", R"({"password":"longenough"})");
    auto body = R"({"auth":{"type":"m.login.dummy","session":")" + first.string("session") + "\"}}";
    std::mutex mutex;
    std::set<std::string> users;
    together([&](int) {
        auto answer = post("/_matrix/client/v3/register", body);
        std::lock_guard lock(mutex);
        if (answer.status == 200) users.insert(answer.string("user_id"));
    });
    EXPECT_EQ(users.size(), 1U);
}

TEST_F(AtOnce, NoEditOfTheSameRowIsLost) {
    auto ada = token_of("ada");
    together([&](int i) { EXPECT_EQ(put(rule(i), R"({"actions":[]})", ada).status, 200); });
    EXPECT_EQ(get("/_matrix/client/v3/pushrules/", ada).body.get_path({"global", "override"})->array()->size(), 52U);
    EXPECT_EQ(rows(kAccountDataStream, number("ada")), 1U);
}

TEST_F(AtOnce, GuessesAreLimitedAsThoseInTurn) {
    (void)sign_up("ada");
    std::atomic<int> looked_at = 0;
    together([&](int) { looked_at += log_in("ada", "guess").status == 403; });
    EXPECT_EQ(looked_at, 10);
}

TEST_F(AtOnce, ATokenWithOneUseMakesOneAccount) {
    auto options = test_options();
    options.registration = RegistrationMode::token;
    start(options);
    ASSERT_TRUE(wait(server->users.registration_tokens.create({.token = "one", .uses_allowed = 1})));
    std::atomic<int> made = 0;
    together([&](int i) {
        auto answer =
            post("/_matrix/client/v3/register",
                 R"({"username":"u)" + std::to_string(i) +
                     R"(","password":"longenough","auth":{"type":"m.login.registration_token","token":"one"}})");
        made += answer.status == 200;
    });
    EXPECT_EQ(made, 1);
}

TEST_F(AtOnce, SignedOutTokensStayOutWhateverElseHappens) {
    sign_up("ada");
    std::mutex mutex;
    std::vector<std::string> out;
    together([&](int) {
        auto session = log_in("ada", "secret of ada", R"(,"refresh_token":true)");
        auto token = session.string("access_token");
        EXPECT_EQ(get("/_matrix/client/v3/account/whoami", token).status, 200);
        auto renewed =
            post("/_matrix/client/v3/refresh", R"({"refresh_token":")" + session.string("refresh_token") + "\"}");
        auto newer = renewed.string("access_token");
        EXPECT_EQ(get("/_matrix/client/v3/account/whoami", newer).status, 200);
        EXPECT_EQ(post("/_matrix/client/v3/logout", "", newer).status, 200);
        std::lock_guard lock(mutex);
        out.push_back(token);
        out.push_back(newer);
    });
    ASSERT_EQ(out.size(), 80U);
    for (const auto& token : out) EXPECT_EQ(get("/_matrix/client/v3/account/whoami", token).status, 401);
    EXPECT_EQ(rows(kTokens, number("ada")), 1U) << "only the session that registration made is left";
}

}  // namespace
}  // namespace peyk::users
