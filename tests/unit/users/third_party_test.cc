#include "users/third_party/third_party.h"

#include <algorithm>
#include <functional>

#include "base/bytes.h"
#include "support.h"
#include "users/calls.h"

namespace peyk::users {
namespace {

class FakeMailer final : public Mailer {
public:
    struct Sent {
        std::string to, text;
    };
    Task<Result<void>> send(std::string to, std::string, std::string text) override {
        if (broken) co_return fail(Errc::unavailable, "no mail today");
        sent.push_back({std::move(to), std::move(text)});
        co_return Result<void>{};
    }
    std::vector<Sent> sent;
    bool broken = false;
};

// An identity server that agrees to everything, and remembers what it was asked.
class FakeOutbound final : public http::Outbound {
public:
    Task<Result<http::ClientResponse>> send(http::ClientRequest request, std::stop_token) override {
        http::ClientResponse response;
        response.status = down ? 503 : 200;
        response.body =
            request.url.target.ends_with("/3pid/bind") ? R"({"medium":"email","address":"a@b.example"})" : "{}";
        asked.push_back(std::move(request));
        if (meanwhile && asked.size() < 50) co_await meanwhile();
        co_return response;
    }
    std::function<Task<void>()> meanwhile;  // before the answer
    std::vector<http::ClientRequest> asked;
    bool down = false;
};

constexpr const char* kIn = "/_matrix/client/v3/";

class Addresses : public World {
protected:
    Addresses() { restart(); }
    void restart(privacy::RateLimits limits = no_limits(), RegistrationMode mode = RegistrationMode::open) {
        auto options = test_options();
        options.registration = mode;
        options.public_base_url = "https://chat.test.example";
        start(std::move(options), {}, limits,
              {&outbound, [](auto, auto, auto, const auto&) { return std::string("X-Matrix signed"); }, &mailer});
    }
    ThirdParty& third_party() { return server->users.third_party; }

    // The session of a mailed link.
    std::string ask(std::string path, std::string email, int attempt = 1) {
        auto answer = post(kIn + path, R"({"client_secret":"secret","email":")" + email + R"(","send_attempt":)" +
                                           std::to_string(attempt) + "}");
        return answer.status == 200 ? answer.string("sid") : answer.errcode();
    }
    std::string token_in_mail() const {
        const auto& text = mailer.sent.back().text;
        auto at = text.find("token=");
        return text.substr(at + 6, 32);
    }
    bool open_link(const std::string& sid) { return third_party().validations().confirm(sid, token_in_mail()); }
    static std::string creds(const std::string& sid) {
        return R"("threepid_creds":{"sid":")" + sid + R"(","client_secret":"secret"})";
    }
    // What /account/3pid wants: whoever adds an address gives the password of the account.
    static std::string adding(const std::string& sid, std::string name, std::string secret = "secret") {
        return R"({"three_pid_creds":{"sid":")" + sid + R"(","client_secret":")" + secret + "\"}," +
               password_of(std::move(name)) + "}";
    }
    void give_address(std::string token, std::string email, std::string name) {
        auto sid = ask("account/3pid/email/requestToken", email);
        ASSERT_TRUE(open_link(sid));
        auto added = post(kIn + std::string("account/3pid"), adding(sid, std::move(name)), token);
        ASSERT_EQ(added.status, 200) << added.text;
    }
    std::vector<std::string> held(std::string token) {
        std::vector<std::string> out;
        auto answer = get(kIn + std::string("account/3pid"), token);
        for (const auto& id : *answer.body.get_array("threepids")) out.emplace_back(*id.get_string("address"));
        return out;
    }

    // One question more, while those before it wait for their answers.
    Task<void> ask_deeper() {
        json::Object about;
        auto asking = third_party().servers().store_invite("id.example", "t", std::move(about));
        auto answer = co_await std::move(asking);
        if (!answer && refusal.empty()) refusal = answer.error().m_code;
    }

