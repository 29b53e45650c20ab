#include "app/config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "app/config_keys.h"
#include "app/identity.h"
#include "app/options.h"
#include "base/random.h"

namespace peyk::app {
namespace {

constexpr std::string_view kSmallest = "[server]\nname = \"example.org\"\n";

Result<LoadedConfig> parse(std::string_view text, const Environment& environment = {}) {
    return parse_config(text, "/etc/peyk/peyk.toml", environment);
}

std::string problem_of(std::string_view text, const Environment& environment = {}) {
    auto loaded = parse(text, environment);
    return loaded ? "no problem" : loaded.error().detail;
}

Config good(std::string_view text, const Environment& environment = {}) {
    auto loaded = parse(text, environment);
    EXPECT_TRUE(loaded.has_value()) << (loaded ? "" : loaded.error().detail);
    return loaded ? loaded->config : Config{};
}

std::string with(std::string_view more) { return std::string(kSmallest) + std::string(more); }

TEST(Config, ANameAloneIsEnough) {
    auto config = good(kSmallest);
    EXPECT_EQ(config.server.name, "example.org");
    EXPECT_EQ(config.server.data_dir, "/etc/peyk/data");
    EXPECT_EQ(config.key_file(), "/etc/peyk/data/store.key");
    ASSERT_EQ(config.listeners.size(), 1u);
    EXPECT_EQ(config.listeners[0].port, 8008u);
    EXPECT_EQ(config.base_url(), "https://example.org");
}

TEST(Config, AnUnknownKeyIsRefusedWithTheNearestOneAndItsLine) {
    EXPECT_EQ(problem_of(with("data_dri = \"x\"\n")),
              "/etc/peyk/peyk.toml:3: unknown key \"server.data_dri\"; did you mean \"server.data_dir\"?");
    EXPECT_EQ(problem_of(with("[privcay]\nprofile = \"open\"\n")),
              "/etc/peyk/peyk.toml:3: unknown key \"privcay\"; did you mean \"privacy\"?");
    // The right word in the wrong section.
    EXPECT_EQ(problem_of(with("presence = true\n")),
              "/etc/peyk/peyk.toml:3: unknown key \"server.presence\"; did you mean \"privacy.presence\"?");
    EXPECT_NE(problem_of(with("[zzz]\nqqqqqqqqqqqq = 1\n")).find("peyk config reference"), std::string::npos);
}

TEST(Config, AnUnknownKeyOfAListenerIsRefused) {
    EXPECT_EQ(problem_of(with("[[listener]]\nprot = 1\n")),
              "/etc/peyk/peyk.toml:4: unknown key \"prot\" of a listener; did you mean \"port\"?");
}

TEST(Config, AllProblemsAreNamedAtOnce) {
    auto text = problem_of("[server]\nname = 5\nthreads = \"many\"\n[storage]\nengine = \"sqlite\"\n");
    EXPECT_NE(text.find(":2: server.name must be text in quotes"), std::string::npos) << text;
    EXPECT_NE(text.find(":3: server.threads must be a whole number"), std::string::npos) << text;
    EXPECT_NE(text.find(":5: storage.engine must be one of \"rocksdb\", \"memory\""), std::string::npos) << text;
}

TEST(Config, AValueOutOfItsRangeIsRefusedWithTheRange) {
    EXPECT_NE(problem_of(with("[media]\nupload_size = \"1 B\"\n")).find("must be between 1 KiB and 16 GiB"),
              std::string::npos);
    EXPECT_NE(problem_of(with("[[listener]]\nport = 70000\n")).find("must be between 0 and 65535"), std::string::npos);
    EXPECT_NE(problem_of(with("threads = -1\n")).find("must be between 0 and 256"), std::string::npos);
}

TEST(Config, SizesAndTimesNeedTheirUnits) {
    auto config =
        good(with("[media]\nupload_size = \"1.5 MiB\"\nreserved_lifetime = \"90d\"\n[limits]\nidle_time = \"2min\"\n"));
    EXPECT_EQ(config.media.upload_size, 1572864u);
    EXPECT_EQ(config.media.reserved_lifetime, std::chrono::days{90});
    EXPECT_EQ(config.limits.idle_time, Millis{120'000});
    EXPECT_NE(problem_of(with("[limits]\nidle_time = 30\n")).find("a time with its unit"), std::string::npos);
    EXPECT_NE(problem_of(with("[limits]\nidle_time = \"30 parsecs\"\n")).find("a time with its unit"),
              std::string::npos);
}

TEST(Config, LifetimesMustFitEachOther) {
    auto fine = with("[retention]\nenabled = true\ndefault_lifetime = \"30d\"\nshortest = \"1d\"\nlongest = \"90d\"\n");
    EXPECT_EQ(good(fine).retention.longest, std::chrono::days{90});
    EXPECT_FALSE(good(with("[media]\n")).retention.enabled) << "nothing vanishes unasked";
    for (const char* bad : {"shortest = \"2d\"\nlongest = \"1d\"\n", "default_lifetime = \"1min\"\n",
                            "default_lifetime = \"9d\"\nlongest = \"8d\"\n"})
        EXPECT_NE(problem_of(with(std::string("[retention]\nenabled = true\n") + bad)).find("retention."),
                  std::string::npos)
            << bad;
    EXPECT_NE(problem_of(with("[notices]\nuser = \"Not A Name\"\n")).find("notices.user"), std::string::npos);
    EXPECT_NE(problem_of(with("[notices]\navatar_url = \"https://x\"\n")).find("mxc://"), std::string::npos);
}

TEST(Config, BrokenTomlNamesItsLine) {
    EXPECT_TRUE(problem_of("[server]\nname = \n").starts_with("/etc/peyk/peyk.toml:2: "));
}

TEST(Config, TheProfileSetsDefaultsAndAWrittenSwitchWins) {
    EXPECT_FALSE(good(kSmallest).privacy.presence);
    EXPECT_TRUE(good(kSmallest).privacy.forced_encryption);
    auto open = good(with("[privacy]\nprofile = \"open\"\nsearch = false\n"));
    EXPECT_TRUE(open.privacy.presence);
    EXPECT_FALSE(open.privacy.search);
    EXPECT_FALSE(open.privacy.forced_encryption);
    EXPECT_EQ(open.privacy.push_payload, PushPayload::full);
    EXPECT_EQ(open.privacy.push_jitter, Millis{0});
    // Also when the profile comes from the environment.
    EXPECT_TRUE(good(kSmallest, {{"PEYK_PRIVACY_PROFILE", "open"}}).privacy.presence);
}

TEST(Config, OutsideTestsLoosensDefaultsAndSaysSo) {
    auto loaded = parse(with("[outside_tests]\nenabled = true\n[storage]\nengine = \"memory\"\n"));
    ASSERT_TRUE(loaded.has_value()) << loaded.error().detail;
    EXPECT_FALSE(loaded->config.limits.rate_limits);
    EXPECT_FALSE(loaded->config.rate_limits().enabled);
    EXPECT_TRUE(loaded->config.network.loopback_allowed);
    EXPECT_EQ(loaded->config.auth.password_memory, 8192u);
    EXPECT_EQ(loaded->config.network.dns_timeout, Millis{1000});
    EXPECT_EQ(loaded->config.network.connect_timeout, Millis{2000});
    EXPECT_EQ(loaded->config.network.push_gateways, (std::vector<std::string>{"*"}));
    ASSERT_FALSE(loaded->warnings.empty());
    EXPECT_NE(problem_of(with("[storage]\nengine = \"memory\"\n")).find("outside_tests only"), std::string::npos);
}

TEST(Config, TheEnvironmentWinsOverTheFile) {
    auto config =
        good(with("[logging]\nlevel = \"error\"\n"), {{"PEYK_LOGGING_LEVEL", "debug"},
                                                      {"PEYK_NETWORK_TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8"},
                                                      {"PEYK_NETWORK_HOST_OVERRIDES", "a.org=10.0.0.1:8448"},
                                                      {"PEYK_LIMITS_RATES_LOGIN_PER_SECOND", "2.5"}});
    EXPECT_EQ(config.logging.level, log::Level::debug);
    EXPECT_EQ(config.network.trusted_proxies, (std::vector<std::string>{"127.0.0.1", "10.0.0.0/8"}));
    EXPECT_EQ(config.network.host_overrides.at("a.org"), "10.0.0.1:8448");
    EXPECT_EQ(config.limits.rates[static_cast<std::size_t>(privacy::RateClass::login)].per_second, 2.5);
    EXPECT_EQ(problem_of(kSmallest, {{"PEYK_METRICS_PORT", "high"}}),
              "PEYK_METRICS_PORT: metrics.port must be a whole number");
}

TEST(Config, AVariableThatIsNoSettingIsMentioned) {
    auto loaded = parse(kSmallest, {{"PEYK_SERVER_NAMEE", "x"}});
    ASSERT_TRUE(loaded.has_value());
    ASSERT_EQ(loaded->warnings.size(), 1u);
    EXPECT_NE(loaded->warnings[0].find("PEYK_SERVER_NAME?"), std::string::npos);
}

TEST(Config, ASecretComesFromAFileWithoutItsLineBreak) {
    auto path = testing::TempDir() + "config_test_secret";
    std::ofstream(path) << "hush\n";
    auto config = good(with("[registration]\nshared_secret_file = \"" + path + "\"\n"));
    EXPECT_EQ(config.registration.shared_secret.reveal(), "hush");
    auto from_variable = good(kSmallest, {{"PEYK_REGISTRATION_SHARED_SECRET_FILE", path}});
    EXPECT_EQ(from_variable.registration.shared_secret.reveal(), "hush");
    EXPECT_NE(problem_of(with("[registration]\nshared_secret = \"a\"\nshared_secret_file = \"" + path + "\"\n"))
                  .find("exclude each other"),
              std::string::npos);
    EXPECT_NE(problem_of(with("[registration]\nshared_secret_file = \"/none\"\n")).find("empty or cannot be read"),
              std::string::npos);
    std::filesystem::remove(path);
}

TEST(Config, CredentialsOfTheServiceManagerAreTakenByTheirNames) {
    auto folder = std::filesystem::path(testing::TempDir()) / "config_test_credentials";
    std::filesystem::create_directories(folder);
    Environment environment{{"CREDENTIALS_DIRECTORY", folder.string()}};
    EXPECT_TRUE(good(kSmallest, environment).storage.key_file.empty()) << "there is none";
    std::ofstream(folder / "passphrase") << "six words drawn by some dice\n";
    std::ofstream(folder / "store.key") << std::string(32, 'k');
    auto by_words = with("[storage]\nkey_source = \"passphrase\"\n");
    EXPECT_EQ(good(by_words, environment).storage.passphrase.reveal(), "six words drawn by some dice");
    EXPECT_EQ(good(kSmallest, environment).key_file(), folder / "store.key");
    EXPECT_TRUE(good(kSmallest, environment).storage.passphrase.empty()) << "a key file is asked for";
    // What is written down wins.
    EXPECT_EQ(good(with("[storage]\nkey_file = \"/stick/key\"\n"), environment).key_file(), "/stick/key");
    auto other = with("[storage]\nkey_source = \"passphrase\"\npassphrase = \"other words\"\n");
    EXPECT_EQ(good(other, environment).storage.passphrase.reveal(), "other words");
    std::filesystem::remove_all(folder);
}

TEST(Config, AListenerNeedsBothTlsFiles) {
    EXPECT_NE(problem_of(with("[[listener]]\ntls_key = \"k.pem\"\n")).find(":3: a listener needs both"),
              std::string::npos);
    auto config =
        good(with("[[listener]]\ntls_key = \"k.pem\"\ntls_certificate = \"/c.pem\"\n[[listener]]\nport = 80\n"));
    ASSERT_EQ(config.listeners.size(), 2u);
    EXPECT_EQ(config.listeners[0].tls_key, "/etc/peyk/k.pem");
}

TEST(Config, TheNameIsNeededAndChecked) {
    EXPECT_NE(problem_of("").find("server.name is missing"), std::string::npos);
    EXPECT_NE(problem_of("[server]\nname = \"a b\"\n").find("must be a host name"), std::string::npos);
}

TEST(ConfigTable, NamesAndVariablesAreUniqueAndEverySectionIsDescribed) {
    std::set<std::string> names, variables;
    for (const auto& key : config_keys()) {
        EXPECT_TRUE(names.emplace(key.name).second) << key.name;
        EXPECT_TRUE(variables.insert(key.variable()).second) << key.name;
        EXPECT_TRUE(key.about.ends_with(".")) << key.name;
        auto section = key.name.substr(0, key.name.find('.'));
        EXPECT_TRUE(std::ranges::any_of(config_sections(), [&](const Section& s) { return s.name == section; }))
            << key.name;
    }
}

// Every built-in default lies in its own range, and what is shown can be read back.
TEST(ConfigTable, DefaultsReadBackAsTheyAreShown) {
    Config defaults;
    for (const auto& key : config_keys()) {
        if (key.is_secret() || key.name == "network.trusted_proxies" || key.name == "network.extra_ca_files" ||
            key.name == "network.host_overrides" || key.name == "server.name" || key.name == "server.data_dir") {
            continue;
        }
        auto shown = show_value(key, &defaults);
        auto dot = key.name.rfind('.');
        auto table = std::string(key.name.substr(0, dot));
        auto leaf = std::string(key.name.substr(dot + 1));
        auto text = "server.name = \"localhost\"\n" + table + "." + leaf + " = " + shown + "\n";
        auto loaded = parse(text);
        ASSERT_TRUE(loaded.has_value()) << key.name << ": " << loaded.error().detail;
        EXPECT_EQ(show_value(key, &loaded->config), shown) << key.name;
    }
}

TEST(PageFacts, NameNoFeatureThatIsNotBuilt) {
    SeededRandom random(1);
    Identity identity{.server_name = "example.org",
                      .created_day = 0,
                      .trial = Trial::no,
                      .signing_key = SigningKey::generate(random, "ed25519:a")};
    auto facts = page_facts(good(with("[privacy]\nprofile = \"open\"\nanswer_padding = true\n")), identity,
                            std::make_shared<pages::LocalAuthority>());
    std::vector<std::string> names;
    for (const auto& feature : facts.features) names.push_back(feature.name);
    for (const char* missing : {"privacy.answer_padding", "privacy.device_names"})
        EXPECT_EQ(std::ranges::count(names, missing), 0) << missing;
    for (const char* there : {"privacy.whois", "privacy.presence", "privacy.forced_encryption"})
        EXPECT_EQ(std::ranges::count(names, there), 1) << there;
}

TEST(PushOptions, InTheQuietProfileAWrittenKeyStaysWithinItsBounds) {
    auto quiet = push_options(good(with("[privacy]\npush_payload = \"full\"\npush_jitter = \"10s\"\n")));
    EXPECT_FALSE(quiet.full);
    EXPECT_EQ(quiet.jitter, Millis{2'000});
    auto open = push_options(good(with("[privacy]\nprofile = \"open\"\npush_jitter = \"10s\"\n")));
    EXPECT_TRUE(open.full);
    EXPECT_EQ(open.jitter, Millis{10'000});
}

TEST(ConfigReference, TheCommittedFileIsFresh) {
    std::ifstream in(std::string(PEYK_SOURCE_DIR) + "/docs/guide/configuration.md");
    std::ostringstream text;
    text << in.rdbuf();
    // Not EXPECT_EQ: nobody wants to read both texts.
    EXPECT_TRUE(text.str() == config_reference()) << "run: peyk config reference > docs/guide/configuration.md";
}

}  // namespace
}  // namespace peyk::app
