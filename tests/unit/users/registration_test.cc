#include "support.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/bytes.h"

namespace peyk::users {
namespace {

constexpr const char* kRegister = "/_matrix/client/v3/register";

class Registering : public World {
protected:
    std::string mac(std::string text) {
        std::string out(20, '\0');
        unsigned size = 0;
        HMAC(EVP_sha1(), "shared", 6, reinterpret_cast<const unsigned char*>(text.data()), text.size(),
             reinterpret_cast<unsigned char*>(out.data()), &size);
        return hex_encode(out);
    }
    Answer by_secret(std::string nonce, std::string name, std::string password, bool admin, std::string mac) {
        return post("/_synapse/admin/v1/register", R"({"nonce":")" + nonce + R"(","username":")" + name +
                                                       R"(","password":")" + password + R"(","admin":)" +
                                                       (admin ? "true" : "false") + R"(,"mac":")" + mac + "\"}");
    }
    std::string nonce() { return get("/_synapse/admin/v1/register").string("nonce"); }
};

TEST_F(Registering, AsksForAStageBeforeItMakesAnAccount) {
    auto first = post(kRegister, R"({"username":"ada","password":"longenough"})");
    EXPECT_EQ(first.status, 401);
    EXPECT_FALSE(first.body.get("errcode"));
    EXPECT_FALSE(first.body.get("error"));
    ASSERT_TRUE(first.body.get_array("flows"));
    EXPECT_EQ(json::write(*first.body.get("flows")), R"([{"stages":["m.login.dummy"]}])");
    auto second =
        post(kRegister, R"({"username":"ada","password":"longenough","auth":{"type":"m.login.dummy","session":")" +
                            first.string("session") + "\"}}");
    EXPECT_EQ(second.status, 200) << second.text;
    EXPECT_EQ(second.string("user_id"), "@ada:test.example");
    auto who = get("/_matrix/client/v3/account/whoami", second.string("access_token"));
    EXPECT_EQ(who.string("user_id"), "@ada:test.example");
    EXPECT_EQ(who.string("device_id"), second.string("device_id"));
}

TEST_F(Registering, RemembersWhatTheSessionBeganWith) {
    auto first = post(kRegister, R"({"username":"ada","password":"longenough","device_id":"MINE"})");
    auto second = post(kRegister, R"({"auth":{"type":"m.login.dummy","session":")" + first.string("session") + "\"}}");
    EXPECT_EQ(second.string("user_id"), "@ada:test.example") << second.text;
    EXPECT_EQ(second.string("device_id"), "MINE");
}

TEST_F(Registering, AnswersTheSameAccountWhenASessionIsRepeated) {
    auto first = post(kRegister, R"({"password":"longenough"})");
    auto again =
        R"({"password":"longenough","auth":{"type":"m.login.dummy","session":")" + first.string("session") + "\"}}";
    auto made = post(kRegister, again);
    auto repeated = post(kRegister, again);
    EXPECT_EQ(made.status, 200);
    EXPECT_EQ(repeated.status, 200) << repeated.text;
    EXPECT_EQ(made.string("user_id"), repeated.string("user_id"));
    EXPECT_NE(made.string("access_token"), repeated.string("access_token"));
}

TEST_F(Registering, ChecksNames) {
    for (const char* name : {"", "a b", "a!", "käte", "a:b", "a@b", "a\\\\b", "a\\nb"}) {
        auto answer = sign_up(name);
        EXPECT_EQ(answer.status, 400) << name;
        EXPECT_EQ(answer.errcode(), "M_INVALID_USERNAME") << name;
    }
    EXPECT_EQ(sign_up(std::string(250, 'a')).errcode(), "M_INVALID_USERNAME");
    for (const char* name : {"q", "3", ".", "_", "=", "-", "/", "a+b"}) EXPECT_EQ(sign_up(name).status, 200) << name;
    EXPECT_EQ(sign_up("BigNames").string("user_id"), "@bignames:test.example");
    EXPECT_EQ(sign_up("bignames").errcode(), "M_USER_IN_USE");
}

