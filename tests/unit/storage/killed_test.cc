// `kill -9` at every step of what changes the vault's files: each step is a call to the disk, and the process that
// makes it dies there.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "storage/disk.h"
#include "storage/vault.h"
#include "unit/storage/scratch.h"

namespace peyk::storage {
namespace {

namespace fs = std::filesystem;

// Kills its own process at the call number `fatal`, counted from 0. A write that is hit has written its first half.
class FatalDisk final : public Disk {
public:
    explicit FatalDisk(int fatal) : left_(fatal) {}
    int open(const fs::path& path, int flags) override {
        step();
        return Disk::open(path, flags);
    }
    ssize_t write(int file, const fs::path& path, std::string_view bytes, std::uint64_t offset) override {
        if (left_ == 0) Disk::write(file, path, bytes.substr(0, bytes.size() / 2), offset);
        step();
        return Disk::write(file, path, bytes, offset);
    }
    int truncate(int file, const fs::path& path) override {
        step();
        return Disk::truncate(file, path);
    }
    int sync(int file, const fs::path& path) override {
        step();
        return Disk::sync(file, path);
    }
    int rename(const fs::path& from, const fs::path& to) override {
        step();
        return Disk::rename(from, to);
    }
    int sync_directory(int file, const fs::path& path) override {
        step();
        return Disk::sync_directory(file, path);
    }

private:
    void step() {
        if (left_-- == 0) kill(getpid(), SIGKILL);
    }
    int left_;
};

constexpr int kFailed = 3;

// True when the process came to its end, false when it was killed on the way.
bool survives(int fatal, const std::function<bool(const std::function<void()>& arm)>& work) {
    auto child = fork();
    if (child == 0) {
        FatalDisk disk(fatal);
        std::optional<DiskInstead> instead;
        bool good = work([&] { instead.emplace(disk); });
        _exit(good ? 0 : kFailed);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) != 0) << "the work itself failed at step " << fatal;
    EXPECT_TRUE(WIFEXITED(status) || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)) << status;
    return WIFEXITED(status);
}

struct KilledTest : testing::Test {
    static constexpr int kMostSteps = 200;

    static std::string key(const Vault& vault, std::uint64_t row) {
        auto found = vault.key({.slot = 1, .table = 2, .row = row});
        return found ? std::string(found->view()) : "";
    }
    // Rows 1 to 9, of which 3 is destroyed; the folder as it was then is kept beside.
    void make() {
        {
            auto vault = Vault::open(dir, source);
            ASSERT_TRUE(vault) << vault.error().detail;
            ASSERT_EQ(*(*vault)->new_slot(), 1u);
            for (std::uint64_t row = 1; row < 10; ++row) keys.push_back(key(**vault, row));
            (*vault)->puncture({.slot = 1, .table = 2, .row = 3});
            ASSERT_TRUE((*vault)->flush());
        }
        fs::copy(dir, old, fs::copy_options::recursive);
    }
    void bring_back() {
        fs::remove_all(dir);
        fs::copy(old, dir, fs::copy_options::recursive);
    }
    // Everything but rows 3 and, perhaps, 4.
    void expect_whole(const Vault& vault, int step) {
        for (std::uint64_t row = 1; row < 10; ++row) {
            if (row == 4) continue;
            EXPECT_EQ(key(vault, row), row == 3 ? "" : keys[row - 1]) << "row " << row << ", step " << step;
        }
    }

    Scratch scratch;
    fs::path dir = scratch.path / "vault", old = scratch.path / "old";
    KeySource source{.file = scratch.path / "key"};
    std::vector<std::string> keys;
};

TEST_F(KilledTest, AtEveryStepOfDestroyingAKeyTheTableIsTheFormerOrTheNewOne) {
    make();
    int former = 0, step = 0;
    for (bool done = false; !done; ++step) {
        ASSERT_LT(step, kMostSteps);
        bring_back();
        done = survives(step, [&](const auto& arm) {
            auto vault = Vault::open(dir, source);
            if (!vault) return false;
            (*vault)->puncture({.slot = 1, .table = 2, .row = 4});
            arm();
            return (*vault)->flush().has_value();
        });
        std::string fourth;
        for (int opening = 0; opening < 2; ++opening) {  // the first one mends
            auto vault = Vault::open(dir, source);
            ASSERT_TRUE(vault) << "step " << step << ": " << vault.error().detail;
            expect_whole(**vault, step);
            if (opening == 1) EXPECT_EQ(key(**vault, 4), fourth) << "it came back, or went, by opening";
            fourth = key(**vault, 4);
            auto damaged = (*vault)->verify();
            ASSERT_TRUE(damaged) << damaged.error().detail;
            EXPECT_TRUE(damaged->empty()) << "step " << step << ": " << damaged->front();
        }
        EXPECT_TRUE(fourth.empty() || fourth == keys[3]) << "step " << step;
        former += fourth.empty() ? 0 : 1;
        if (done) EXPECT_TRUE(fourth.empty()) << "it was answered as destroyed";
    }
    EXPECT_GE(step, 10) << "a write of both copies has more steps than that";
    EXPECT_GT(former, 0);
    EXPECT_LT(former, step);
}

TEST_F(KilledTest, AtEveryStepOfAChangeOfTheRootOneSecretOpensAndThenOnlyThatOne) {
    make();
    const KeySource words{.kind = KeySource::Kind::passphrase, .secret = "six words drawn by some dice"};
    for (const auto& other : {KeySource{.file = scratch.path / "other"}, words}) {
        int step = 0;
        for (bool done = false; !done; ++step) {
            ASSERT_LT(step, kMostSteps);
            bring_back();
            fs::remove(scratch.path / "other");
            done = survives(step, [&](const auto& arm) {
                auto vault = Vault::open(dir, source);
                if (!vault) return false;
                arm();
                return (*vault)->change_root(other).has_value();
            });
            bool former = Vault::master_key(dir, source).has_value();
            bool next = other.kind == KeySource::Kind::passphrase || fs::exists(other.file)
                            ? Vault::master_key(dir, other).has_value()
                            : false;
            ASSERT_TRUE(former || next) << "step " << step << ": nothing opens it any more";
            if (done) EXPECT_FALSE(former) << "the former secret still opens it";
            const auto& right = former ? source : other;
            const auto& wrong = former ? other : source;
            {
                auto vault = Vault::open(dir, right);
                ASSERT_TRUE(vault) << vault.error().detail;
                expect_whole(**vault, step);
                EXPECT_EQ(key(**vault, 4), keys[3]);
            }
            // The opening has settled it.
            EXPECT_FALSE(Vault::master_key(dir, wrong)) << "step " << step;
        }
        EXPECT_GE(step, 6);
    }
}

TEST_F(KilledTest, AtEveryStepOfTheFirstStartTheNextOneMakesAStore) {
    int step = 0;
    for (bool done = false; !done; ++step) {
        ASSERT_LT(step, kMostSteps);
        fs::remove_all(dir);
        fs::remove(source.file);
        done = survives(step, [&](const auto& arm) {
            arm();
            return Vault::open(dir, source).has_value();
        });
        // A key file of which half was written is no key: `peyk init` names it, and it is removed by hand.
        auto vault = Vault::open(dir, source);
        ASSERT_TRUE(vault) << "step " << step << ": " << vault.error().detail;
        EXPECT_TRUE((*vault)->new_slot());
    }
    EXPECT_GE(step, 10);
}

}  // namespace
}  // namespace peyk::storage
