// Second factors over the store: what is kept, what is used up, and what the account row says.

#include "oauth/second_factors.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "async/executor.h"
#include "authenticator.h"
#include "oauth/tables.h"
#include "storage/testing.h"
#include "users/tables.h"

namespace peyk::oauth {
namespace {

std::vector<const storage::Table*> all_tables() {
    std::vector<const storage::Table*> all(users::kTables.begin(), users::kTables.end());
    all.insert(all.end(), kTables.begin(), kTables.end());
    return all;
}

class FactorsTest : public testing::Test {
protected:
    static users::Options options() {
        users::Options out;
        out.server_name = "test.example";
        out.passwords = users::PasswordOptions::cheap();
        return out;
    }
    template <class T>
    T wait(Task<T> task) {
        return run_blocking(pool, std::move(task));
    }
    std::uint64_t person(std::string name) {
        users::NewAccount wanted{.localpart = std::move(name), .password = "secret"};
        return (*wait(users.registration.create(std::move(wanted))))->number;
    }
    users::AccountPtr account(std::uint64_t user) { return *users.accounts.by_number(user); }
    Result<SecondFactors::Codes> add(std::uint64_t user, const TestAuthenticator& key) {
        return wait(factors.add_passkey(user, "browser", key.create(factors.new_challenge("browser")), "key"));
    }
    Result<users::AccountPtr> use(const TestAuthenticator& key, std::uint64_t user, bool alone,
                                  std::string holder = "browser") {
        auto answer = key.get(factors.new_challenge("browser"), user_handle(user));
        return wait(
            factors.use_passkey(std::move(holder), std::move(answer), alone ? std::nullopt : std::optional(user)));
    }

