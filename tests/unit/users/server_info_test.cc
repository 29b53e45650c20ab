#include "support.h"

#include <algorithm>

namespace peyk::users {
namespace {

class ServerInfo : public World {};

TEST_F(ServerInfo, SpeaksOfItsVersions) {
    auto answer = get("/_matrix/client/versions");
    ASSERT_EQ(answer.status, 200);
    const auto& versions = *answer.body.get_array("versions");
    auto has = [&](const char* version) { return std::ranges::find(versions, json::Value(version)) != versions.end(); };
    EXPECT_TRUE(has("r0.6.1") && has("v1.1") && has("v1.11") && has("v1.19"));
    EXPECT_FALSE(has("v1.20"));
    EXPECT_EQ(answer.body.get_path({"unstable_features", "org.matrix.e2e_cross_signing"})->boolean(), true);
}

TEST_F(ServerInfo, SpeaksOfItsCapabilitiesToUsers) {
    EXPECT_EQ(get("/_matrix/client/v3/capabilities").status, 401);
    auto mine = get("/_matrix/client/v3/capabilities", token_of("ada"));
    EXPECT_EQ(mine.body.get_path({"capabilities", "m.room_versions", "default"})->string()[0], "12");
    EXPECT_EQ(mine.body.get_path({"capabilities", "m.room_versions", "available"})->object()->size(), 12U);
    EXPECT_EQ(mine.body.get_path({"capabilities", "m.3pid_changes", "enabled"})->boolean(), false);
    EXPECT_EQ(mine.body.get_path({"capabilities", "m.change_password", "enabled"})->boolean(), true);
    EXPECT_FALSE(mine.body.get_path({"capabilities", "m.account_moderation"}));
    auto admins = get("/_matrix/client/v3/capabilities", admin_token("root"));
    EXPECT_EQ(admins.body.get_path({"capabilities", "m.account_moderation", "lock"})->boolean(), true);
}

TEST_F(ServerInfo, IsWellKnownWhenConfigured) {
    EXPECT_EQ(get("/.well-known/matrix/client").status, 404);
    EXPECT_EQ(get("/.well-known/matrix/support").status, 404);
    auto options = test_options();
    options.public_base_url = "https://chat.test.example";
    options.support_contacts = {{.matrix_id = "@root:test.example"}, {.role = "m.role.security"}};
    start(options);
    EXPECT_EQ(get("/.well-known/matrix/client").text, R"({"m.homeserver":{"base_url":"https://chat.test.example"}})");
    EXPECT_EQ(get("/.well-known/matrix/support").text,
              R"({"contacts":[{"matrix_id":"@root:test.example","role":"m.role.admin"}]})");
}

TEST_F(ServerInfo, KeepsNoThirdPartyIds) {
    auto ada = token_of("ada");
    EXPECT_EQ(get("/_matrix/client/v3/account/3pid", ada).text, R"({"threepids":[]})");
    EXPECT_EQ(post("/_matrix/client/v3/account/3pid/add", "{}", ada).errcode(), "M_THREEPID_DENIED");
    EXPECT_EQ(post("/_matrix/client/v3/register/email/requestToken", "{}").errcode(), "M_THREEPID_DENIED");
    EXPECT_EQ(post("/_matrix/client/v3/account/3pid/bind", "{}").errcode(), "M_MISSING_TOKEN");
}

TEST_F(ServerInfo, IsQuietAboutPresence) {
    auto ada = token_of("ada");
    constexpr const char* path = "/_matrix/client/v3/presence/@ada:test.example/status";
    auto refused = get(path, ada);
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.string("error"), "This feature is switched off on this server");
    EXPECT_EQ(put(path, R"({"presence":"online"})", ada).status, 200);
    EXPECT_EQ(put(path, R"({"presence":"asleep"})", ada).errcode(), "M_INVALID_PARAM");
    EXPECT_EQ(put(path, R"({"presence":"online"})", token_of("eve")).status, 403);
}

TEST_F(ServerInfo, GivesOpenIdTokensForOthersToCheck) {
    auto ada = token_of("ada");
    auto made = post("/_matrix/client/v3/user/@ada:test.example/openid/request_token", "{}", ada);
    EXPECT_EQ(made.string("matrix_server_name"), "test.example");
    EXPECT_EQ(made.body.get_integer("expires_in"), 3600);
    auto token = made.string("access_token");
    EXPECT_EQ(server->users.openid_tokens.look_up(token), "@ada:test.example");
    EXPECT_EQ(get("/_matrix/client/v3/account/whoami", token).status, 401) << "it opens nothing here";
    clock.advance(Millis{3'600'001});
    EXPECT_FALSE(server->users.openid_tokens.look_up(token));
    EXPECT_EQ(post("/_matrix/client/v3/user/@eve:test.example/openid/request_token", "{}", ada).status, 403);
}

TEST_F(ServerInfo, TellsAdministratorsAndOneselfNoAddresses) {
    auto options = test_options();
    options.whois = true;
    start(options);
    auto ada = sign_up("ada", R"(,"device_id":"A")").string("access_token");
    auto answer = get("/_matrix/client/v3/admin/whois/@ada:test.example", ada);
    EXPECT_EQ(answer.text, R"({"devices":{"A":{"sessions":[{"connections":[]}]}},"user_id":"@ada:test.example"})");
    EXPECT_EQ(get("/_matrix/client/v3/admin/whois/@root:test.example", ada).status, 403);
    EXPECT_EQ(get("/_matrix/client/v3/admin/whois/@ada:test.example", admin_token("root")).status, 200);
}

TEST_F(ServerInfo, ListsNoDevicesWhereThatIsSwitchedOff) {
    auto ada = token_of("ada");
    auto answer = get("/_matrix/client/v3/admin/whois/@ada:test.example", ada);
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(answer.errcode(), "M_FORBIDDEN");
    EXPECT_EQ(get("/_matrix/client/v3/admin/whois/@ada:test.example", admin_token("root")).status, 403);
}

TEST_F(ServerInfo, LimitsRequestsByAddress) {
    start(test_options(), {}, privacy::RateLimits{});
    int refused = 0;
    for (int i = 0; i < 13; ++i) {
        auto answer = sign_up("user" + std::to_string(i));
        if (answer.status == 429) {
            ++refused;
            EXPECT_EQ(answer.errcode(), "M_LIMIT_EXCEEDED");
            EXPECT_GT(answer.body.get_integer("retry_after_ms").value_or(0), 0);
        }
    }
    EXPECT_EQ(refused, 3);
}

TEST(RateLimiting, ANetworkOfIpv6IsOneAddress) {
    auto key = [](std::array<std::uint8_t, 16> bytes) { return privacy::rate_key(http::ClientAddress{bytes}); };
    std::array<std::uint8_t, 16> one{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1};
    auto neighbour = one, other = one;
    neighbour[15] = 2;
    other[7] = 2;
    EXPECT_EQ(key(one), key(neighbour));
    EXPECT_NE(key(one), key(other));
    std::array<std::uint8_t, 16> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
    auto next = mapped;
    next[15] = 2;
    EXPECT_NE(key(mapped), key(next));
}

TEST(RateLimiting, ALookTakesNothing) {
    ManualClock clock;
    SeededRandom random{1};
    privacy::RateLimits limits;
    limits.limits[static_cast<std::size_t>(privacy::RateClass::login_failure)] = {1, 2};
    privacy::RateLimiter limiter(limits, clock, random);
    auto peek = [&] { return limiter.peek(privacy::RateClass::login_failure, "ada").has_value(); };
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(peek());
    EXPECT_TRUE(limiter.take(privacy::RateClass::login_failure, "ada"));
    EXPECT_TRUE(limiter.take(privacy::RateClass::login_failure, "ada"));
    EXPECT_FALSE(peek());
    EXPECT_TRUE(limiter.peek(privacy::RateClass::login_failure, "eve").has_value());
    clock.advance(Millis{1000});
    EXPECT_TRUE(peek());
}

}  // namespace
}  // namespace peyk::users
