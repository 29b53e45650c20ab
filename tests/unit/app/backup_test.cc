// A backup of everything, and a server that starts from it alone.

#include "app/backup.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "app/authority.h"
#include "app/cli.h"
#include "app/commands/offline.h"
#include "app/control.h"
#include "app/server.h"

namespace peyk::app {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}
void write(const fs::path& path, std::string_view bytes) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
}

class Backups : public testing::Test {
protected:
    Backups() {
        log::configure(log::Level::off, log::Format::text);
        fs::create_directories(here_);
        EXPECT_EQ(run_init({.config = here_ / "peyk.toml", .unattended = true}), kExitOk);
        write(folder_ / "password", "correct horse battery\n");
        EXPECT_EQ(run_user_add({.config = here_ / "peyk.toml", .name = "sara", .password_file = folder_ / "password"}),
                  kExitOk);
        for (const auto* media : {"ab/cdef", "ab/0123", "00/ffff"}) write(data() / "media" / media, media);
    }
    ~Backups() override { fs::remove_all(folder_); }

    fs::path data() const { return here_ / "data"; }
    static Config config(const fs::path& folder) {
        auto loaded = load_config(folder / "peyk.toml", {});
        EXPECT_TRUE(loaded.has_value()) << (loaded ? "" : loaded.error().detail);
        for (auto& listener : loaded->config.listeners) listener.port = 0;
        return std::move(loaded->config);
    }
    // Another machine: the configuration, the key, and nothing else.
    Config elsewhere() const {
        fs::remove_all(there_);
        write(there_ / "peyk.toml", read(here_ / "peyk.toml"));
        write(there_ / "data" / "store.key", read(data() / "store.key"));
        fs::permissions(there_ / "data" / "store.key", fs::perms::owner_read | fs::perms::owner_write);
        return config(there_);
    }
    void make() const {
        Server server(config(here_));
        ASSERT_TRUE(server.start().has_value());
        write(data() / "media" / "tmp" / "half", "an upload in progress");
        auto report = ask_for_backup(config(here_), backup_);
        ASSERT_TRUE(report.has_value()) << report.error().detail;
        ASSERT_TRUE(report->has_value()) << "the server did not listen";
        EXPECT_GT((*report)->files, 6u);
        EXPECT_FALSE(ask_for_backup(config(here_), backup_).has_value()) << "an existing folder was overwritten";
    }
    static std::size_t count_users(const Config& config) {
        auto offline = Offline::open(config);
        EXPECT_TRUE(offline.has_value()) << (offline ? "" : offline.error().detail);
        std::string next;
        return (*offline)->users().accounts.page(next, 100)->size();
    }
    int verify() const { return run_verify({.config = here_ / "peyk.toml", .backup = backup_}); }

    static fs::path new_folder() {
        std::string name = testing::TempDir() + "peyk_XXXXXX";
        return mkdtemp(name.data());
    }

    fs::path folder_ = new_folder(), here_ = folder_ / "here", there_ = folder_ / "there", backup_ = folder_ / "backup";
};

