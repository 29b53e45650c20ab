#include "support.h"

namespace peyk::users {
namespace {

struct Witness final : DeviceObserver, ProfileObserver, AccountObserver {
    Task<void> removed(UserId, std::uint64_t, std::vector<DeviceId> devices) override {
        for (auto& device : devices) gone.push_back(device.str());
        co_return;
    }
    Task<void> added(UserId, std::uint64_t, DeviceId device) override {
        made.push_back(device.str());
        co_return;
    }
    Task<void> renamed(UserId, std::uint64_t, DeviceId device) override {
        changed.push_back(device.str());
        co_return;
    }
    Result<bool> is_reserved(const UserId&, std::uint64_t, const DeviceId& device) override {
        return device.view() == "crosssigningkey";
    }
    Task<Result<void>> deactivated(UserId user, std::uint64_t, bool erase) override {
        ended.push_back(user.str() + (erase ? " erased" : ""));
        if (fails) co_return fail(Errc::unavailable, "not now");
        co_return Result<void>{};
    }
    Task<void> password_reset(UserId user) override {
        reset.push_back(user.str());
        co_return;
    }
    std::vector<std::string> gone, made, changed, ended, reset;
    bool fails = false;
};

class AnAccount : public World {
protected:
    AnAccount() { start(test_options(), {&witness, &witness, &witness}); }
    int works(const std::string& token) { return get("/_matrix/client/v3/account/whoami", token).status; }
    Answer reset(std::string token) {
        // Who uses a link has no say in what becomes of the devices.
        return post("/_peyk/client/v1/password_reset",
                    R"({"token":")" + token + R"(","new_password":"after","keep_devices":true})");
    }
    std::string link(Devices devices = Devices::end) {
        auto made = wait(server->users.lifecycle.make_reset_link(user("ada"), devices));
        EXPECT_TRUE(made) << made.error().detail;
        return made ? made->token : "";
    }
    Witness witness;
};

constexpr const char* kPassword = "/_matrix/client/v3/account/password";
constexpr const char* kDeactivate = "/_matrix/client/v3/account/deactivate";

TEST_F(AnAccount, PasswordChangeEndsTheOtherDevicesAndTheirPushers) {
    auto one = token_of("ada");
    auto two = log_in("ada", "secret of ada", R"(,"device_id":"TWO")").string("access_token");
    auto pusher = [](std::string key) {
        return R"({"kind":"http","app_id":"app","pushkey":")" + key +
               R"(","app_display_name":"a","device_display_name":"d","lang":"en","data":{"url":"https://push.example/_matrix/push/v1/notify"}})";
    };
    EXPECT_EQ(post("/_matrix/client/v3/pushers/set", pusher("one"), one).status, 200);
    EXPECT_EQ(post("/_matrix/client/v3/pushers/set", pusher("two"), two).status, 200);
    auto changed = post(kPassword, R"({"new_password":"after",)" + password_of("ada") + "}", one);
    ASSERT_EQ(changed.status, 200) << changed.text;
    EXPECT_EQ(works(one), 200);
    EXPECT_EQ(works(two), 401);
    EXPECT_EQ(witness.gone, std::vector<std::string>{"TWO"});
    EXPECT_EQ(log_in("ada", "secret of ada").status, 403);
    EXPECT_EQ(log_in("ada", "after").status, 200);
    auto left = get("/_matrix/client/v3/pushers", one);
    ASSERT_EQ(left.body.get_array("pushers")->size(), 1U);
    EXPECT_EQ(left.body.get_array("pushers")->at(0).get_string("pushkey"), "one");
    EXPECT_FALSE(left.body.get_array("pushers")->at(0).get("device")) << "an inner member is shown";
}

TEST_F(AnAccount, PasswordChangeKeepsDevicesWhenAsked) {
    auto one = token_of("ada");
    auto two = log_in("ada", "secret of ada").string("access_token");
    EXPECT_EQ(
        post(kPassword, R"({"new_password":"after","logout_devices":false,)" + password_of("ada") + "}", one).status,
        200);
    EXPECT_EQ(works(two), 200);
    EXPECT_EQ(post(kPassword, R"({"new_password":"x"})").status, 401) << "without a token the password is asked for";
    EXPECT_EQ(post(kPassword,
                   R"({"auth":{"type":"m.login.password","user":"ada","password":"after"},"new_password":"third"})")
                  .status,
              200);
    EXPECT_EQ(log_in("ada", "third").status, 200);
}