    FakeMailer mailer;
    FakeOutbound outbound;
    std::string refusal;
};

TEST_F(Addresses, AreAddedWhenTheirLinkWasOpened) {
    auto ada = token_of("ada");
    auto sid = ask("account/3pid/email/requestToken", "Ada@Example.ORG");
    auto body = adding(sid, "ada");
    EXPECT_EQ(post(kIn + std::string("account/3pid"), body, ada).errcode(), "M_THREEPID_AUTH_FAILED");
    EXPECT_FALSE(third_party().validations().confirm(sid, "wrong"));
    ASSERT_TRUE(open_link(sid));
    EXPECT_EQ(post(kIn + std::string("account/3pid"), adding(sid, "ada", "guess"), ada).errcode(),
              "M_THREEPID_AUTH_FAILED");
    EXPECT_EQ(post(kIn + std::string("account/3pid"), body, ada).status, 200);
    EXPECT_EQ(held(ada), std::vector<std::string>{"ada@example.org"});
    EXPECT_EQ(mailer.sent.back().to, "ada@example.org");
}

TEST_F(Addresses, AreNotAddedByATokenAlone) {
    auto ada = token_of("ada");
    auto sid = ask("account/3pid/email/requestToken", "thief@example.org");
    ASSERT_TRUE(open_link(sid));
    clock.advance(Millis{300'001});
    auto creds = R"("sid":")" + sid + R"(","client_secret":"secret")";
    for (auto [path, body] : {std::pair{"account/3pid", R"({"three_pid_creds":{)" + creds + "}}"},
                              {"account/3pid", R"({"threePidCreds":{)" + creds + "}}"},
                              {"account/3pid/add", "{" + creds + "}"}}) {
        auto answer = post(kIn + std::string(path), body, ada);
        EXPECT_EQ(answer.status, 401) << body;
        EXPECT_TRUE(answer.body.get_array("flows")) << body;
    }
    EXPECT_TRUE(held(ada).empty());
    EXPECT_EQ(post(kIn + std::string("account/3pid/add"), "{" + creds + "," + password_of("ada") + "}", ada).status,
              200);
    EXPECT_EQ(held(ada).size(), 1u);
}

// The older route has no way to ask: there whoever has just given the password is believed, for five minutes.
TEST_F(Addresses, AreAddedByASessionThatJustGaveThePassword) {
    auto body = [&](const std::string& sid) {
        return R"({"three_pid_creds":{"sid":")" + sid + R"(","client_secret":"secret"}})";
    };
    auto older = kIn + std::string("account/3pid");
    auto add = [&](const std::string& email, const std::string& token) {
        auto sid = ask("account/3pid/email/requestToken", email);
        EXPECT_TRUE(open_link(sid));
        EXPECT_EQ(
            post(kIn + std::string("account/3pid/add"), R"({"sid":")" + sid + R"(","client_secret":"secret"})", token)
                .status,
            401);
        return post(older, body(sid), token).status;
    };
    auto registered = token_of("ada");
    EXPECT_EQ(add("one@example.org", registered), 200);
    clock.advance(Millis{300'001});
    EXPECT_EQ(add("two@example.org", registered), 401);
    auto by_password = log_in("ada", "secret of ada").string("access_token");
    EXPECT_EQ(add("three@example.org", by_password), 200);
    EXPECT_EQ(add("four@example.org", registered), 401);
    auto all = held(registered);
    std::ranges::sort(all);
    EXPECT_EQ(all, (std::vector<std::string>{"one@example.org", "three@example.org"}));
}

TEST_F(Addresses, AreProvenForOneUse) {
    auto ada = token_of("ada");
    give_address(ada, "a@example.org", "ada");
    auto& validations = third_party().validations();
    auto reset = ask("account/password/email/requestToken", "a@example.org");
    ASSERT_TRUE(open_link(reset));
    EXPECT_EQ(validations.take(reset, "secret", Purpose::add).error().m_code, "M_FORBIDDEN");
    auto body = R"({"new_password":"a new password","auth":{"type":"m.login.email.identity",)" + creds(reset) + "}}";
    EXPECT_EQ(post(kIn + std::string("account/password"), body).status, 200);
    EXPECT_EQ(post(kIn + std::string("account/password"), body).errcode(), "M_THREEPID_AUTH_FAILED");
    EXPECT_EQ(validations.take(reset, "secret").error().m_code, "M_THREEPID_AUTH_FAILED");
}

TEST_F(Addresses, GetFewMailsWhoeverAsks) {
    auto limits = no_limits();
    limits.limits[static_cast<std::size_t>(privacy::RateClass::mail)] = {0.0017, 3};
    restart(limits);
    for (int i = 1; i <= 3; ++i) (void)ask("register/email/requestToken", "a@example.org", i);
    EXPECT_EQ(ask("register/email/requestToken", "A@Example.org", 4), "M_LIMIT_EXCEEDED");
    EXPECT_EQ(ask("account/3pid/email/requestToken", "a@example.org"), "M_LIMIT_EXCEEDED");
    EXPECT_EQ(mailer.sent.size(), 3u);
    (void)ask("register/email/requestToken", "b@example.org");
    EXPECT_EQ(mailer.sent.size(), 4u);
    clock.advance(Millis{600'000});
    (void)ask("register/email/requestToken", "a@example.org", 4);
    EXPECT_EQ(mailer.sent.size(), 5u) << "what was refused was no attempt";
}

TEST_F(Addresses, AreMailedAgainWhenTheMailDidNotLeave) {
    mailer.broken = true;
    EXPECT_EQ(ask("register/email/requestToken", "a@example.org", 1), "M_UNKNOWN");
    mailer.broken = false;
    EXPECT_NE(ask("register/email/requestToken", "a@example.org", 1), "M_UNKNOWN");
    EXPECT_EQ(mailer.sent.size(), 1u);
}

TEST_F(Addresses, GetNoMailAboutARegistrationThatTakesNone) {
    for (auto mode : {RegistrationMode::closed, RegistrationMode::token}) {
        restart(no_limits(), mode);
        EXPECT_EQ(ask("register/email/requestToken", "a@example.org"), "M_THREEPID_DENIED");
    }
    EXPECT_TRUE(mailer.sent.empty());
}

TEST_F(Addresses, RememberWhoNamedThePlaceToGoOnAt) {
    auto next = [this](std::string url, std::string token) {
        auto body = R"({"client_secret":"secret","email":"a@example.org","send_attempt":1,"next_link":")" + url + "\"}";
        auto sid = post(kIn + std::string("account/3pid/email/requestToken"), body, token).string("sid");
        auto opened = third_party().validations().look(sid, token_in_mail());
        clock.advance(Millis{3'600'001});
        return opened ? opened->next : NextLink{};
    };
    auto of_stranger = next("https://app.example/#done", "");
    EXPECT_EQ(of_stranger.url, "https://app.example/#done");
    EXPECT_FALSE(of_stranger.by_user);
    EXPECT_TRUE(next("https://app.example/", token_of("ada")).by_user);
    for (const auto* bad :
         {"javascript:alert(1)", "https://a@b.example/", "https:\\\\b.example", "https://b.example/ x"})
        EXPECT_FALSE(next(bad, "").url) << bad;
}

TEST_F(Addresses, LeaveRoomForOthersWhenIdentityServersHang) {
    outbound.meanwhile = [this] { return ask_deeper(); };
    wait(ask_deeper());
    EXPECT_EQ(outbound.asked.size(), 16u);
    EXPECT_EQ(refusal, "M_LIMIT_EXCEEDED");
    outbound.meanwhile = nullptr;
    refusal.clear();
    wait(ask_deeper());
    EXPECT_EQ(refusal, "") << "their places are free again";
}

TEST_F(Addresses, BelongToOneAccount) {
    give_address(token_of("ada"), "a@example.org", "ada");
    EXPECT_EQ(ask("account/3pid/email/requestToken", "A@example.org"), "M_THREEPID_IN_USE");
    EXPECT_EQ(ask("register/email/requestToken", "a@example.org"), "M_THREEPID_IN_USE");
    // Confirmed by two before either was added: the first wins.
    auto bob = token_of("bob"), eve = token_of("eve");
    Validated validated{"email", "b@example.org", Purpose::add, Millis{1}};
    EXPECT_TRUE(wait(third_party().add(number("bob"), validated)));
    auto second = wait(third_party().add(number("eve"), validated));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().m_code, "M_THREEPID_IN_USE");
    EXPECT_EQ(held(bob).size(), 1u);
    EXPECT_TRUE(held(eve).empty());
}

TEST_F(Addresses, SignInInAnyCaseAndNotAfterRemoval) {
    auto ada = token_of("ada");
    give_address(ada, "a@example.org", "ada");
    auto body = [](std::string password) {
        return R"({"type":"m.login.password","identifier":{"type":"m.id.thirdparty","medium":"email","address":"A@Example.org"},"password":")" +
               password + "\"}";
    };
    EXPECT_EQ(post(kIn + std::string("login"), body("secret of ada")).status, 200);
    EXPECT_EQ(post(kIn + std::string("login"), body("guess")).errcode(), "M_FORBIDDEN");
    restart();
    EXPECT_EQ(post(kIn + std::string("login"), body("secret of ada")).status, 200);
    EXPECT_EQ(
        post(kIn + std::string("account/3pid/delete"), R"({"medium":"email","address":"a@example.org"})", ada).status,
        200);
    EXPECT_EQ(post(kIn + std::string("login"), body("secret of ada")).errcode(), "M_FORBIDDEN");
    EXPECT_EQ(rows(kThirdPartyIds, number("ada")), 0u);
    EXPECT_EQ(rows(kThirdPartyOwners, 0), 0u);
}

TEST_F(Addresses, MakeAnAccountAndGoToIt) {
    auto sid = ask("register/email/requestToken", "new@example.org");
    auto body =
        R"({"username":"ada","password":"longenough","auth":{"type":"m.login.email.identity",)" + creds(sid) + "}}";
    EXPECT_EQ(post(kIn + std::string("register"), body).status, 401) << "not confirmed yet";
    ASSERT_TRUE(open_link(sid));
    auto made = post(kIn + std::string("register"), body);
    ASSERT_EQ(made.status, 200) << made.text;
    EXPECT_EQ(held(made.string("access_token")), std::vector<std::string>{"new@example.org"});
}

TEST_F(Addresses, SetANewPasswordOnlyForTheirOwnAccountAndPurpose) {
    auto ada = token_of("ada"), eve = token_of("eve");
    give_address(ada, "a@example.org", "ada");
    give_address(eve, "e@example.org", "eve");
    EXPECT_EQ(ask("account/password/email/requestToken", "nobody@example.org"), "M_THREEPID_NOT_FOUND");
    auto body = [](const std::string& sid) {
        return R"({"new_password":"a new password","auth":{"type":"m.login.email.identity",)" + creds(sid) + "}}";
    };
    // Eve proves her own address and holds a token of Ada's: that is not enough for Ada's password.
    auto eves = ask("account/password/email/requestToken", "e@example.org");
    ASSERT_TRUE(open_link(eves));
    EXPECT_EQ(post(kIn + std::string("account/password"), body(eves), ada).errcode(), "M_FORBIDDEN");
    auto proof = ask("account/3pid/email/requestToken", "a2@example.org");
    ASSERT_TRUE(open_link(proof));
    EXPECT_EQ(post(kIn + std::string("account/password"), body(proof)).errcode(), "M_FORBIDDEN");
    auto adas = ask("account/password/email/requestToken", "a@example.org");
    ASSERT_TRUE(open_link(adas));
    EXPECT_EQ(post(kIn + std::string("account/password"), body(adas)).status, 200);
    EXPECT_EQ(log_in("ada", "a new password").status, 200);
    EXPECT_EQ(log_in("eve", "secret of eve").status, 200);
}

TEST_F(Addresses, AreMailedOncePerAttempt) {
    auto first = ask("register/email/requestToken", "a@example.org", 1);
    EXPECT_EQ(ask("register/email/requestToken", "a@example.org", 1), first);
    EXPECT_EQ(mailer.sent.size(), 1u);
    EXPECT_EQ(ask("register/email/requestToken", "a@example.org", 2), first);
    EXPECT_EQ(mailer.sent.size(), 2u);
    clock.advance(Millis{3'600'001});
    EXPECT_NE(ask("register/email/requestToken", "a@example.org", 2), first) << "links are good for an hour";
    EXPECT_EQ(ask("register/email/requestToken", "no address"), "M_INVALID_PARAM");
    EXPECT_EQ(ask("register/email/requestToken", "a@example.org\\r\\nBcc: b@example.org"), "M_INVALID_PARAM");
}

TEST_F(Addresses, AreUnboundWhereTheyWereBound) {
    auto ada = token_of("ada");
    auto bound = post(kIn + std::string("account/3pid/bind"),
                      R"({"id_server":"id.example","id_access_token":"t","sid":"1","client_secret":"s"})", ada);
    ASSERT_EQ(bound.status, 200) << bound.text;
    EXPECT_EQ(outbound.asked.back().url.str(), "https://id.example/_matrix/identity/v2/3pid/bind");
    auto gone = post(kIn + std::string("account/3pid/unbind"), R"({"medium":"email","address":"a@b.example"})", ada);
    EXPECT_EQ(gone.string("id_server_unbind_result"), "success");
    EXPECT_EQ(outbound.asked.back().headers.find("Authorization"), "X-Matrix signed");
    auto asked = outbound.asked.size();
    (void)post(kIn + std::string("account/3pid/unbind"), R"({"medium":"email","address":"a@b.example"})", ada);
    EXPECT_EQ(outbound.asked.size(), asked) << "it is bound nowhere any more";
}

TEST_F(Addresses, GoWithTheAccount) {
    auto ada = token_of("ada");
    give_address(ada, "a@example.org", "ada");
    (void)post(kIn + std::string("account/3pid/bind"),
               R"({"id_server":"id.example","id_access_token":"t","sid":"1","client_secret":"s"})", ada);
    outbound.down = true;
    auto ended = post(kIn + std::string("account/deactivate"), "{" + password_of("ada") + "}", ada);
    EXPECT_EQ(ended.status, 200) << ended.text;
    EXPECT_EQ(ended.string("id_server_unbind_result"), "no-support");
    EXPECT_EQ(rows(kThirdPartyIds, number("ada")), 0u);
    EXPECT_EQ(rows(kThirdPartyOwners, 0), 0u);
    EXPECT_EQ(rows(kThirdPartyBindings, number("ada")), 0u);
}

TEST_F(Addresses, AreRefusedWhereTheyAreSwitchedOff) {
    start(test_options());
    EXPECT_EQ(ask("register/email/requestToken", "a@example.org"), "M_THREEPID_DENIED");
    EXPECT_TRUE(held(token_of("ada")).empty());
}

TEST(TurnCredentials, AreThoseThatTheRelayComputes) {
    CallOptions options;
    options.turn_secret = Secret("north");
    auto made = turn_credentials(options, 1'600'000'000, "abc");
    EXPECT_EQ(made.username, "1600000000:abc");
    // printf 1600000000:abc | openssl dgst -sha1 -hmac north -binary | base64
    EXPECT_EQ(made.password, "1GRZIlOGU4sWhfJH4RdEAijeIF4=");
}

}  // namespace
}  // namespace peyk::users
