// From nothing to a running server and back, through the functions of the commands.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "app/backup.h"
#include "app/catalog.h"
#include "app/cli.h"
#include "app/commands/offline.h"
#include "app/compact.h"
#include "app/control.h"
#include "app/doctor.h"
#include "app/init.h"
#include "app/server.h"
#include "app/token_admin.h"
#include "app/user_admin.h"
#include "http/local_ca.h"

namespace peyk::app {
namespace {

class Program : public testing::Test {
protected:
    Program() {
        std::string name = testing::TempDir() + "peyk_XXXXXX";
        folder_ = mkdtemp(name.data());
        file_ = folder_ / "peyk.toml";
        log::configure(log::Level::error, log::Format::text);
    }
    ~Program() override { std::filesystem::remove_all(folder_); }

    int init() {
        InitOptions options;
        options.config = file_;
        options.unattended = true;
        return run_init(options);
    }
    // As written by init, on free ports.
    Config config() {
        auto loaded = load_config(file_, {});
        EXPECT_TRUE(loaded.has_value()) << (loaded ? "" : loaded.error().detail);
        for (auto& listener : loaded->config.listeners) listener.port = 0;
        return std::move(loaded->config);
    }
    int add_user(const std::string& name) {
        std::ofstream(folder_ / "password") << "correct horse battery\n";
        return run_user_add({.config = file_, .name = name, .admin = true, .password_file = folder_ / "password"});
    }
    static std::size_t count_users(const Config& config) {
        auto offline = Offline::open(config);
        EXPECT_TRUE(offline.has_value()) << (offline ? "" : offline.error().detail);
        std::string next;
        return (*offline)->users().accounts.page(next, 100)->size();
    }

    // State and rights of an account, as an operator is shown them.
    std::string shown(const std::string& name) {
        json::Object request{{"name", name}};
        auto asked = ask_server(config(), "/users/show", request, "");
        if (!asked) return asked.error().detail;
        Result<json::Object> row = json::Object{};
        if (*asked) {
            row = **asked;
        } else {
            auto offline = Offline::open(config());
            if (!offline) return offline.error().detail;
            UserAdmin admin((*offline)->users());
            row = (*offline)->run(admin.run("show", request));
        }
        if (!row) return row.error().detail;
        json::Value account(*row);
        auto out = std::string(account.get_string("state").value_or("?"));
        return account.get_bool("admin").value_or(false) ? out + " admin" : out;
    }

