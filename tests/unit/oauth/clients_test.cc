// The bounded store of clients, and sessions of browsers.

#include "oauth/clients.h"

#include <gtest/gtest.h>

#include "async/executor.h"
#include "base/bytes.h"
#include "oauth/oauth.h"
#include "oauth/tables.h"
#include "oauth/tokens.h"
#include "storage/testing.h"
#include "users/tables.h"

namespace peyk::oauth {
namespace {

std::vector<const storage::Table*> all_tables() {
    std::vector<const storage::Table*> all(users::kTables.begin(), users::kTables.end());
    all.insert(all.end(), kTables.begin(), kTables.end());
    return all;
}

users::Options options() {
    users::Options out;
    out.server_name = "test.example";
    out.registration = users::RegistrationMode::open;
    out.passwords = users::PasswordOptions::cheap();
    return out;
}

class Nowhere final : public http::Outbound {
    Task<Result<http::ClientResponse>> send(http::ClientRequest, std::stop_token) override {
        co_return fail(Errc::unavailable);
    }
};

class OauthTest : public testing::Test {
protected:
    template <class T>
    T wait(Task<T> task) {
        return run_blocking(pool, std::move(task));
    }
    static ClientMetadata app(int number) {
        return {.name = "App " + std::to_string(number),
                .uri = "https://example.com/",
                .redirect_uris = {"https://example.com/callback"},
                .grants = {std::string(kGrantCode), std::string(kGrantRefresh)}};
    }
    Expected<Client> add(int number) { return wait(clients.add(app(number))); }
    users::AccountPtr account(std::string name) {
        users::NewAccount wanted{.localpart = std::move(name), .password = "secret"};
        return *wait(users.registration.create(std::move(wanted)));
    }

