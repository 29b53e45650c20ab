#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/hardening.h"
#include "app/notify.h"
#include "app/signals.h"

namespace peyk::app {
namespace {

// A service manager's end of the notification socket.
class Manager {
public:
    explicit Manager(const std::string& name) {
        socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name.copy(address.sun_path, sizeof address.sun_path);
        if (name[0] == '@') address.sun_path[0] = '\0';
        auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        bound_ = bind(socket_, reinterpret_cast<sockaddr*>(&address), length) == 0;
    }
    ~Manager() { close(socket_); }
    bool bound() const { return bound_; }
    std::string next() const {
        char buffer[256];
        auto size = recv(socket_, buffer, sizeof buffer, 0);
        return size < 0 ? "nothing" : std::string(buffer, static_cast<std::size_t>(size));
    }

private:
    int socket_;
    bool bound_ = false;
};

TEST(Notifier, TellsTheManagerByPathAndByAbstractName) {
    auto path = testing::TempDir() + "notify_" + std::to_string(getpid());
    for (const std::string& name : {path, "@peyk-test-" + std::to_string(getpid())}) {
        Manager manager(name);
        ASSERT_TRUE(manager.bound()) << name;
        Notifier notifier(name, "");
        notifier.ready();
        EXPECT_EQ(manager.next(), "READY=1");
        notifier.reloading();
        EXPECT_TRUE(manager.next().starts_with("RELOADING=1\nMONOTONIC_USEC="));
        notifier.alive();
        EXPECT_EQ(manager.next(), "WATCHDOG=1");
        notifier.stopping();
        EXPECT_EQ(manager.next(), "STOPPING=1");
        EXPECT_EQ(manager.next(), "nothing");
    }
    unlink(path.c_str());
}

TEST(Notifier, FeedsTheWatchdogTwiceAsOftenAsNeeded) {
    EXPECT_EQ(Notifier("/nowhere", "30000000").interval(), Millis{15'000});
    EXPECT_FALSE(Notifier("/nowhere", "").interval().has_value());
    EXPECT_FALSE(Notifier("", "30000000").interval().has_value());
}

TEST(Notifier, IsSilentWithoutAManager) {
    Notifier nobody("", "");
    nobody.ready();
    Notifier gone("/nowhere/at/all", "");
    gone.ready();
}

// In a child, where this is the only thread: others that earlier tests left do not block the signals.
TEST(Signals, BecomeEvents) {
    pid_t child = fork();
    if (child == 0) {
        Signals signals;
        if (signals.wait(Millis{1}) != Signals::Event::timeout) _exit(1);
        kill(getpid(), SIGHUP);
        if (signals.wait(Millis{1000}) != Signals::Event::reload) _exit(2);
        signals.wake();
        if (signals.wait(Millis{1000}) != Signals::Event::woken) _exit(3);
        kill(getpid(), SIGTERM);
        if (signals.wait(Millis{1000}) != Signals::Event::stop) _exit(4);
        kill(getpid(), SIGINT);
        if (signals.wait(Millis{-1}) != Signals::Event::stop) _exit(5);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

// In a child, since it cannot be undone.
TEST(Hardening, ForbidsCoreDumpsAndOpensFilesForTheOwnerOnly) {
    auto path = testing::TempDir() + "hardening_" + std::to_string(getpid());
    pid_t child = fork();
    if (child == 0) {
        if (!harden_process(CoreDumps::never).empty()) _exit(1);
        int file = open(path.c_str(), O_CREAT | O_WRONLY, 0666);
        struct stat status{};
        if (file < 0 || fstat(file, &status) != 0 || (status.st_mode & 0777) != 0600) _exit(2);
        if (open_file_limit() < 1024) _exit(3);
        abort();  // must leave no core
    }
    int status = 0;
    waitpid(child, &status, 0);
    unlink(path.c_str());
    ASSERT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);
    EXPECT_FALSE(WCOREDUMP(status));
}

}  // namespace
}  // namespace peyk::app