TEST_F(AnAccount, EndsWithAllItsData) {
    auto ada = token_of("ada");
    put("/_matrix/client/v3/user/@ada:test.example/account_data/org.example", R"({"a":1})", ada);
    for (int i = 0; i < 1200; ++i) {
        auto body = json::Object{{"n", i}};
        ASSERT_TRUE(
            wait(server->users.account_data.put(number("ada"), std::nullopt, "type." + std::to_string(i), body)));
    }
    post("/_matrix/client/v3/user/@ada:test.example/filter", "{}", ada);
    EXPECT_EQ(
        post(kDeactivate,
             R"({"auth":{"type":"m.login.password","identifier":{"type":"m.id.user","user":"ada"},"password":"no"}})",
             ada)
            .status,
        401);
    EXPECT_EQ(works(ada), 200);
    auto done = post(kDeactivate, R"({"erase":true,)" + password_of("ada") + "}", ada);
    ASSERT_EQ(done.status, 200) << done.text;
    EXPECT_EQ(done.string("id_server_unbind_result"), "success");
    EXPECT_EQ(witness.ended, std::vector<std::string>{"@ada:test.example erased"});
    EXPECT_EQ(works(ada), 401);
    EXPECT_EQ(log_in("ada", "secret of ada").status, 403);
    EXPECT_EQ(sign_up("ada").errcode(), "M_USER_IN_USE");
    EXPECT_EQ(get("/_matrix/client/v3/profile/@ada:test.example").status, 404);
    for (const auto* table : tables()) {
        if (table->owner == Owner::user)
            EXPECT_EQ(rows(*table, number("ada")), table == &kAccounts ? 1U : 0U) << table->name;
    }
    EXPECT_EQ(rows(kEndedAccounts, 0), 0U);
    auto account = *server->users.accounts.find(user("ada"));
    EXPECT_TRUE(account->deactivated && account->erased && account->password_hash.empty());
}

TEST_F(AnAccount, EndIsFinishedAfterARestart) {
    auto ada = token_of("ada");
    witness.fails = true;
    EXPECT_NE(post(kDeactivate, "{" + password_of("ada") + "}", ada).status, 200);
    EXPECT_EQ(works(ada), 401);
    start(test_options(), {&witness, &witness, &witness});
    ASSERT_TRUE(wait(server->users.lifecycle.resume()));
    EXPECT_EQ(rows(kEndedAccounts, 0), 1U) << "still not left: to be tried again";
    witness.fails = false;
    ASSERT_TRUE(wait(server->users.lifecycle.resume()));
    EXPECT_EQ(witness.ended.size(), 3U);
    EXPECT_EQ(rows(kEndedAccounts, 0), 0U);
}

TEST_F(AnAccount, ResetLinkServesOnce) {
    auto admin = admin_token("root");
    auto ada = token_of("ada");
    EXPECT_EQ(post("/_peyk/admin/v1/users/@ada:test.example/reset_link", "{}", admin).status, 404)
        << "an administrator's token takes over no account";
    EXPECT_FALSE(wait(server->users.lifecycle.make_reset_link(user("nobody"))));
    auto token = link();
    EXPECT_EQ(works(ada), 200) << "issuing a link changes nothing";
    auto done = reset(token);
    ASSERT_EQ(done.status, 200) << done.text;
    EXPECT_EQ(done.string("user_id"), "@ada:test.example");
    EXPECT_EQ(reset(token).status, 403);
    EXPECT_EQ(works(ada), 401);
    EXPECT_EQ(log_in("ada", "secret of ada").status, 403);
    auto again = log_in("ada", "after").string("access_token");
    constexpr auto kNotice = "/_matrix/client/v3/user/@ada:test.example/account_data/org.peyk.security_notice";
    EXPECT_EQ(get(kNotice, again).string("kind"), "password_reset");
    EXPECT_EQ(witness.reset, std::vector<std::string>{"@ada:test.example"});
    EXPECT_EQ(put(kNotice, "{}", again).status, 405) << "no app may say that its user knows";

    auto& lifecycle = server->users.lifecycle;
    auto told = lifecycle.notice(number("ada"));
    ASSERT_TRUE(told && *told);
    EXPECT_EQ((*told)->day, server->users.context().today());
    EXPECT_FALSE((*told)->dismissed);
    ASSERT_TRUE(wait(lifecycle.dismiss_notice(number("ada"))));
    EXPECT_TRUE((*lifecycle.notice(number("ada")))->dismissed);
    EXPECT_FALSE(lifecycle.notice(number("root"))->has_value());
    ASSERT_TRUE(wait(lifecycle.dismiss_notice(number("root"))));
    EXPECT_FALSE(lifecycle.notice(number("root"))->has_value()) << "there was nothing to dismiss";
    ASSERT_EQ(reset(link()).status, 200);
    EXPECT_FALSE((*lifecycle.notice(number("ada")))->dismissed) << "another reset is told again";
}