TEST_F(Registering, TellsWhichNamesAreFree) {
    EXPECT_EQ(get("/_matrix/client/v3/register/available?username=ada").body.get_bool("available"), true);
    sign_up("ada");
    EXPECT_EQ(get("/_matrix/client/v3/register/available?username=ada").errcode(), "M_USER_IN_USE");
    EXPECT_EQ(get("/_matrix/client/v3/register/available?username=a%20b").errcode(), "M_INVALID_USERNAME");
    EXPECT_EQ(get("/_matrix/client/v3/register/available").errcode(), "M_MISSING_PARAM");
}

TEST_F(Registering, RefusesGuestsAndApplicationServices) {
    auto guest = post("/_matrix/client/v3/register?kind=guest", "{}");
    EXPECT_EQ(guest.status, 403);
    EXPECT_EQ(guest.errcode(), "M_GUEST_ACCESS_FORBIDDEN");
    EXPECT_EQ(post(kRegister, R"({"type":"m.login.application_service","username":"bridge"})").status, 401);
}

TEST_F(Registering, RefusesWeakPasswords) {
    auto options = test_options();
    options.passwords.min_length = 8;
    start(options);
    auto sign_up_with = [&](std::string password) {
        return post(kRegister,
                    R"({"auth":{"type":"m.login.dummy"},"username":"grandmother","password":")" + password + "\"}");
    };
    EXPECT_EQ(sign_up_with("short").errcode(), "M_WEAK_PASSWORD");
    EXPECT_EQ(sign_up_with("grandmother").errcode(), "M_WEAK_PASSWORD");
    EXPECT_EQ(sign_up_with("aaaaaaaaaaaa").errcode(), "M_WEAK_PASSWORD");
    EXPECT_EQ(sign_up_with(std::string(600, 'x')).errcode(), "M_INVALID_PARAM");
    EXPECT_EQ(sign_up_with("پیکامن‌است").status, 200);
}

TEST_F(Registering, CanBeDoneWithoutSigningIn) {
    auto answer = sign_up("ada", R"(,"inhibit_login":true)");
    EXPECT_EQ(answer.status, 200);
    EXPECT_FALSE(answer.body.get("access_token"));
    EXPECT_FALSE(answer.body.get("device_id"));
    EXPECT_EQ(log_in("ada", "secret of ada").status, 200);
}

TEST_F(Registering, IsClosedWhenTheOperatorSaysSo) {
    auto options = test_options();
    options.registration = RegistrationMode::closed;
    options.registration_shared_secret.clear();
    start(options);
    EXPECT_EQ(sign_up("ada").status, 403);
    EXPECT_EQ(get("/_matrix/client/v3/register/available?username=ada").status, 403);
    EXPECT_EQ(get("/_matrix/client/v1/register/m.login.registration_token/validity?token=x").status, 403);
    EXPECT_EQ(get("/_synapse/admin/v1/register").status, 403);
    EXPECT_FALSE(*server->users.accounts.any());
}

TEST_F(Registering, TakesATokenAsOftenAsItAllows) {
    auto options = test_options();
    options.registration = RegistrationMode::token;
    start(options);
    auto admin = admin_token("root");
    auto made = post("/_synapse/admin/v1/registration_tokens/new", R"({"token":"welcome","uses_allowed":1})", admin);
    ASSERT_EQ(made.status, 200) << made.text;
    auto valid = [&] {
        return get("/_matrix/client/v1/register/m.login.registration_token/validity?token=welcome")
            .body.get_bool("valid");
    };
    EXPECT_EQ(valid(), true);
    EXPECT_EQ(sign_up("eve").status, 401);  // the dummy stage is not offered
    auto with_token = [&](std::string name, std::string token) {
        return post(kRegister,
                    R"({"username":")" + name +
                        R"(","password":"longenough","auth":{"type":"m.login.registration_token","token":")" + token +
                        "\"}}");
    };
    EXPECT_EQ(with_token("eve", "guess").status, 401);
    EXPECT_EQ(with_token("ada", "welcome").status, 200);
    EXPECT_EQ(valid(), false);
    EXPECT_EQ(with_token("eve", "welcome").status, 401);
    auto listed = get("/_synapse/admin/v1/registration_tokens", admin);
    EXPECT_EQ(json::write(*listed.body.get("registration_tokens")),
              R"([{"completed":1,"expiry_time":null,"pending":0,"token":"welcome","uses_allowed":1}])");
    EXPECT_EQ(
        json::write(*get("/_synapse/admin/v1/registration_tokens?valid=true", admin).body.get("registration_tokens")),
        "[]");
}