    std::filesystem::path folder_, file_;
};

TEST_F(Program, InitMakesAStoreThatServeAccepts) {
    ASSERT_EQ(init(), kExitOk);
    for (const auto* made : {"peyk.toml", "data/store", "data/store.key", "data/ca/ca.crt"}) {
        EXPECT_TRUE(std::filesystem::exists(folder_ / made)) << made;
    }
    Server server(config());
    auto started = server.start();
    ASSERT_TRUE(started.has_value()) << started.error().detail;
    EXPECT_EQ(server.ports().size(), 2u);
    EXPECT_TRUE(server.responds(Millis{5000}));
    EXPECT_TRUE(server.reload().has_value());
    // While it runs, nobody else has the store: commands ask it.
    EXPECT_FALSE(Offline::open(config()).has_value());
    EXPECT_EQ(add_user("early"), kExitOk);
    server.stop();
    EXPECT_EQ(add_user("later"), kExitOk);
    EXPECT_EQ(count_users(config()), 2u);
}

// Every action does the same to a store that nobody has open and through the socket of a server that runs.
TEST_F(Program, AccountsAreManagedWithAndWithoutAServer) {
    ASSERT_EQ(init(), kExitOk);
    std::unique_ptr<Server> server;
    for (std::string name : {"offline", "online"}) {
        if (name == "online") {
            server = std::make_unique<Server>(config());
            ASSERT_TRUE(server->start().has_value());
        }
        SCOPED_TRACE(name);
        UserOptions options{.config = file_, .name = name};
        EXPECT_EQ(run_user_lock(options), kExitFailed) << "there is no such account yet";
        ASSERT_EQ(add_user(name), kExitOk);
        EXPECT_EQ(add_user(name), kExitFailed) << "the name is taken";
        EXPECT_EQ(shown(name), "active admin");
        options.off = true;
        EXPECT_EQ(run_user_admin(options), kExitOk);
        EXPECT_EQ(shown(name), "active");
        options.off = false;
        EXPECT_EQ(run_user_suspend(options), kExitOk);
        EXPECT_EQ(shown(name), "suspended");
        EXPECT_EQ(run_user_lock(options), kExitOk);
        EXPECT_EQ(shown(name), "locked");
        options.off = true;
        EXPECT_EQ(run_user_lock(options), kExitOk);
        EXPECT_EQ(run_user_suspend(options), kExitOk);
        EXPECT_EQ(shown(name), "active");
        options.off = false;
        EXPECT_EQ(run_user_logout(options), kExitOk);
        EXPECT_EQ(run_user_reset_link(options), kExitOk);
        EXPECT_EQ(run_user_list(options), kExitOk);
        EXPECT_EQ(run_user_deactivate(options), kExitUsage) << "nobody was asked";
        options.yes = options.erase = true;
        EXPECT_EQ(run_user_deactivate(options), kExitOk);
        EXPECT_EQ(shown(name), "erased");
        EXPECT_EQ(add_user(name), kExitFailed) << "the name of an ended account stays taken";
    }
}

TEST_F(Program, NoticesAreSentWithAndWithoutAServerByNobodyElse) {
    ASSERT_EQ(init(), kExitOk);
    ASSERT_EQ(add_user("sara"), kExitOk);
    ASSERT_EQ(add_user("omid"), kExitOk);
    EXPECT_EQ(run_notice({.config = file_, .name = "sara", .text = "hello"}), kExitFailed) << "switched off";
    std::ofstream(file_, std::ios::app) << "[notices]\nuser = \"server\"\n";
    EXPECT_EQ(run_notice({.config = file_, .name = "sara", .text = "hello"}), kExitOk);
    EXPECT_EQ(run_notice({.config = file_, .name = "nobody", .text = "hello"}), kExitFailed);
    EXPECT_EQ(run_notice({.config = file_, .name = "server", .text = "hello"}), kExitFailed);
    EXPECT_EQ(run_notice({.config = file_, .name = "sara", .text = ""}), kExitFailed);
    {
        Server server(config());
        ASSERT_TRUE(server.start().has_value());
        EXPECT_EQ(run_notice({.config = file_, .name = "sara", .text = "hello again"}), kExitOk);
        EXPECT_EQ(run_notice({.config = file_, .text = "hello all", .all = true}), kExitOk);
        EXPECT_EQ(shown("server"), "server");
        EXPECT_EQ(run_user_reset_link({.config = file_, .name = "server"}), kExitFailed);
        EXPECT_EQ(run_user_admin({.config = file_, .name = "server"}), kExitFailed);
        EXPECT_EQ(add_user("server"), kExitFailed);
        server.stop();
    }
    auto offline = Offline::open(config());
    ASSERT_TRUE(offline.has_value());
    const auto& store = (*offline)->services().rooms().store();
    for (const auto* name : {"@sara:localhost", "@omid:localhost"}) {
        auto rows = (*offline)->services().memberships().of(store.number(UserId::trusted(name)));
        ASSERT_EQ((*rows)->size(), 1u) << "one room for all notices";
        EXPECT_EQ((*rows)->front().membership, rooms::Membership::invite);
    }
}

TEST_F(Program, TheAccountOfNoticesIsNobodys) {
    ASSERT_EQ(init(), kExitOk);
    ASSERT_EQ(add_user("sara"), kExitOk);
    std::ofstream(file_, std::ios::app) << "[notices]\nuser = \"sara\"\n";
    Server server(config());
    auto started = server.start();
    ASSERT_FALSE(started.has_value()) << "somebody's account was taken over";
    EXPECT_EQ(started.error().code, Errc::conflict);
}

TEST_F(Program, InvitationsAreManagedWithAndWithoutAServer) {
    ASSERT_EQ(init(), kExitOk);
    auto ask = [this](std::string_view path, const json::Object& request) -> Result<json::Object> {
        auto asked = ask_server(config(), path, request, "");
        if (!asked) return std::unexpected(asked.error());
        if (*asked) return **asked;
        auto offline = Offline::open(config());
        if (!offline) return std::unexpected(offline.error());
        TokenAdmin admin((*offline)->users());
        return (*offline)->run(admin.run(std::string(path.substr(path.rfind('/') + 1)), request));
    };
    std::unique_ptr<Server> server;
    for (std::string when : {"offline", "online"}) {
        SCOPED_TRACE(when);
        if (when == "online") {
            server = std::make_unique<Server>(config());
            ASSERT_TRUE(server->start().has_value());
        }
        TokenOptions options{.config = file_, .token = "party-" + when};
        auto others = ask("/tokens/list", {})->find("tokens")->array()->size();  // that of the first administrator
        EXPECT_EQ(run_token_remove(options), kExitFailed) << "there is none yet";
        EXPECT_EQ(run_token_add(options), kExitOk);
        EXPECT_EQ(run_token_add(options), kExitFailed) << "it exists";
        auto listed = ask("/tokens/list", {});
        ASSERT_TRUE(listed.has_value()) << listed.error().detail;
        auto text = json::write(*listed);
        EXPECT_NE(text.find("party-" + when), std::string::npos) << text;
        EXPECT_NE(text.find("\"uses\":1"), std::string::npos) << text;
        EXPECT_NE(text.find("\"left\":1"), std::string::npos) << text;
        EXPECT_NE(text.find("\"ends\":\"20"), std::string::npos) << text;
        EXPECT_EQ(run_token_list({.config = file_}), kExitOk);
        EXPECT_EQ(run_token_remove(options), kExitOk);
        EXPECT_EQ(ask("/tokens/list", {})->find("tokens")->array()->size(), others);
        auto free = ask("/tokens/add", {});
        ASSERT_TRUE(free.has_value()) << free.error().detail;
        EXPECT_FALSE(free->contains("uses") || free->contains("ends"));
        EXPECT_EQ(run_token_remove({.config = file_, .token = *free->find("token")->string()}), kExitOk);
        for (const json::Object& bad : {json::Object{{"uses", 0}}, json::Object{{"uses", "many"}},
                                        json::Object{{"days", -1}}, json::Object{{"token", "not good!"}}}) {
            EXPECT_FALSE(ask("/tokens/add", bad).has_value()) << json::write(bad);
        }
    }
}

TEST_F(Program, QuestionsThatMakeNoSenseAreRefusedByName) {
    ASSERT_EQ(init(), kExitOk);
    Server server(config());
    ASSERT_TRUE(server.start().has_value());
    auto bad_cursor = ask_server(config(), "/users/list", {{"from", "***"}}, "");
    ASSERT_FALSE(bad_cursor.has_value());
    EXPECT_EQ(bad_cursor.error().code, Errc::bad_request);
    auto nobody = ask_server(config(), "/users/show", {{"name", "nobody"}}, "");
    ASSERT_FALSE(nobody.has_value());
    EXPECT_EQ(nobody.error().code, Errc::not_found);
    EXPECT_NE(nobody.error().detail.find("@nobody:localhost"), std::string::npos) << nobody.error().detail;
    auto elsewhere = ask_server(config(), "/users/lock", {{"name", "@a:elsewhere.org"}, {"on", true}}, "");
    ASSERT_FALSE(elsewhere.has_value());
    EXPECT_FALSE(ask_server(config(), "/users/impersonate", {{"name", "nobody"}}, "").has_value());
}

TEST_F(Program, InitOverwritesNothing) {
    ASSERT_EQ(init(), kExitOk);
    EXPECT_EQ(init(), kExitFailed);
    std::filesystem::remove(file_);
    EXPECT_EQ(init(), kExitFailed) << "there is a store still";
    EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(Program, AStoreRefusesAnotherName) {
    ASSERT_EQ(init(), kExitOk);
    auto other = config();
    other.server.name = "example.org";
    Server server(std::move(other));
    auto started = server.start();
    ASSERT_FALSE(started.has_value());
    EXPECT_EQ(started.error().code, Errc::conflict);
    EXPECT_NE(started.error().detail.find("belongs to localhost"), std::string::npos) << started.error().detail;
}

TEST_F(Program, WithoutAServerNobodyAnswersTheControlSocket) {
    ASSERT_EQ(init(), kExitOk);
    auto asked = ask_for_backup(config(), folder_ / "backup");
    ASSERT_TRUE(asked.has_value());
    EXPECT_FALSE(asked->has_value());
    EXPECT_EQ(run_backup({.config = file_, .target = folder_ / "offline"}), kExitOk);
    EXPECT_TRUE(std::filesystem::exists(folder_ / "offline" / "store"));
}

TEST_F(Program, AVerificationIsRememberedForTheDoctorAndFindsDamage) {
    ASSERT_EQ(init(), kExitOk);
    VerifyOptions options{file_};
    EXPECT_EQ(run_verify(options), kExitOk) << "without a server";
    auto damage = [this] {
        auto path = config().store_dir() / "keys.b";
        std::filesystem::resize_file(path, 20);
    };
    auto found = [this] {
        Findings findings;
        examine_store(config(), findings);
        return findings.empty() ? std::string("nothing") : findings[0].what;
    };
    EXPECT_NE(found().find("no server runs"), std::string::npos) << found();
    Server server(config());
    ASSERT_TRUE(server.start().has_value());
    EXPECT_NE(found().find("not verified yet"), std::string::npos) << found();
    EXPECT_EQ(run_verify(options), kExitOk);
    EXPECT_NE(found().find("all files are whole"), std::string::npos) << found();
    damage();
    EXPECT_EQ(run_verify(options), kExitFailed);
    EXPECT_NE(found().find("keys.b"), std::string::npos) << found();
    EXPECT_EQ(run_verify(options), kExitOk) << "the copy was written anew";
    EXPECT_NE(found().find("all files are whole"), std::string::npos) << found();
}

// One request to this machine; the whole answer.
std::string converse(std::uint16_t port, std::string_view request) {
    int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string answer;
    if (connect(handle, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 &&
        send(handle, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
        char buffer[4096];
        for (ssize_t size = 0; (size = recv(handle, buffer, sizeof buffer, 0)) > 0;) {
            answer.append(buffer, static_cast<std::size_t>(size));
        }
    }
    close(handle);
    return answer;
}

std::uint16_t free_port() {
    int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(bind(handle, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(getsockname(handle, reinterpret_cast<sockaddr*>(&at), &size), 0);
    close(handle);
    return ntohs(at.sin_port);
}

// The value of a series, labels included in its name; -1 when there is none.
double series(std::uint16_t port, const std::string& name) {
    auto text = converse(port, "GET /metrics HTTP/1.1\r\nHost: metrics\r\nConnection: close\r\n\r\n");
    auto at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::atof(text.c_str() + at + name.size() + 2);
}

TEST_F(Program, TheMetricsCountCommitsAndSyncs) {
    ASSERT_EQ(init(), kExitOk);
    auto with_metrics = config();
    with_metrics.metrics.enabled = true;
    with_metrics.metrics.port = free_port();
    auto port = with_metrics.metrics.port;
    Server server(std::move(with_metrics));
    ASSERT_TRUE(server.start().has_value());
    auto commits = series(port, "peyk_commits_total");
    auto syncs = series(port, "peyk_disk_syncs_total");
    auto rows = series(port, "peyk_rows_written_total");
    ASSERT_GE(commits, 0);
    ASSERT_EQ(add_user("sara"), kExitOk);
    EXPECT_GT(series(port, "peyk_commits_total"), commits);
    EXPECT_GT(series(port, "peyk_disk_syncs_total"), syncs);
    EXPECT_GT(series(port, "peyk_rows_written_total"), rows);
    EXPECT_GE(series(port, "peyk_commits_total"), series(port, "peyk_commit_groups_total"));
    // Each listener has its own, and nothing of the other.
    auto get = [](std::string_view path) {
        return fmt::format("GET {} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", path);
    };
    EXPECT_TRUE(converse(port, get("/_matrix/client/versions")).starts_with("HTTP/1.1 404"));
    EXPECT_TRUE(converse(server.ports().front(), get("/metrics")).starts_with("HTTP/1.1 404"));

    auto plain = server.ports().front();
    std::string login = R"({"type":"m.login.password","identifier":{"type":"m.id.user","user":"sara"},)"
                        R"("password":"correct horse battery"})";
    auto in = converse(plain, fmt::format("POST /_matrix/client/v3/login HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                                          "Content-Length: {}\r\n\r\n{}",
                                          login.size(), login));
    std::string_view key = "\"access_token\":\"";
    auto from = in.find(key);
    ASSERT_NE(from, std::string::npos) << in;
    auto token = in.substr(from + key.size(), in.find('"', from + key.size()) - from - key.size());
    ASSERT_EQ(series(port, "peyk_sync_answers_total"), 0);
    auto answer = converse(plain, fmt::format("GET /_matrix/client/v3/sync HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                                              "Authorization: Bearer {}\r\n\r\n",
                                              token));
    EXPECT_NE(answer.find("next_batch"), std::string::npos) << answer;
    EXPECT_EQ(series(port, "peyk_sync_answers_total"), 1);
    EXPECT_EQ(series(port, "peyk_sync_looks_total"), 1);
    EXPECT_EQ(series(port, "peyk_sync_waiting"), 0);
    EXPECT_GT(series(port, "peyk_cache_hits_total{cache=\"memberships\"}") +
                  series(port, "peyk_cache_misses_total{cache=\"memberships\"}"),
              0);
}

TEST_F(Program, RelaxedDurabilityWaitsForNoDisk) {
    ASSERT_EQ(init(), kExitOk);
    for (auto durability : {Durability::sync, Durability::relaxed}) {
        auto chosen = config();
        chosen.storage.durability = durability;
        chosen.metrics.enabled = true;
        chosen.metrics.port = free_port();
        auto port = chosen.metrics.port;
        Server server(std::move(chosen));
        ASSERT_TRUE(server.start().has_value());
        auto commits = series(port, "peyk_commits_total");
        auto syncs = series(port, "peyk_disk_syncs_total");
        ASSERT_EQ(add_user(durability == Durability::sync ? "sara" : "omid"), kExitOk);
        EXPECT_GT(series(port, "peyk_commits_total"), commits);
        auto waited = series(port, "peyk_disk_syncs_total") - syncs;
        EXPECT_EQ(waited > 0, durability == Durability::sync) << waited;
    }
}

TEST_F(Program, AMisspeltCommandIsToldTheNearest) {
    auto said = [](std::vector<std::string> words) {
        words.insert(words.begin(), "peyk");
        std::vector<char*> arguments;
        for (auto& word : words) arguments.push_back(word.data());
        testing::internal::CaptureStderr();
        EXPECT_EQ(run_cli(static_cast<int>(arguments.size()), arguments.data()), kExitUsage);
        return testing::internal::GetCapturedStderr();
    };
    EXPECT_EQ(said({"serv"}), "peyk: `peyk` has no command 'serv'; did you mean 'serve'? (`peyk --help` lists them)\n");
    EXPECT_EQ(said({"user", "ad", "sara"}),
              "peyk: `peyk user` has no command 'ad'; did you mean 'add'? (`peyk user --help` lists them)\n");
    EXPECT_EQ(said({"user", "somethingelse"}),
              "peyk: `peyk user` has no command 'somethingelse' (`peyk user --help` lists them)\n");
}

// The mark is made with the store, and is for ever, as the name is.
TEST_F(Program, AStoreWithoutANameOfItsOwnIsATrial) {
    for (std::string name : {"localhost", "school.lan"}) {
        InitOptions options;
        options.config = file_ = folder_ / (name + ".toml");
        options.data = folder_ / name;
        options.server_name = name;
        options.unattended = true;
        ASSERT_EQ(run_init(options), kExitOk);
        Server server(config());
        ASSERT_TRUE(server.start().has_value());
        auto page =
            converse(server.ports().front(), "GET /_peyk/home HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        EXPECT_TRUE(page.starts_with("HTTP/1.1 200")) << page;
        EXPECT_EQ(page.contains("This is a trial"), name == "localhost") << page;
    }
}

TEST_F(Program, CompactingIsDoneByTheServerOrWithoutOne) {
    ASSERT_EQ(init(), kExitOk);
    ASSERT_EQ(add_user("sara"), kExitOk);
    {
        Server server(config());
        ASSERT_TRUE(server.start().has_value());
        auto report = ask_to_compact(config());
        ASSERT_TRUE(report.has_value()) << report.error().detail;
        ASSERT_TRUE(report->has_value()) << "the server did not listen";
        EXPECT_GT((*report)->before, 0u);
        EXPECT_GT((*report)->after, 0u);
    }
    auto nobody = ask_to_compact(config());
    ASSERT_TRUE(nobody.has_value());
    EXPECT_FALSE(nobody->has_value());
    EXPECT_EQ(run_compact({.config = file_}), kExitOk);
    EXPECT_EQ(count_users(config()), 1u);
}

TEST(FirstConfig, IsAcceptedAsItIsWritten) {
    for (bool tls : {false, true}) {
        FirstConfig first;
        first.server_name = "chat.example.org";
        first.data = "/srv/peyk \"data\"";
        first.tls = tls;
        first.tls_address = "0.0.0.0";
        first.passphrase = true;
        first.message_days = tls ? 90 : 0;
        first.file_days = tls ? 30 : 0;
        auto loaded = parse_config(first_config_text(first), "/srv/peyk.toml", {});
        ASSERT_TRUE(loaded.has_value()) << loaded.error().detail;
        EXPECT_EQ(loaded->config.listeners.size(), tls ? 2u : 1u);
        EXPECT_EQ(loaded->config.base_url(), tls ? "https://chat.example.org:8448" : "https://chat.example.org");
        EXPECT_EQ(loaded->config.storage.key_source, KeySource::passphrase);
        EXPECT_EQ(loaded->config.server.data_dir, "/srv/peyk \"data\"");
        EXPECT_TRUE(loaded->warnings.empty()) << loaded->warnings.front();
        const auto& kept = loaded->config.retention;
        EXPECT_EQ(kept.enabled, tls);
        EXPECT_EQ(kept.default_lifetime, std::chrono::days(tls ? 90 : 0));
        EXPECT_EQ(loaded->config.media.lifetime, std::chrono::days(tls ? 30 : 0));
        // Rooms may not differ where nobody said that they may.
        if (tls) EXPECT_EQ(kept.shortest, kept.longest);
    }
}

TEST(FirstConfig, LetsRoomsChooseWhereThatWasWished) {
    FirstConfig first;
    first.server_name = "localhost";
    first.rooms_choose = true;
    auto loaded = parse_config(first_config_text(first), "/srv/peyk.toml", {});
    ASSERT_TRUE(loaded.has_value()) << loaded.error().detail;
    EXPECT_TRUE(loaded->config.retention.enabled);
    EXPECT_EQ(loaded->config.retention.default_lifetime, Millis{0});
    EXPECT_EQ(loaded->config.retention.longest, Millis{0});
}

TEST(Catalog, EveryTableSaysWhatItIsForAndHowLongItIsKept) {
    std::set<std::string_view> names;
    for (const auto* table : catalog().tables) {
        EXPECT_TRUE(names.insert(table->name).second) << table->name;
        EXPECT_FALSE(table->about.empty()) << table->name;
        EXPECT_FALSE(table->kept.empty()) << table->name;
    }
    EXPECT_GT(names.size(), 30u);
}

}  // namespace
}  // namespace peyk::app