    std::vector<const storage::Table*> tables = all_tables();
    ManualClock clock;
    SeededRandom random{11};
    storage::TestDb store{tables};
    WorkerPool pool{"test", 2};
    Feed feed;
    privacy::RateLimiter limiter{privacy::RateLimits{.enabled = false}, clock, random};
    Nowhere nowhere;
    users::Users users{options(), store.db, feed, limiter, clock, random};
    Clients clients{users.context(), users.sessions, 5};
};

TEST_F(OauthTest, ClientsWithoutADeviceMakeRoomAfterAnHourAndOthersStay) {
    auto used = add(0);
    ASSERT_TRUE(used);
    users::SignIn wanted{account("ada"), DeviceId::trusted("DEVICE"), "App", true};
    wanted.client = used->id;
    ASSERT_TRUE(wait(users.sessions.sign_in(std::move(wanted))));
    for (int i = 1; i < 5; ++i) ASSERT_TRUE(add(i));
    auto full = add(5);
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().status, 503);
    EXPECT_TRUE(add(3));  // known already
    clock.advance(Millis{61 * 60 * 1000});
    auto later = add(5);
    ASSERT_TRUE(later);
    EXPECT_TRUE(*clients.find(used->id));
    EXPECT_TRUE(*clients.find(later->id));
    EXPECT_FALSE(*clients.find(base64_encode(store.db.digest("oauth client", "other"), Base64::url)));
}

TEST_F(OauthTest, AClientIdIsFoundInItsOneSpelling) {
    auto client = add(1);
    ASSERT_TRUE(client);
    ASSERT_TRUE(*clients.find(client->id));
    EXPECT_EQ((*clients.find(client->id))->metadata.name, "App 1");
    for (const auto& other : {client->id + "==", client->id + "A", std::string("x"), std::string()})
        EXPECT_FALSE(*clients.find(other)) << other;
}

TEST_F(OauthTest, ABrowserSessionEndsWithTimeWithTheAccountAndWithTheOldPassword) {
    BrowserSessions browsers(clock, random, users.accounts);
    auto ada = account("ada");
    auto cookie = browsers.open(*ada, false);
    ASSERT_TRUE(browsers.find(cookie));
    EXPECT_FALSE(browsers.find("guess"));
    clock.advance(BrowserSessions::kIdle - Millis{1});
    EXPECT_TRUE(browsers.find(cookie));
    clock.advance(BrowserSessions::kIdle);
    EXPECT_FALSE(browsers.find(cookie));

    cookie = browsers.open(*ada, false);
    ASSERT_TRUE(wait(users.lifecycle.change_password(ada->id, "another", false, std::nullopt)));
    EXPECT_FALSE(browsers.find(cookie));
    cookie = browsers.open(**users.accounts.find(ada->id), false);
    ASSERT_TRUE(wait(users.lifecycle.set_state(ada->id, users::Lifecycle::State::locked, true)));
    EXPECT_FALSE(browsers.find(cookie));
    ASSERT_TRUE(wait(users.lifecycle.set_state(ada->id, users::Lifecycle::State::locked, false)));
    EXPECT_FALSE(browsers.find(cookie));  // the lock has ended it

    cookie = browsers.open(**users.accounts.find(ada->id), true);
    EXPECT_TRUE(browsers.find(cookie)->half);
    clock.advance(BrowserSessions::kHalf);
    EXPECT_FALSE(browsers.find(cookie));
}

TEST_F(OauthTest, OtherBrowsersEndWhenASecondFactorIsSwitchedOnAndThisOneStays) {
    BrowserSessions browsers(clock, random, users.accounts);
    auto ada = account("ada");
    auto here = browsers.open(*ada, false), there = browsers.open(*ada, false);
    users::Accounts::Edit edit = [](users::Account& row) -> Result<void> {
        row.second_factor = true;
        return {};
    };
    ASSERT_TRUE(wait(users.accounts.update(ada->number, std::move(edit))));
    browsers.restamp(here);
    browsers.restamp("unknown");
    EXPECT_TRUE(browsers.find(here));
    EXPECT_FALSE(browsers.find(there));
}

TEST_F(OauthTest, SigningOutEverywhereEndsBrowsersToo) {
    OAuth oauth({.base_url = "https://chat.test.example"}, users, limiter, nowhere);
    auto ada = account("ada"), eve = account("eve");
    auto hers = oauth.browsers.open(*ada, false), other = oauth.browsers.open(*eve, false);
    ASSERT_TRUE(wait(users.sessions.remove_all_devices(ada->id, std::nullopt)));
    EXPECT_FALSE(oauth.browsers.find(hers));
    EXPECT_TRUE(oauth.browsers.find(other));
}

TEST_F(OauthTest, WhatWasAllowedBeforeAChangeOfThePasswordBecomesNoSession) {
    OAuth oauth({.base_url = "https://chat.test.example"}, users, limiter, nowhere);
    auto ada = account("ada");
    auto stamp = oauth.browsers.find(oauth.browsers.open(*ada, false))->stamp;
    Grant grant{.client = "client", .client_name = "App", .scope = {"s", DeviceId::trusted("DEVICE")}};
    grant.user = ada->number;
    grant.redirect_uri = "https://example.com/callback";
    grant.challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";  // of the verifier below: RFC 7636
    grant.stamp = stamp;
    auto exchange = [&](std::string text) { return wait(oauth.tokens.exchange(*Form::parse(text))); };
    std::string with_code =
        "grant_type=authorization_code&client_id=client&redirect_uri=https%3A%2F%2Fexample.com%2Fcallback"
        "&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&code=";
    EXPECT_TRUE(exchange(with_code + oauth.codes.issue(grant)));
    auto code = oauth.codes.issue(grant);
    auto pair = oauth.device_codes.issue(Grant{.client = "client", .client_name = "App", .scope = grant.scope});
    ASSERT_TRUE(oauth.device_codes.decide(pair.user_code, true, ada->number, stamp));
    ASSERT_TRUE(wait(users.lifecycle.change_password(ada->id, "another", false, std::nullopt)));
    auto refused = exchange(with_code + code);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "invalid_grant");
    auto device = exchange("grant_type=" + http::percent_encode(kGrantDevice) +
                           "&client_id=client&device_code=" + pair.device_code);
    ASSERT_FALSE(device);
    EXPECT_EQ(device.error().code, "invalid_grant");
}

TEST_F(OauthTest, AFormTokenIsOfOneCookie) {
    BrowserSessions browsers(clock, random, users.accounts), other(clock, random, users.accounts);
    EXPECT_EQ(browsers.form_token("a"), browsers.form_token("a"));
    EXPECT_NE(browsers.form_token("a"), browsers.form_token("b"));
    EXPECT_NE(browsers.form_token("a"), other.form_token("a"));
}

TEST_F(OauthTest, ALockedAccountKeepsItsSession) {
    users::SignIn wanted{account("ada"), DeviceId::trusted("DEVICE"), "App", true};
    wanted.client = "client";
    auto session = wait(users.sessions.sign_in(std::move(wanted)));
    ASSERT_TRUE(session);
    AuthorizationCodes codes(clock, random);
    DeviceCodes devices(clock, random);
    BrowserSessions browsers(clock, random, users.accounts);
    Tokens tokens(users, clients, codes, devices, browsers);
    auto refresh = [&] {
        auto form = Form::parse("grant_type=refresh_token&client_id=client&refresh_token=" + session->refresh_token);
        return wait(tokens.exchange(*std::move(form)));
    };
    ASSERT_TRUE(wait(users.lifecycle.set_state(session->user, users::Lifecycle::State::locked, true)));
    EXPECT_EQ(refresh().error().status, 503);  // a 4xx would sign the user out
    ASSERT_TRUE(wait(users.lifecycle.set_state(session->user, users::Lifecycle::State::locked, false)));
    EXPECT_TRUE(refresh());
}

}  // namespace
}  // namespace peyk::oauth
