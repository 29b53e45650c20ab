// A server without its key: what it answers, who opens it, and that locking leaves a process without keys.

#include "app/sealed.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include "app/cli.h"
#include "app/control.h"
#include "app/server.h"
#include "base/bytes.h"

namespace peyk::app {
namespace {

namespace fs = std::filesystem;

std::uint16_t free_port() {
    int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(bind(handle, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(getsockname(handle, reinterpret_cast<sockaddr*>(&address), &length), 0);
    close(handle);
    return ntohs(address.sin_port);
}

// The whole answer; empty when nobody listens.
std::string get(std::uint16_t port, std::string_view path, std::string_view method = "GET") {
    int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string answer;
    if (connect(handle, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) {
        auto request =
            fmt::format("{} {} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", method, path);
        EXPECT_EQ(send(handle, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
        char buffer[4096];
        for (ssize_t size = 0; (size = recv(handle, buffer, sizeof buffer, 0)) > 0;)
            answer.append(buffer, static_cast<std::size_t>(size));
    }
    close(handle);
    return answer;
}

class SealedServer : public testing::Test {
protected:
    SealedServer() {
        std::string name = testing::TempDir() + "peyk_XXXXXX";
        folder_ = mkdtemp(name.data());
        file_ = folder_ / "peyk.toml";
        log::configure(log::Level::error, log::Format::text);
    }
    ~SealedServer() override {
        if (child_ > 0) {
            kill(child_, SIGKILL);
            waitpid(child_, nullptr, 0);
        }
        unsetenv("PEYK_STORAGE_PASSPHRASE");
        fs::remove_all(folder_);
    }
    void init(bool passphrase) {
        InitOptions options;
        options.config = file_;
        options.unattended = true;
        options.passphrase = passphrase;
        options.tls = false;
        options.port = port_ = free_port();
        if (passphrase) setenv("PEYK_STORAGE_PASSPHRASE", "six words drawn by some dice", 1);
        ASSERT_EQ(run_init(options), kExitOk);
        unsetenv("PEYK_STORAGE_PASSPHRASE");
    }
    Config config() { return load_config(file_, {})->config; }
    std::string bring(json::Object request) {
        auto asked = ask_server(config(), "/unlock", request, "");
        if (!asked) return std::string(errc_name(asked.error().code));
        return *asked ? "yes" : "nobody listens";
    }
    std::string state() {
        auto asked = ask_server(config(), "/status", {}, "");
        if (!asked || !*asked) return "nobody listens";
        return *(*asked)->find("state")->string();
    }
    // `peyk serve` as a process of its own.
    void serve() {
        std::string program = PEYK_PROGRAM, file = file_.string();
        std::vector<const char*> arguments{program.c_str(), "serve", "--config", file.c_str(), nullptr};
        posix_spawn_file_actions_t files;
        posix_spawn_file_actions_init(&files);
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
        ASSERT_EQ(posix_spawn(&child_, program.c_str(), &files, nullptr, const_cast<char**>(arguments.data()), environ),
                  0);
        posix_spawn_file_actions_destroy(&files);
        for (int i = 0; i < 600 && state() == "nobody listens"; ++i) std::this_thread::sleep_for(Millis{50});
    }

    fs::path folder_, file_;
    std::uint16_t port_ = 0;
    pid_t child_ = -1;
};

TEST_F(SealedServer, OnlyAStoreWhoseKeyIsAwayIsSealed) {
    EXPECT_FALSE(missing_key(Config{}).has_value()) << "there is no store";
    init(false);
    EXPECT_FALSE(missing_key(config()).has_value());
    fs::rename(config().key_file(), folder_ / "stick");
    ASSERT_TRUE(missing_key(config()).has_value());
    EXPECT_NE(missing_key(config())->find("store.key"), std::string::npos);
}

TEST_F(SealedServer, AnswersThatItIsSealedAndTakesTheRightKeyOnly) {
    init(false);
    fs::rename(config().key_file(), folder_ / "stick");
    std::atomic<int> opened = 0;
    Sealed sealed(config(), "a test", [&] { ++opened; });
    auto started = sealed.start();
    ASSERT_TRUE(started.has_value()) << started.error().detail;
    for (const auto* path : {"/", "/_matrix/client/versions", "/_matrix/client/v3/sync?since=a"}) {
        for (const auto* method : {"GET", "POST", "PUT", "DELETE"}) {
            auto answer = get(port_, path, method);
            EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << method << ' ' << path << ": " << answer.substr(0, 40);
            EXPECT_NE(answer.find("ORG.PEYK.SEALED"), std::string::npos);
        }
    }
    EXPECT_EQ(state(), "sealed");
    EXPECT_EQ(bring({}), "bad_request");
    EXPECT_EQ(bring({{"key", base64_encode(std::string(32, 'x'))}}), "forbidden");
    EXPECT_EQ(bring({{"key", "eA"}}), "bad_request");
    EXPECT_EQ(bring({{"passphrase", "a guess"}}), "forbidden");
    EXPECT_FALSE(sealed.take().has_value());
    EXPECT_EQ(opened, 0);
    std::ostringstream key;
    key << std::ifstream(folder_ / "stick", std::ios::binary).rdbuf();
    EXPECT_EQ(bring({{"key", base64_encode(key.str())}}), "yes");
    EXPECT_EQ(opened, 1);
    auto ready = sealed.take();
    ASSERT_TRUE(ready.has_value());
    EXPECT_EQ(ready->storage.key_bytes.reveal(), key.str());
    EXPECT_FALSE(fs::exists(config().key_file())) << "a key from a stick does not stay on the disk";
}

TEST_F(SealedServer, IsOpenedAndLockedByCommandsWhileTheProcessStays) {
    init(true);
    serve();
    ASSERT_EQ(state(), "sealed");
    EXPECT_TRUE(get(port_, "/_matrix/client/versions").starts_with("HTTP/1.1 503"));
    UserOptions nobody{.config = file_, .name = "nobody"};
    EXPECT_EQ(run_user_lock(nobody), kExitFailed) << "accounts are out of reach while it is sealed";

    setenv("PEYK_STORAGE_PASSPHRASE", "not the words", 1);
    EXPECT_EQ(run_unlock({file_, {}}), kExitFailed);
    EXPECT_EQ(state(), "sealed");
    setenv("PEYK_STORAGE_PASSPHRASE", "six words drawn by some dice", 1);
    ASSERT_EQ(run_unlock({file_, {}}), kExitOk);
    EXPECT_EQ(state(), "open");
    EXPECT_TRUE(get(port_, "/_matrix/client/versions").starts_with("HTTP/1.1 200"));
    EXPECT_EQ(run_unlock({file_, {}}), kExitFailed) << "it is open already";

    auto began = std::chrono::steady_clock::now();
    ASSERT_EQ(run_lock({file_, {}}), kExitOk);
    auto took = std::chrono::steady_clock::now() - began;
    const char* slowness = getenv("PEYK_TEST_SLOWNESS");
    EXPECT_LT(took, std::chrono::seconds(2) * (slowness ? atoi(slowness) : 1));
    EXPECT_EQ(kill(child_, 0), 0) << "the process that a service manager knows has ended";
    EXPECT_TRUE(get(port_, "/_matrix/client/versions").starts_with("HTTP/1.1 503"));
    ASSERT_EQ(run_unlock({file_, {}}), kExitOk);
    EXPECT_TRUE(get(port_, "/_matrix/client/versions").starts_with("HTTP/1.1 200"));
    kill(child_, SIGTERM);
    int status = 0;
    ASSERT_EQ(waitpid(child_, &status, 0), child_);
    child_ = -1;
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

// The test holds a lease on a file of the media: whoever opens it waits until the lease goes, or 45 s.
TEST_F(SealedServer, IsLockedInTimeWhileABackupHangs) {
    std::signal(SIGIO, SIG_IGN);  // how the kernel asks for the lease
    init(true);
    setenv("PEYK_STORAGE_PASSPHRASE", "six words drawn by some dice", 1);
    serve();
    ASSERT_EQ(state(), "open");
    auto file = config().media_dir() / "held";
    fs::create_directories(file.parent_path());
    int held = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_GE(held, 0);
    if (fcntl(held, F_SETLEASE, F_WRLCK) != 0) GTEST_SKIP() << "no leases on this file system";
    auto target = folder_ / "copy";
    std::jthread backup([asked = config(), target] { (void)ask_for_backup(asked, target); });
    auto begun = target.string() + ".partial/media";
    for (int i = 0; i < 400 && !fs::exists(begun); ++i) std::this_thread::sleep_for(Millis{25});
    ASSERT_TRUE(fs::exists(begun));
    auto second = ask_for_backup(config(), folder_ / "another");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::conflict);
    auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(run_lock({file_, {}}), kExitOk);
    auto took = std::chrono::steady_clock::now() - began;
    const char* slowness = getenv("PEYK_TEST_SLOWNESS");
    EXPECT_LT(took, std::chrono::seconds(4) * (slowness ? atoi(slowness) : 1));
    EXPECT_EQ(state(), "sealed");
    close(held);
    backup.join();
    ASSERT_EQ(run_unlock({file_, {}}), kExitOk) << "what was cut off is a store as before";
    EXPECT_TRUE(get(port_, "/_matrix/client/versions").starts_with("HTTP/1.1 200"));
}

TEST_F(SealedServer, AnotherKeyIsGivenByACommand) {
    init(false);
    EXPECT_EQ(run_rekey({file_, folder_ / "stick", {}}), kExitOk);
    EXPECT_EQ(run_rekey({file_, folder_ / "another", {}}), kExitFailed) << "the former key opens nothing any more";
    EXPECT_FALSE(fs::exists(folder_ / "another"));
    fs::rename(folder_ / "stick", config().key_file());
    std::ofstream(folder_ / "words") << "short\n";
    EXPECT_EQ(run_rekey({file_, {}, folder_ / "words"}), kExitUsage);
    std::ofstream(folder_ / "words") << "six words drawn by some dice\n";
    EXPECT_EQ(run_rekey({file_, {}, folder_ / "words"}), kExitOk);
    auto changed = config();
    changed.storage.key_source = KeySource::passphrase;
    changed.storage.passphrase = Secret("six words drawn by some dice");
    Server server(changed);
    auto started = server.start();
    EXPECT_TRUE(started.has_value()) << started.error().detail;
}

}  // namespace
}  // namespace peyk::app