    std::vector<const storage::Table*> tables = all_tables();
    ManualClock clock;
    SeededRandom random{5};
    storage::TestDb store{tables};
    WorkerPool pool{"test", 2};
    Feed feed;
    privacy::RateLimiter limiter{privacy::RateLimits{}, clock, random};
    users::Users users{options(), store.db, feed, limiter, clock, random};
    SecondFactors factors{users, limiter, RelyingParty{"chat.example.org", "https://chat.example.org"}};
};

TEST_F(FactorsTest, AStepIsTakenOnceAndTheAccountKnowsOfItsFactor) {
    auto user = person("ada");
    auto secret = factors.new_secret();
    auto code = totp_code(secret, totp_step(clock.now()));
    EXPECT_FALSE(wait(factors.add_authenticator(user, secret, "000000")));
    EXPECT_FALSE(account(user)->second_factor);
    auto codes = wait(factors.add_authenticator(user, secret, code));
    ASSERT_TRUE(codes);
    EXPECT_EQ(codes->size(), 10U);
    EXPECT_TRUE(account(user)->second_factor);
    EXPECT_FALSE(wait(factors.use_code(user, code)));  // it set the app up
    clock.advance(Millis{30'000});
    auto next = totp_code(secret, totp_step(clock.now()));
    EXPECT_TRUE(wait(factors.use_code(user, next)));
    EXPECT_FALSE(wait(factors.use_code(user, next)));
    EXPECT_TRUE(wait(factors.use_code(user, codes->front())));
    EXPECT_FALSE(wait(factors.use_code(user, codes->front())));
    EXPECT_EQ(factors.of(user)->recovery_codes, 9U);
    EXPECT_FALSE(wait(factors.use_code(person("eve"), codes->back())));
    ASSERT_TRUE(wait(factors.remove_authenticator(user)));
    EXPECT_FALSE(account(user)->second_factor);
    EXPECT_EQ(factors.of(user)->recovery_codes, 0U);
}

TEST_F(FactorsTest, NeitherSecretNorCodesStandOnTheDiskInClear) {
    auto user = person("ada");
    auto secret = factors.new_secret();
    auto codes = wait(factors.add_authenticator(user, secret, totp_code(secret, totp_step(clock.now()))));
    ASSERT_TRUE(codes);
    for (const auto& row : *store.db.scan(kRecoveryCodes, user, "", "", 100)) {
        EXPECT_EQ(row.rest.size(), 16U);
        EXPECT_TRUE(row.body.empty());
    }
    EXPECT_EQ(kAuthenticators.seal, storage::Seal::owner);
}

TEST_F(FactorsTest, APasskeyAloneMustHaveCheckedItsUser) {
    auto user = person("ada");
    TestAuthenticator key{kEs256};
    ASSERT_TRUE(add(user, key));
    key.counter = 2;
    EXPECT_TRUE(use(key, user, true));
    key.flags = 1;
    key.counter = 3;
    EXPECT_FALSE(use(key, user, true));
    EXPECT_TRUE(use(key, user, false));
    EXPECT_FALSE(use(key, person("eve"), false));
    EXPECT_FALSE(use(key, person("bob"), true));
}

TEST_F(FactorsTest, ACopiedAuthenticatorIsNoticedByItsCounter) {
    auto user = person("ada");
    TestAuthenticator key{kEdDsa};
    key.counter = 5;
    ASSERT_TRUE(add(user, key));
    EXPECT_FALSE(use(key, user, true));  // 5 again
    key.counter = 6;
    EXPECT_TRUE(use(key, user, true));
    key.counter = 4;
    EXPECT_FALSE(use(key, user, true));
    TestAuthenticator still{kEs256};
    still.id = "another";
    still.counter = 0;
    ASSERT_TRUE(add(user, still));
    EXPECT_TRUE(use(still, user, true));
    EXPECT_TRUE(use(still, user, true));
}

TEST_F(FactorsTest, AChallengeIsGoodOnceForOneBrowserAndForTenMinutes) {
    auto user = person("ada");
    TestAuthenticator key{kEs256};
    auto answer = key.create(factors.new_challenge("browser"));
    EXPECT_FALSE(wait(factors.add_passkey(user, "other browser", answer, "")));
    EXPECT_FALSE(wait(factors.add_passkey(user, "browser", answer, "")));  // used up by the attempt
    answer = key.create(factors.new_challenge("browser"));
    clock.advance(Millis{10 * 60 * 1000});
    EXPECT_FALSE(wait(factors.add_passkey(user, "browser", answer, "")));
    answer = key.create("made up");
    EXPECT_FALSE(wait(factors.add_passkey(user, "browser", answer, "")));
    ASSERT_TRUE(add(user, key));
    EXPECT_FALSE(add(user, key));  // the same passkey
    key.counter = 9;
    EXPECT_FALSE(use(key, user, true, "other browser"));
    EXPECT_TRUE(use(key, user, true));
}

TEST_F(FactorsTest, CodesComeWithTheFirstFactorAndGoWithTheLast) {
    auto user = person("ada");
    TestAuthenticator key{kEs256};
    EXPECT_EQ(add(user, key)->size(), 10U);
    auto secret = factors.new_secret();
    auto code = totp_code(secret, totp_step(clock.now()));
    EXPECT_TRUE(wait(factors.add_authenticator(user, secret, code))->empty());
    ASSERT_TRUE(wait(factors.allow_password_apps(user, true)));
    EXPECT_TRUE(account(user)->password_apps);
    auto name = factors.of(user)->passkeys.front().key;
    EXPECT_FALSE(wait(factors.remove_passkey(user, "AAAA")));
    ASSERT_TRUE(wait(factors.remove_passkey(user, name)));
    EXPECT_TRUE(account(user)->second_factor);
    ASSERT_TRUE(wait(factors.remove_authenticator(user)));
    EXPECT_FALSE(account(user)->second_factor);
    EXPECT_FALSE(account(user)->password_apps);
    EXPECT_FALSE(factors.of(user)->any());
}

TEST_F(FactorsTest, AnEndedAccountLeavesNothing) {
    auto user = person("ada");
    TestAuthenticator key{kEs256};
    ASSERT_TRUE(add(user, key));
    ASSERT_TRUE(wait(drop_second_factors(users, user)));
    EXPECT_FALSE(factors.of(user)->any());
    EXPECT_EQ(factors.of(user)->recovery_codes, 0U);
    EXPECT_FALSE(account(user)->second_factor);
    EXPECT_FALSE(wait(drop_second_factors(users, 12345)));
}

TEST_F(FactorsTest, GuessesAreLimited) {
    auto user = person("ada");
    auto secret = factors.new_secret();
    ASSERT_TRUE(wait(factors.add_authenticator(user, secret, totp_code(secret, totp_step(clock.now())))));
    Errc last = Errc::internal;
    for (int i = 0; i < 12; ++i) last = wait(factors.use_code(user, "123")).error().code;
    EXPECT_EQ(last, Errc::rate_limited);
}

TEST_F(FactorsTest, GuessesAtOnceAreLimitedAsThoseInTurn) {
    auto user = person("ada");
    auto secret = factors.new_secret();
    ASSERT_TRUE(wait(factors.add_authenticator(user, secret, totp_code(secret, totp_step(clock.now())))));
    std::atomic<int> looked_at = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 40; ++i)
        threads.emplace_back(
            [&] { looked_at += wait(factors.use_code(user, "123")).error().code == Errc::forbidden ? 1 : 0; });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(looked_at, 10);
}

}  // namespace
}  // namespace peyk::oauth