TEST_F(Backups, AServerStartsFromARestoredFolderAlone) {
    make();
    auto authority = http::read_local_ca(config(here_).ca_dir())->fingerprint;
    EXPECT_EQ(verify(), kExitOk);
    EXPECT_FALSE(fs::exists(backup_ / "media" / "tmp"));
    EXPECT_EQ(read(backup_ / "authority").find("PRIVATE KEY"), std::string::npos) << "it is sealed";
    auto there = elsewhere();
    fs::remove_all(here_);
    EXPECT_EQ(run_restore({.config = there_ / "peyk.toml", .target = backup_}), kExitOk);
    EXPECT_EQ(count_users(there), 1u);
    for (const auto* media : {"ab/cdef", "ab/0123", "00/ffff"}) EXPECT_EQ(read(there.media_dir() / media), media);
    EXPECT_FALSE(fs::exists(there.media_dir() / "restore.partial"));
    Server server(there);
    auto started = server.start();
    ASSERT_TRUE(started.has_value()) << started.error().detail;
    EXPECT_EQ(http::read_local_ca(there.ca_dir())->fingerprint, authority) << "people have installed that one";
    EXPECT_EQ(fs::status(there.ca_dir() / "ca.key").permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Backups, WithoutAnAuthorityInItTheServerMakesOne) {
    auto authority = http::read_local_ca(config(here_).ca_dir())->fingerprint;
    fs::remove(config(here_).ca_dir() / "ca.key");
    make();
    EXPECT_EQ(verify(), kExitOk);
    auto there = elsewhere();
    auto restored = restore_backup(there, backup_);
    ASSERT_TRUE(restored.has_value()) << restored.error().detail;
    EXPECT_EQ(restored->authority, RestoreReport::Authority::none);
    Server server(there);
    auto started = server.start();
    ASSERT_TRUE(started.has_value()) << started.error().detail;
    EXPECT_NE(http::read_local_ca(there.ca_dir())->fingerprint, authority);
}

TEST_F(Backups, WhatIsChangedMissingOrAddedIsFoundBeforeAnythingIsWritten) {
    make();
    auto there = elsewhere();
    auto expect_refused = [&](const std::string& what) {
        EXPECT_EQ(verify(), kExitFailed) << what;
        auto restored = restore_backup(there, backup_);
        ASSERT_FALSE(restored.has_value()) << what;
        EXPECT_EQ(restored.error().code, Errc::corrupt) << what << ": " << restored.error().detail;
        EXPECT_FALSE(fs::exists(there.store_dir())) << what;
        EXPECT_FALSE(fs::exists(there.media_dir() / "ab")) << what;
        EXPECT_FALSE(fs::exists(there.ca_dir() / "ca.crt")) << what;
    };
    for (const auto* name : {"media/ab/cdef", "media/00/ffff", "authority", "files.list", "store/rocks/CURRENT"}) {
        auto file = backup_ / name;
        auto bytes = read(file), changed = bytes;
        changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 1);
        write(file, changed);
        expect_refused(std::string("changed ") + name);
        write(file, bytes);
        if (file.filename() == "files.list") continue;
        fs::remove(file);
        expect_refused(std::string("removed ") + name);
        write(file, bytes);
    }
    write(backup_ / "media" / "ab" / "more", "x");
    expect_refused("added");
    fs::remove(backup_ / "media" / "ab" / "more");
    fs::rename(backup_ / "media", backup_ / "elsewhere");
    expect_refused("no media at all");
    fs::rename(backup_ / "elsewhere", backup_ / "media");
    fs::remove(backup_ / "files.list");
    EXPECT_FALSE(restore_backup(there, backup_).has_value()) << "without the list nothing was verified";
    EXPECT_EQ(verify(), kExitFailed);
    EXPECT_EQ(run_verify({.config = here_ / "peyk.toml", .backup = folder_ / "nothing"}), kExitFailed);
}

TEST_F(Backups, ARestoreMixesWithNothing) {
    make();
    auto there = elsewhere();
    write(there.media_dir() / "ab" / "other", "a file of another store");
    auto refused = restore_backup(there, backup_);
    ASSERT_FALSE(refused.has_value()) << "media of two stores were mixed";
    EXPECT_EQ(refused.error().code, Errc::conflict);
    EXPECT_NE(refused.error().detail.find("media"), std::string::npos) << refused.error().detail;
    EXPECT_FALSE(fs::exists(there.store_dir()));
    fs::remove(there.media_dir() / "ab" / "other");

    // Folders that a server made, what an earlier try left behind, and an authority that people may have installed.
    fs::create_directories(there.media_dir() / "7f");
    write(there.media_dir() / "restore.partial" / "ab" / "old", "x");
    ASSERT_TRUE(http::ensure_local_ca(there.ca_dir(), {"localhost"}, SystemClock{}).has_value());
    auto authority = read(there.ca_dir() / "ca.crt");
    auto restored = restore_backup(there, backup_);
    ASSERT_TRUE(restored.has_value()) << restored.error().detail;
    EXPECT_EQ(restored->authority, RestoreReport::Authority::kept);
    EXPECT_EQ(read(there.ca_dir() / "ca.crt"), authority);
    EXPECT_FALSE(fs::exists(there.media_dir() / "ab" / "old"));
    EXPECT_EQ(count_users(there), 1u);
    EXPECT_FALSE(restore_backup(there, backup_).has_value()) << "a store was overwritten";
}

TEST_F(Backups, MediaMayLieElsewhere) {
    make();
    auto there = elsewhere();
    fs::create_directories(folder_ / "large disk");
    fs::create_directory_symlink(folder_ / "large disk", there.media_dir());
    ASSERT_TRUE(restore_backup(there, backup_).has_value());
    EXPECT_TRUE(fs::is_symlink(there.media_dir()));
    EXPECT_EQ(read(folder_ / "large disk" / "ab" / "cdef"), "ab/cdef");
}

TEST_F(Backups, AnotherKeyOpensNothing) {
    make();
    auto there = elsewhere();
    write(there.key_file(), std::string(32, 'x'));
    auto refused = restore_backup(there, backup_);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Errc::forbidden);
    EXPECT_FALSE(fs::exists(there.media_dir() / "ab"));
}

}  // namespace
}  // namespace peyk::app
