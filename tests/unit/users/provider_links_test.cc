// Links between accounts and persons at providers, and what accounts without a password can still do.

#include "support.h"

namespace peyk::users {
namespace {

constexpr std::string_view kSchool = "https://id.school.example";
constexpr std::string_view kUni = "https://id.uni.example";

Options with_providers() {
    auto options = test_options();
    options.browser_sign_in = true;
    options.providers = {{.id = "school", .name = "School", .issuer = std::string(kSchool), .registration = true},
                         {.id = "uni", .name = "Uni", .issuer = std::string(kUni), .icon = "mxc://a/b"}};
    return options;
}

class Linking : public World {
protected:
    Linking() { start(with_providers()); }
    ProviderLinks& links() { return server->users.provider_links; }
    ProviderLink person(std::string_view subject, std::string_view issuer = kSchool) {
        return links().link(issuer, subject);
    }
    // A new account without a password.
    AccountPtr comes(std::string name, std::string_view subject) {
        NewAccount wanted{.localpart = std::move(name)};
        auto made = wait(server->users.registration.register_through_provider(std::move(wanted), person(subject)));
        EXPECT_TRUE(made) << (made ? "" : made.error().detail);
        return made ? *made : nullptr;
    }
    std::string signed_in(AccountPtr account, std::string device) {
        SignIn wanted{std::move(account), DeviceId::trusted(std::move(device))};
        return wait(server->users.sessions.sign_in(std::move(wanted)))->access_token;
    }
    std::string owner_of(const ProviderLink& link) {
        auto account = links().account_of(link);
        return account && *account ? std::string((*account)->id.localpart()) : "nobody";
    }
    std::string flows_of(const Answer& answer) { return json::write(*answer.body.get("flows")); }
};

TEST_F(Linking, APersonHasOneAccount) {
    token_of("ada");
    token_of("eve");
    auto ada = person("1");
    EXPECT_EQ(owner_of(ada), "nobody");
    ASSERT_TRUE(wait(links().add(number("ada"), ada)));
    ASSERT_TRUE(wait(links().add(number("ada"), ada))) << "twice is once";
    EXPECT_EQ(owner_of(ada), "ada");
    auto taken = wait(links().add(number("eve"), ada));
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().m_code, "M_USER_IN_USE");
    EXPECT_EQ(owner_of(person("1", kUni)), "nobody") << "another provider's name for somebody else";
    EXPECT_EQ(owner_of(person("2")), "nobody");
    ASSERT_TRUE(wait(links().add(number("ada"), person("2"))));
    EXPECT_EQ(links().of(number("ada"))->size(), 2U);
    EXPECT_EQ(rows(kProviderLinks, number("ada")), 2U);
    EXPECT_EQ(rows(kProviderLinkOwners, 0), 2U);
    EXPECT_FALSE(wait(links().add(number("nobody"), person("3"))));
    EXPECT_EQ(rows(kProviderLinkOwners, 0), 2U) << "what came to nothing leaves nothing";
}

TEST_F(Linking, KeepsADigestAndNothingElseOfThePerson) {
    auto account = comes("ada", "the subject");
    auto kept = store.db.scan(kProviderLinks, account->number, "", "", 10);
    ASSERT_EQ(kept->size(), 1U);
    EXPECT_EQ((*kept)[0].body, R"({"issuer":"https://id.school.example"})");
    EXPECT_EQ((*kept)[0].rest.size(), 16U);
    EXPECT_EQ((*kept)[0].rest.find("subject"), std::string::npos);
}

TEST_F(Linking, AnAccountHasAtMostSoMany) {
    token_of("ada");
    for (std::size_t i = 0; i < ProviderLinks::kMost; ++i)
        ASSERT_TRUE(wait(links().add(number("ada"), person(std::to_string(i)))));
    EXPECT_FALSE(wait(links().add(number("ada"), person("one more"))));
    EXPECT_EQ(owner_of(person("one more")), "nobody");
    EXPECT_EQ(rows(kProviderLinkOwners, 0), ProviderLinks::kMost);
}

TEST_F(Linking, TheOnlyWayInStays) {
    auto account = comes("ada", "1");
    auto first = person("1"), second = person("1", kUni), gone = person("1", "https://gone.example");
    auto refused = wait(links().remove(account->number, first.digest));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
    ASSERT_TRUE(wait(links().add(account->number, gone)));
    EXPECT_FALSE(wait(links().remove(account->number, first.digest))) << "a provider that is not offered is no way in";
    ASSERT_TRUE(wait(links().add(account->number, second)));
    EXPECT_TRUE(wait(links().remove(account->number, first.digest)));
    EXPECT_EQ(owner_of(first), "nobody");
    EXPECT_FALSE(wait(links().remove(account->number, second.digest)));
    ASSERT_TRUE(wait(server->users.lifecycle.change_password(account->id, "a good password", false, std::nullopt)));
    EXPECT_TRUE(wait(links().remove(account->number, second.digest)));
    EXPECT_TRUE(wait(links().remove(account->number, second.digest))) << "again";
    EXPECT_TRUE(wait(links().remove(account->number, "nonsense")));
    EXPECT_EQ(owner_of(gone), "ada");
    EXPECT_EQ(rows(kProviderLinkOwners, 0), 1U);
}

TEST_F(Linking, NobodyTakesAnothersLinkAway) {
    comes("ada", "1");
    token_of("eve");
    ASSERT_TRUE(wait(links().remove(number("eve"), person("1").digest)));
    EXPECT_EQ(owner_of(person("1")), "ada");
}

TEST_F(Linking, AnAccountAndItsLinkAreMadeTogether) {
    auto account = comes("Ada", "1");
    EXPECT_EQ(account->id, user("ada"));
    EXPECT_TRUE(account->password_hash.empty());
    EXPECT_EQ(owner_of(person("1")), "ada");
    EXPECT_EQ(log_in("ada", "").status, 403);
    auto make = [this](std::string name, std::string_view subject) {
        NewAccount wanted{.localpart = std::move(name)};
        auto made = wait(server->users.registration.register_through_provider(std::move(wanted), person(subject)));
        return made ? std::string("made")
                    : std::string(made.error().m_code) + std::string(errc_name(made.error().code));
    };
    EXPECT_TRUE(make("ada", "2").starts_with("M_USER_IN_USE"));
    EXPECT_TRUE(make("not a name", "2").starts_with("M_INVALID_USERNAME"));
    EXPECT_EQ(owner_of(person("2")), "nobody");
    EXPECT_EQ(rows(kProviderLinkOwners, 0), 1U);
    EXPECT_EQ(make("second", "1"), std::string(errc_name(Errc::conflict)));
    EXPECT_EQ(server->users.accounts.find(user("second")).value(), nullptr);
    EXPECT_EQ(make("second", "2"), "made");
}

TEST_F(Linking, AnEndedAccountLeavesNothing) {
    auto account = comes("ada", "1");
    ASSERT_TRUE(wait(links().add(account->number, person("1", kUni))));
    ASSERT_TRUE(wait(server->users.lifecycle.deactivate(account->id, false)));
    EXPECT_EQ(rows(kProviderLinks, account->number), 0U);
    EXPECT_EQ(rows(kProviderLinkOwners, 0), 0U);
    EXPECT_FALSE(wait(links().add(account->number, person("1"))));
    EXPECT_EQ(owner_of(person("1")), "nobody");
    EXPECT_TRUE(comes("ada2", "1"));
}

TEST_F(Linking, ACrashBetweenTheTwoRowsLeavesNobodyLinked) {
    token_of("ada");
    token_of("eve");
    auto link = person("1");
    {
        auto guard = wait(links().claim(number("ada"), link));
        ASSERT_TRUE(guard);
    }
    EXPECT_EQ(owner_of(link), "nobody");
    ASSERT_TRUE(wait(links().add(number("eve"), link)));
    EXPECT_EQ(owner_of(link), "eve");
}

TEST_F(Linking, ALockedAccountIsFound) {
    auto account = comes("ada", "1");
    ASSERT_TRUE(wait(server->users.lifecycle.set_state(account->id, Lifecycle::State::locked, true)));
    EXPECT_TRUE((*links().account_of(person("1")))->locked);
}

TEST_F(Linking, WithoutAPasswordTheStageIsTheProviders) {
    auto account = comes("ada", "1");
    auto token = signed_in(account, "A");
    signed_in(account, "B");
    const std::string path = "/_matrix/client/v3/devices/B";
    auto asked = del(path, "{}", token);
    EXPECT_EQ(asked.status, 401);
    EXPECT_EQ(flows_of(asked), R"([{"stages":["m.login.sso"]}])");
    auto session = asked.string("session");
    auto again = "{\"auth\":{\"session\":\"" + session + "\"}}";
    auto typed = "{\"auth\":{\"type\":\"m.login.sso\",\"session\":\"" + session + "\"}}";
    for (int i = 0; i < 12; ++i) EXPECT_EQ(del(path, typed, token).status, 401) << "asking is no failure";
    EXPECT_EQ(del(path, "{" + password_of("ada", session) + "}", token).status, 401);
    auto& uia = server->users.uia;
    EXPECT_TRUE(uia.open_stage(session, kStageSso));
    EXPECT_FALSE(uia.open_stage(session, kStagePassword));
    EXPECT_FALSE(wait(uia.pass_at_provider("unknown", account->number)));
    EXPECT_EQ(del(path, again, token).status, 401);
    ASSERT_TRUE(wait(uia.pass_at_provider(session, account->number)));
    ASSERT_TRUE(wait(uia.pass_at_provider(session, account->number)));
    EXPECT_TRUE(uia.open_stage(session, kStageSso)->done);
    EXPECT_EQ(del(path, again, token).status, 200);
    EXPECT_FALSE(wait(uia.pass_at_provider(session, account->number))) << "over";
    // Somebody else at the provider: the app is told, and has to begin again.
    session = del(path, "{}", token).string("session");
    again = "{\"auth\":{\"session\":\"" + session + "\"}}";
    EXPECT_FALSE(wait(uia.pass_at_provider(session, number("eve")))) << "another's session";
    EXPECT_EQ(del(path, again, token).status, 403);
}

TEST_F(Linking, WithBothEitherStageDoes) {
    auto token = token_of("ada");
    const std::string path = "/_matrix/client/v3/devices/B";
    EXPECT_EQ(flows_of(del(path, "{}", token)), R"([{"stages":["m.login.password"]}])");
    ASSERT_TRUE(wait(links().add(number("ada"), person("1", "https://gone.example"))));
    EXPECT_EQ(flows_of(del(path, "{}", token)), R"([{"stages":["m.login.password"]}])");
    ASSERT_TRUE(wait(links().add(number("ada"), person("1"))));
    auto asked = del(path, "{}", token);
    EXPECT_EQ(flows_of(asked), R"([{"stages":["m.login.password"]},{"stages":["m.login.sso"]}])");
    EXPECT_EQ(del(path, "{" + password_of("ada", asked.string("session")) + "}", token).status, 200);
}

TEST_F(Linking, AnAccountWithoutAPasswordCanBeEndedByItsOwner) {
    auto account = comes("ada", "1");
    auto token = signed_in(account, "A");
    auto asked = post("/_matrix/client/v3/account/deactivate", "{}", token);
    auto session = asked.string("session");
    ASSERT_TRUE(wait(server->users.uia.pass_at_provider(session, account->number)));
    auto done = post("/_matrix/client/v3/account/deactivate", "{\"auth\":{\"session\":\"" + session + "\"}}", token);
    EXPECT_EQ(done.status, 200) << done.text;
    EXPECT_EQ(owner_of(person("1")), "nobody");
}

TEST_F(Linking, ClientsAreToldOfTheProvidersAndOfThePages) {
    auto flows = get("/_matrix/client/v3/login").body;
    auto text = json::write(flows);
    EXPECT_NE(text.find(R"("identity_providers":[{"id":"own","name":"test.example"},{"id":"school","name":"School"},)"
                        R"({"icon":"mxc://a/b","id":"uni","name":"Uni"}])"),
              std::string::npos)
        << text;
    auto options = with_providers();
    options.providers.clear();
    start(options);
    EXPECT_EQ(get("/_matrix/client/v3/login").text.find("identity_providers"), std::string::npos);
}

TEST_F(Linking, APageCanMakeAccountsWhereAProviderMay) {
    auto possible = [this](RegistrationMode mode, bool provider) {
        auto options = with_providers();
        options.registration = mode;
        options.providers[0].registration = provider;
        start(options);
        return server->users.registration.possible_in_browser();
    };
    EXPECT_TRUE(possible(RegistrationMode::open, false));
    EXPECT_TRUE(possible(RegistrationMode::closed, true));
    EXPECT_FALSE(possible(RegistrationMode::closed, false));
}

}  // namespace
}  // namespace peyk::users
