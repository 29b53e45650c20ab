// Application services of a whole server: what their registrations keep, and what one that cannot act leaves alone.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "app/appservices.h"
#include "app/cli.h"
#include "app/commands/offline.h"
#include "app/server.h"

namespace peyk::app {
namespace {

class WithService : public testing::Test {
protected:
    WithService() {
        std::string name = testing::TempDir() + "peyk_XXXXXX";
        folder_ = mkdtemp(name.data());
        file_ = folder_ / "peyk.toml";
        log::configure(log::Level::off, log::Format::text);
        InitOptions options;
        options.config = file_;
        options.unattended = true;
        options.tls = false;
        EXPECT_EQ(run_init(options), kExitOk);
        std::ofstream(folder_ / "irc.yaml") << R"(
id: irc
url: null
as_token: irc-token-of-the-service-0000
hs_token: irc-token-of-the-server-00000
sender_localpart: _irc_bot
namespaces:
  users:
    - {regex: "@_irc_.*", exclusive: true}
)";
        std::ofstream(file_, std::ios::app)
            << "\n[appservices]\nfiles = [\"" << (folder_ / "irc.yaml").string() << "\"]\n";
        std::ofstream(folder_ / "password") << "correct horse battery\n";
    }
    ~WithService() override {
        log::configure(log::Level::error, log::Format::text);
        std::filesystem::remove_all(folder_);
    }
    Config config() {
        auto loaded = load_config(file_, {});
        EXPECT_TRUE(loaded.has_value()) << (loaded ? "" : loaded.error().detail);
        for (auto& listener : loaded->config.listeners) listener.port = 0;
        return std::move(loaded->config);
    }
    int add_user(const std::string& name) {
        return run_user_add({.config = file_, .name = name, .password_file = folder_ / "password"});
    }

    std::filesystem::path folder_, file_;
};

TEST_F(WithService, ItsNamesAreKeptFromCommandsWithAndWithoutAServer) {
    EXPECT_EQ(add_user("_irc_ada"), kExitFailed);
    EXPECT_EQ(add_user("ada"), kExitOk);
    Server server(config());
    auto started = server.start();
    ASSERT_TRUE(started.has_value()) << started.error().detail;
    EXPECT_EQ(add_user("_irc_eve"), kExitFailed);
    EXPECT_EQ(add_user("eve"), kExitOk);
}

TEST_F(WithService, AServiceWhoseOwnUserHasEndedCannotActAndTheServerStarts) {
    {
        Server server(config());
        auto started = server.start();
        ASSERT_TRUE(started.has_value()) << started.error().detail;
    }
    UserOptions bot{.config = file_, .name = "_irc_bot"};
    bot.yes = true;
    ASSERT_EQ(run_user_deactivate(bot), kExitOk);
    {
        Server server(config());
        auto started = server.start();
        EXPECT_TRUE(started.has_value()) << started.error().detail;
    }
    auto offline = Offline::open(config());
    ASSERT_TRUE(offline.has_value()) << offline.error().detail;
    auto loaded = appservices::load_registrations({folder_ / "irc.yaml"}, {}, config().server.name);
    ASSERT_TRUE(loaded.has_value()) << loaded.error().detail;
    appservices::Registry registry(std::move(*loaded), config().server.name);
    ServiceAuthenticator authenticator(registry, (*offline)->users());
    auto made = (*offline)->run((*offline)->users().registration.create({.localpart = "_irc_ada"}));
    ASSERT_TRUE(made.has_value());
    for (const auto* user : {"@_irc_ada:", "@_irc_bot:"}) {
        users::Assertion as{.user = user + config().server.name};
        auto caller = authenticator.authenticate_service("irc-token-of-the-service-0000", as);
        ASSERT_FALSE(caller.has_value()) << user;
        EXPECT_EQ(caller.error().code, Errc::forbidden) << user;
    }
}

}  // namespace
}  // namespace peyk::app