TEST_F(Registering, DoesNotSpendATokenOnANameThatIsTaken) {
    auto options = test_options();
    options.registration = RegistrationMode::token;
    start(options);
    auto admin = admin_token("root");
    post("/_synapse/admin/v1/registration_tokens/new", R"({"token":"one","uses_allowed":1})", admin);
    auto first = post(kRegister, R"({"username":"ada","password":"longenough"})");
    admin_token("ada");  // somebody is faster
    auto late = post(kRegister, R"({"auth":{"type":"m.login.registration_token","token":"one","session":")" +
                                    first.string("session") + "\"}}");
    EXPECT_EQ(late.errcode(), "M_USER_IN_USE");
    auto token = get("/_synapse/admin/v1/registration_tokens/one", admin);
    EXPECT_EQ(token.body.get_integer("completed"), 0);
    EXPECT_EQ(token.body.get_integer("pending"), 0);
}

TEST_F(Registering, TokensAreForAdministratorsAndExpire) {
    auto options = test_options();
    start(options);
    auto ada = token_of("ada");
    EXPECT_EQ(get("/_synapse/admin/v1/registration_tokens", ada).status, 403);
    EXPECT_EQ(post("/_synapse/admin/v1/registration_tokens/new", "{}", ada).status, 403);
    auto admin = admin_token("root");
    auto soon = std::to_string(clock.now().count() + 1000);
    post("/_synapse/admin/v1/registration_tokens/new", R"({"token":"brief","expiry_time":)" + soon + "}", admin);
    EXPECT_EQ(post("/_synapse/admin/v1/registration_tokens/new", R"({"token":"brief"})", admin).status, 400);
    EXPECT_EQ(post("/_synapse/admin/v1/registration_tokens/new", R"({"token":"with space"})", admin).status, 400);
    EXPECT_TRUE(*server->users.registration_tokens.valid("brief"));
    clock.advance(Millis{1001});
    EXPECT_FALSE(*server->users.registration_tokens.valid("brief"));
    EXPECT_EQ(put("/_synapse/admin/v1/registration_tokens/brief", R"({"expiry_time":null})", admin).status, 200);
    EXPECT_TRUE(*server->users.registration_tokens.valid("brief"));
    EXPECT_EQ(del("/_synapse/admin/v1/registration_tokens/brief", "", admin).status, 200);
    EXPECT_EQ(get("/_synapse/admin/v1/registration_tokens/brief", admin).status, 404);
}

TEST_F(Registering, BySharedSecretNeedsTheRightMac) {
    auto n = nonce();
    std::string zero(1, '\0');
    auto text = n + zero + "Ada" + zero + "pw" + zero + "admin";
    EXPECT_EQ(by_secret(n, "Ada", "pw", true, mac(text)).string("user_id"), "@ada:test.example");
    EXPECT_EQ(by_secret(n, "eve", "pw", true, mac(n + zero + "eve" + zero + "pw" + zero + "admin")).status, 400)
        << "a nonce serves once";
    n = nonce();
    EXPECT_EQ(by_secret(n, "eve", "pw", true, mac(n + zero + "eve" + zero + "pw" + zero + "notadmin")).status, 403);
    n = nonce();
    clock.advance(Millis{61'000});
    EXPECT_EQ(by_secret(n, "eve", "pw", false, mac(n + zero + "eve" + zero + "pw" + zero + "notadmin")).status, 400);
    n = nonce();
    EXPECT_EQ(by_secret(n, "not a name", "pw", false, mac(n + zero + "not a name" + zero + "pw" + zero + "notadmin"))
                  .errcode(),
              "M_INVALID_USERNAME");
    auto session = log_in("ada", "pw");
    EXPECT_EQ(get("/_synapse/admin/v1/registration_tokens", session.string("access_token")).status, 200);
}

}  // namespace
}  // namespace peyk::users
