#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "appservices/registry.h"

namespace peyk::appservices {
namespace {

constexpr std::string_view kIrc = R"(
id: "IRC Bridge"
url: "http://127.0.0.1:1234/irc/"
as_token: "30c05ae90a248a4188e620216fa72e349803310ec83e2a77b34fe90be6081f46"
hs_token: "312df522183efd404ec1cd22d2ffa4bbc76a8c1ccf541dd692eef281356bb74e"
sender_localpart: "_irc_bot"
receive_ephemeral: true
rate_limited: false
protocols: ["irc", "irc2"]
namespaces:
  users:
    - exclusive: true
      regex: "@_irc_bridge_.*"
  aliases:
    - exclusive: false
      regex: "#_irc_bridge_.*"
  rooms: []
)";

Registration irc() { return *parse_registration(kIrc, "irc.yaml", "a.test"); }

// The same with one line exchanged.
std::string with(std::string_view from, std::string_view to) {
    std::string text(kIrc);
    auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

std::string problem_of(const std::string& yaml) {
    auto read = parse_registration(yaml, "irc.yaml", "a.test");
    return read ? "<none>" : read.error().detail;
}

UserId user(std::string text) { return UserId::trusted(std::move(text)); }
RoomAlias alias(std::string text) { return RoomAlias::trusted(std::move(text)); }

TEST(ARegistration, IsReadWithAllItsParts) {
    auto read = irc();
    EXPECT_EQ(read.id, "IRC Bridge");
    EXPECT_EQ(read.url, "http://127.0.0.1:1234/irc");
    EXPECT_EQ(read.sender.view(), "@_irc_bot:a.test");
    EXPECT_TRUE(read.as_token.reveal().starts_with("30c05"));
    EXPECT_TRUE(read.hs_token.reveal().starts_with("312df"));
    EXPECT_TRUE(read.receive_ephemeral);
    EXPECT_FALSE(read.rate_limited);
    EXPECT_EQ(read.protocols, (std::vector<std::string>{"irc", "irc2"}));
    EXPECT_TRUE(read.users.covers_exclusively("@_irc_bridge_ada:a.test"));
    EXPECT_TRUE(read.aliases.covers("#_irc_bridge_room:a.test"));
    EXPECT_FALSE(read.aliases.covers_exclusively("#_irc_bridge_room:a.test"));
}

TEST(ARegistration, MayAskForEphemeralDataByItsOlderName) {
    auto wants = [](std::string_view lines) {
        auto read = parse_registration(with("receive_ephemeral: true", lines), "irc.yaml", "a.test");
        return read && read->receive_ephemeral;
    };
    EXPECT_FALSE(wants("")) << "nobody who did not ask is told who reads and who types";
    EXPECT_TRUE(wants("de.sorunome.msc2409.push_ephemeral: true"));
    EXPECT_FALSE(wants("de.sorunome.msc2409.push_ephemeral: false"));
    EXPECT_FALSE(wants("de.sorunome.msc2409.push_ephemeral: true\nreceive_ephemeral: false"))
        << "the newer name decides";
    auto said = problem_of(with("receive_ephemeral: true", "de.sorunome.msc2409.push_ephemeral: often"));
    EXPECT_NE(said.find("\"de.sorunome.msc2409.push_ephemeral\" must be true or false"), std::string::npos) << said;
}

TEST(ARegistration, MayWantNoTraffic) {
    auto read = parse_registration(with("\"http://127.0.0.1:1234/irc/\"", "null"), "irc.yaml", "a.test");
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->url.empty());
}

TEST(ARegistration, IsRefusedWithThePlaceAndWhatToDo) {
    struct Case {
        std::string_view from, to, says;
    };
    const Case cases[] = {
        {"id: \"IRC Bridge\"\n", "", "irc.yaml:2: \"id\" is missing"},
        {"http://", "ftp://", "irc.yaml:3: \"url\" must begin with http"},
        {"url: \"http://127.0.0.1:1234/irc/\"\n", "", "url: null"},
        {"\"30c05ae90a248a4188e620216fa72e349803310ec83e2a77b34fe90be6081f46\"", "secret", "openssl rand"},
        {"\"_irc_bot\"", "\"@_irc_bot:a.test\"", "without @"},
        {"rate_limited: false", "rate_limited: seldom", "\"rate_limited\" must be true or false"},
        {"[\"irc\", \"irc2\"]", "irc", "\"protocols\" must be a list"},
        {"@_irc_bridge_.*", "@_irc_bridge_(", "irc.yaml:13: the \"regex\" in"},
        {"@_irc_bridge_.*", "@(?!ada).*", "looks ahead"},
        {"  rooms: []", "  rooms: {a", "irc.yaml"},
        {"      regex: \"@_irc_bridge_.*\"", "      regexp: \"@_irc_bridge_.*\"", "needs \"regex\""},
    };
    for (const auto& one : cases) {
        auto said = problem_of(with(one.from, one.to));
        EXPECT_NE(said.find(one.says), std::string::npos) << one.to << " -> " << said;
    }
    EXPECT_NE(problem_of("just text").find("is not a registration"), std::string::npos);
}

TEST(ARegistration, NeverShowsItsTokensInAProblem) {
    auto said =
        problem_of(with("\"30c05ae90a248a4188e620216fa72e349803310ec83e2a77b34fe90be6081f46\"", "\"short one\""));
    EXPECT_EQ(said.find("short one"), std::string::npos) << said;
}

TEST(ARegistration, NamesAllItsProblemsAtOnce) {
    auto said = problem_of(with("http://", "ftp://") + "\nprotocols: 5\n");
    EXPECT_NE(said.find("\"url\""), std::string::npos);
    said = problem_of("id: 1\nurl: null\nnamespaces: []\n");
    EXPECT_EQ(std::ranges::count(said, '\n') + 1, 4) << said;  // two tokens, the sender, the namespaces
}

TEST(Patterns, CoverFromTheFirstCharacterOn) {
    auto pattern = *Pattern::compile("@_irc_");
    EXPECT_TRUE(pattern.matches("@_irc_ada:a.test"));
    EXPECT_FALSE(pattern.matches("@x@_irc_ada:a.test"));
    EXPECT_FALSE(Pattern::compile("@_irc_ada:a.test$")->matches("@_irc_ada:a.test.evil"));
    EXPECT_TRUE(Pattern::compile("@ada:a\\.test|@bob:a\\.test")->matches("@bob:a.test"));
}

TEST(Patterns, AreMatchedInLinearTime) {
    auto pattern = *Pattern::compile("@(a+)+(a|a)*(.*a){12}$");
    std::string text = "@" + std::string(200, 'a') + "b";
    EXPECT_FALSE(pattern.matches(text));  // a backtracking engine would still be at it tomorrow
}

TEST(ARegistry, TellsServicesByTheirTokens) {
    std::vector<Registration> services{irc()};
    Registry registry(std::move(services), "a.test");
    EXPECT_EQ(registry.by_token("30c05ae90a248a4188e620216fa72e349803310ec83e2a77b34fe90be6081f46"),
              &registry.all()[0]);
    EXPECT_EQ(registry.by_token("312df522183efd404ec1cd22d2ffa4bbc76a8c1ccf541dd692eef281356bb74e"), nullptr);
    EXPECT_EQ(registry.by_token(""), nullptr);
    EXPECT_EQ(registry.by_id("IRC Bridge"), &registry.all()[0]);
    EXPECT_EQ(registry.of_protocol("irc2").size(), 1u);
    EXPECT_TRUE(registry.of_protocol("xmpp").empty());
}

TEST(ARegistry, KeepsExclusiveNamesForTheirService) {
    auto second = *parse_registration(with("IRC Bridge", "other"), "other.yaml", "a.test");
    std::vector<Registration> services{irc(), std::move(second)};
    Registry registry(std::move(services), "a.test");
    const auto* first = &registry.all()[0];
    auto ghost = user("@_irc_bridge_ada:a.test"), bot = user("@_irc_bot:a.test"), ada = user("@ada:a.test");
    EXPECT_TRUE(registry.owns(*first, ghost));
    EXPECT_TRUE(registry.owns(*first, bot));
    EXPECT_FALSE(registry.owns(*first, ada));
    EXPECT_FALSE(registry.owns(*first, user("@_irc_bridge_ada:b.test"))) << "users of other servers are nobody's here";
    EXPECT_TRUE(registry.is_taken(ghost, nullptr));
    EXPECT_TRUE(registry.is_taken(bot, nullptr));
    EXPECT_FALSE(registry.is_taken(ada, nullptr));
    EXPECT_TRUE(registry.is_taken(ghost, first)) << "the other service wants it as well";
    EXPECT_FALSE(registry.is_taken(alias("#_irc_bridge_room:a.test"), nullptr)) << "not exclusive";
    EXPECT_TRUE(registry.owns(*first, alias("#_irc_bridge_room:a.test")));
}

class RegistrationFiles : public testing::Test {
protected:
    RegistrationFiles() : folder_(std::filesystem::path(testing::TempDir()) / "peyk-registrations") {
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
    }
    ~RegistrationFiles() override { std::filesystem::remove_all(folder_); }
    std::filesystem::path write(const std::string& name, std::string_view text) {
        std::ofstream(folder_ / name) << text;
        return folder_ / name;
    }
    const std::filesystem::path folder_;
};

TEST_F(RegistrationFiles, AreReadFromAFolderInOrder) {
    write("b.yaml", kIrc);
    auto other = with("IRC Bridge", "other");
    other.replace(other.find("30c05"), 5, "99999").replace(other.find("\"_irc_bot"), 9, "\"_two_bot");
    write("a.yml", other);
    write("notes.txt", "not a registration");
    auto all = load_registrations({}, folder_, "a.test");
    ASSERT_TRUE(all) << all.error().detail;
    ASSERT_EQ(all->size(), 2u);
    EXPECT_EQ((*all)[0].id, "other");
    EXPECT_TRUE(load_registrations({}, {}, "a.test")->empty());
}

TEST_F(RegistrationFiles, MustNotShareWhatTellsThemApart) {
    auto first = write("one.yaml", kIrc), second = write("two.yaml", with("IRC Bridge", "other"));
    auto all = load_registrations({first, second}, {}, "a.test");
    ASSERT_FALSE(all);
    EXPECT_EQ(all.error().code, Errc::conflict);
    EXPECT_NE(all.error().detail.find("as_token"), std::string::npos);
    EXPECT_EQ(load_registrations({first, first}, {}, "a.test").error().code, Errc::conflict);
}

TEST_F(RegistrationFiles, ThatAreMissingOrBrokenAreNamed) {
    auto missing = load_registrations({folder_ / "gone.yaml"}, {}, "a.test");
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().detail.find("gone.yaml"), std::string::npos);
    EXPECT_FALSE(load_registrations({}, folder_ / "nowhere", "a.test"));
    auto one = write("one.yaml", "id: 1"), two = write("two.yaml", "id: 2");
    auto both = load_registrations({one, two}, {}, "a.test");
    ASSERT_FALSE(both);
    EXPECT_NE(both.error().detail.find("one.yaml"), std::string::npos);
    EXPECT_NE(both.error().detail.find("two.yaml"), std::string::npos);
}

}  // namespace
}  // namespace peyk::appservices
