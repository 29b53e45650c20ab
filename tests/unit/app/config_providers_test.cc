// [[auth.provider]]: what is read, and what is refused with a sentence that helps.

#include <gtest/gtest.h>

#include <fstream>

#include "app/config.h"
#include "app/doctor.h"
#include "app/options.h"

namespace peyk::app {
namespace {

constexpr std::string_view kStart = "[server]\nname = \"example.org\"\n";

Result<LoadedConfig> parse(std::string_view more) {
    return parse_config(std::string(kStart) + std::string(more), "/etc/peyk/peyk.toml", {});
}

std::string problem_of(std::string_view more) {
    auto loaded = parse(more);
    return loaded ? "no problem" : loaded.error().detail;
}

// A good one, and `more` lines of it.
std::string provider(std::string_view more = "") {
    return R"([[auth.provider]]
id = "school"
name = "School"
issuer = "https://id.school.example/realms/school"
client_id = "peyk"
)" + std::string(more);
}

TEST(ProviderConfig, IsReadWithItsDefaults) {
    auto loaded = parse(provider("client_secret = \"s3cret\"\n") + R"(
[[auth.provider]]
id = "uni"
name = "دانشگاه"
issuer = "http://localhost:8080/"
client_id = "x"
scopes = ["openid", "email"]
localpart = "{email}"
ask_name = false
registration = true
linking = false
email_domains = ["uni.example"]
required_claims = { "groups" = "chat", "a.b" = "c" }
icon = "mxc://example.org/abc"
brand = "keycloak"
)");
    ASSERT_TRUE(loaded) << loaded.error().detail;
    const auto& providers = loaded->config.providers;
    ASSERT_EQ(providers.size(), 2U);
    const auto& first = providers[0].options;
    EXPECT_EQ(first.client_secret.reveal(), "s3cret");
    EXPECT_EQ(first.scopes, (std::vector<std::string>{"openid", "profile"}));
    EXPECT_EQ(first.localpart, "{preferred_username}");
    EXPECT_TRUE(first.ask_name && first.linking);
    EXPECT_FALSE(first.registration);
    const auto& second = providers[1].options;
    EXPECT_TRUE(second.client_secret.empty() && second.registration);
    EXPECT_FALSE(second.ask_name || second.linking);
    EXPECT_EQ(second.email_domains, std::vector<std::string>{"uni.example"});
    EXPECT_EQ(second.required_claims.at("a.b"), "c");
    auto users = user_options(loaded->config).providers;
    EXPECT_EQ(users[1].issuer, "http://localhost:8080/");
    EXPECT_EQ(users[1].icon, "mxc://example.org/abc");
    EXPECT_EQ(users[1].brand, "keycloak");
    EXPECT_TRUE(users[1].registration);
    EXPECT_EQ(oauth_options(loaded->config).providers[1].id, "uni");
}

TEST(ProviderConfig, WhatIsWrongIsSaidWithItsLine) {
    struct Row {
        std::string text;
        std::string_view problem;
    };
    auto changed = [](std::string_view from, std::string_view to) {
        auto text = provider();
        return text.replace(text.find(from), from.size(), to);
    };
    const std::vector<Row> rows{
        {provider(), "no problem"},
        {changed("id = \"school\"", ""), "a provider needs an id"},
        {changed("\"school\"", "\"the school\""), "a provider needs an id"},
        {changed("\"school\"", "\"../school\""), "a provider needs an id"},
        {changed("\"school\"", "\"own\""), "cannot have the id \"own\""},
        {changed("\"School\"", "\"\""), "a provider needs a name"},
        {changed("\"School\"", "\"a\\nb\""), "a provider needs a name"},
        {changed("https://id.school.example", "http://id.school.example"), "a provider needs an issuer"},
        {changed("https://id.school.example/realms/school", "id.school.example"), "a provider needs an issuer"},
        {changed("realms/school", "realms?x=1"), "a provider needs an issuer"},
        {changed("https://id.school", "https://user:pass@id.school"), "a provider needs an issuer"},
        {changed("\"peyk\"", "\"\""), "a provider needs a client_id"},
        {provider("scopes = [\"profile\"]\n"), "must have \"openid\" among them"},
        {provider("scopes = [\"openid profile\"]\n"), "must have \"openid\" among them"},
        {provider("scopes = [\"openid\", \"a b\"]\n"), "one word in quotes"},
        {provider("localpart = \"ada\"\n"), "must be names of claims in {}"},
        {provider("localpart = \"{a} {b}\"\n"), "must be names of claims in {}"},
        {provider("email_domains = [\"school.example\"]\n"), "needs \"email\" among its scopes"},
        {provider("scopes = [\"openid\", \"email\"]\nemail_domains = [\"@school.example\"]\n"), "without an @"},
        {provider("required_claims = { \"groups\" = \"\" }\n"), "need a name and a text each"},
        {provider("required_claims = { \"groups\" = [\"a\"] }\n"), "must be a table of texts"},
        {provider("icon = \"https://school.example/icon.png\"\n"), "must be an mxc:// address"},
        {provider("brand = \"A b\"\n"), "must be a word"},
        {provider("registraton = true\n"), "unknown key \"registraton\" of a provider; did you mean \"registration\"?"},
        {provider("registration = 1\n"), "provider.registration must be true or false"},
        {provider("client_secret_file = 7\n"), "must be the name of a file"},
        {provider("client_secret = \"a\"\nclient_secret_file = \"b\"\n"), "instead of the secret"},
        {provider("client_secret_file = \"/does/not/exist\"\n"), "is empty or cannot be read"},
        {provider() + provider(), "the same id or the same issuer"},
        {provider() + "[auth]\noauth = false\n", "needs auth.oauth = true"},
        {"[auth]\noauth = false\n" + provider(), "[[auth.provider]] needs auth.oauth = true"},
        {"[auth]\nprovider = 7\n", "auth.provider is written as [[auth.provider]], with two brackets"},
        {"[auth.provider]\nid = \"school\"\n", "with two brackets"},
        {"[[provider]]\nid = \"school\"\n", "providers are written as [[auth.provider]]"},
        {"[auth]\nproviders = []\n", "providers are written as [[auth.provider]]"},
    };
    for (const auto& row : rows)
        EXPECT_NE(problem_of(row.text).find(row.problem), std::string::npos) << row.text << "\n"
                                                                             << problem_of(row.text);
    EXPECT_TRUE(problem_of(changed("\"peyk\"", "\"\"")).starts_with("/etc/peyk/peyk.toml:3: "));
}

TEST(ProviderConfig, TheSecretMayBeInAFile) {
    auto file = testing::TempDir() + "provider_secret";
    std::ofstream(file) << "from the file\n";
    auto loaded = parse(provider("client_secret_file = \"" + file + "\"\n"));
    ASSERT_TRUE(loaded) << loaded.error().detail;
    EXPECT_EQ(loaded->config.providers[0].options.client_secret.reveal(), "from the file");
    std::filesystem::remove(file);
}

TEST(ProviderConfig, TheDoctorAsksEach) {
    Config config;
    Findings none;
    examine_providers(config, none);
    EXPECT_TRUE(none.empty());
    // Nobody listens at the discard port.
    auto loaded = parse(
        "[[auth.provider]]\nid = \"school\"\nname = \"School\"\nissuer = \"http://127.0.0.1:9\"\n"
        "client_id = \"peyk\"\n");
    ASSERT_TRUE(loaded) << loaded.error().detail;
    Findings findings;
    examine_providers(loaded->config, findings);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].severity, Severity::error);
    EXPECT_NE(findings[0].what.find("the provider \"school\": it cannot be reached"), std::string::npos)
        << findings[0].what;
    EXPECT_FALSE(findings[0].advice.empty());
}

}  // namespace
}  // namespace peyk::app