TEST_F(AnAccount, ResetIsToldToAFullAccountToo) {
    auto options = test_options();
    options.max_data_rows = 1;
    start(options, {&witness, &witness, &witness});
    auto ada = token_of("ada");
    EXPECT_EQ(put("/_matrix/client/v3/user/@ada:test.example/account_data/one", "{}", ada).status, 200);
    ASSERT_EQ(reset(link()).status, 200);
    EXPECT_TRUE(server->users.lifecycle.notice(number("ada"))->has_value());
}

TEST_F(AnAccount, ResetLinkCanKeepDevicesAndTellsThem) {
    auto ada = token_of("ada");
    auto before = store.db.visible(Owner::user, number("ada"));
    std::vector<std::uint64_t> woken;
    server->feed.listen([&](const FeedEntry& entry) { woken.push_back(entry.number); });
    ASSERT_EQ(reset(link(Devices::keep)).status, 200) << "whoever makes the link says so";
    EXPECT_EQ(works(ada), 200);
    auto changes =
        server->users.account_data.changes(number("ada"), before, store.db.visible(Owner::user, number("ada")));
    ASSERT_EQ(changes->size(), 1U);
    EXPECT_EQ(changes->front().type, kSecurityNotice);
    EXPECT_EQ(woken, std::vector<std::uint64_t>{number("ada")});
}

TEST_F(AnAccount, ResetLinksExpireAndReplaceEachOther) {
    token_of("ada");
    auto old = link();
    auto newer = link();
    EXPECT_EQ(reset(old).status, 403);
    clock.advance(test_options().reset_link_lifetime);
    EXPECT_EQ(reset(newer).status, 403);
    EXPECT_EQ(rows(kResetLinks, number("ada")), 0U);
    EXPECT_EQ(log_in("ada", "secret of ada").status, 200);
    EXPECT_EQ(reset("pw_nonsense").status, 403);
}

TEST_F(AnAccount, ObserversHearOfDevices) {
    auto ada = sign_up("ada", R"(,"device_id":"A")").string("access_token");
    log_in("ada", "secret of ada", R"(,"device_id":"A")");
    EXPECT_EQ(witness.made, std::vector<std::string>{"A"}) << "a known device is not new";
    EXPECT_EQ(log_in("ada", "secret of ada", R"(,"device_id":"crosssigningkey")").errcode(), "M_FORBIDDEN");
    ada = log_in("ada", "secret of ada", R"(,"device_id":"B")").string("access_token");
    put("/_matrix/client/v3/devices/B", R"({"display_name":"mine"})", ada);
    put("/_matrix/client/v3/devices/B", R"({"display_name":"mine"})", ada);
    EXPECT_EQ(witness.changed, std::vector<std::string>{"B"}) << "the same name is no change";
    post("/_matrix/client/v3/logout", "", ada);
    EXPECT_EQ(witness.gone, std::vector<std::string>{"B"});
}

TEST_F(AnAccount, DevicesKnowTheDayAndNothingFiner) {
    auto ada = sign_up("ada", R"(,"device_id":"A","initial_device_display_name":"desk")").string("access_token");
    auto device = get("/_matrix/client/v3/devices/A", ada);
    EXPECT_EQ(device.string("display_name"), "desk");
    EXPECT_FALSE(device.body.get("last_seen_ip"));
    auto seen = device.body.get_integer("last_seen_ts");
    ASSERT_TRUE(seen);
    EXPECT_EQ(*seen % 86'400'000, 0);
    clock.advance(Millis{2 * 86'400'000});
    EXPECT_EQ(works(ada), 200);
    EXPECT_EQ(get("/_matrix/client/v3/devices/A", ada).body.get_integer("last_seen_ts"), *seen + 2 * 86'400'000);
    EXPECT_EQ(put("/_matrix/client/v3/devices/NONE", "{}", ada).status, 404);
    EXPECT_EQ(get("/_matrix/client/v3/devices/NONE", ada).status, 404);
    EXPECT_EQ(put("/_matrix/client/v3/devices/A", R"({"display_name":7})", ada).errcode(), "M_BAD_JSON");
}

TEST_F(AnAccount, DevicesAreLimitedInNumber) {
    auto options = test_options();
    options.max_devices = 2;
    start(options);
    token_of("ada");
    EXPECT_EQ(log_in("ada", "secret of ada", R"(,"device_id":"B")").status, 200);
    EXPECT_EQ(log_in("ada", "secret of ada").errcode(), "M_FORBIDDEN");
    EXPECT_EQ(log_in("ada", "secret of ada", R"(,"device_id":"B")").status, 200) << "a known device may sign in again";
}

}  // namespace
}  // namespace peyk::users
