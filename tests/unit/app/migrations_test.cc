// A store of before is brought up to date when it is opened; one of a newer program is left alone.

#include "app/migrations.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "app/catalog.h"
#include "app/cli.h"
#include "app/commands/offline.h"
#include "base/bytes.h"
#include "keys/backup_rows.h"
#include "keys/rows.h"
#include "keys/tables.h"
#include "storage/tables.h"

namespace peyk::app {
namespace {

class Upgrades : public testing::Test {
protected:
    Upgrades() {
        std::string name = testing::TempDir() + "peyk_XXXXXX";
        folder_ = mkdtemp(name.data());
        log::configure(log::Level::off, log::Format::text);
        EXPECT_EQ(run_init({.config = folder_ / "peyk.toml", .unattended = true}), kExitOk);
        config_ = load_config(folder_ / "peyk.toml", {})->config;
    }
    ~Upgrades() override { std::filesystem::remove_all(folder_); }

    // The store as another program would have left it.
    void edit(auto&& fill) {
        auto opened = storage::open({.dir = config_.store_dir(), .key = key_source(config_), .catalog = catalog()});
        ASSERT_TRUE(opened.has_value()) << opened.error().detail;
        auto& db = (*opened)->db();
        fill(db);
        ASSERT_TRUE((*opened)->close().has_value());
    }
    void commit(storage::Change change, storage::Db& db) {
        ASSERT_TRUE(run_blocking(pool_, db.commit(std::move(change))).has_value());
    }
    void set_format(storage::Db& db, std::optional<storage::ContentFormat> format) {
        storage::Change change(db, storage::Owner::server, 0, db.epoch(storage::Owner::server, 0));
        std::string body;
        if (format) put_u32be(body, *format);
        if (format) change.put(storage::kContentFormat, 0, "", body);
        if (!format) change.del(storage::kContentFormat, 0, "");
        commit(std::move(change), db);
    }
    Result<OpenStore> open() { return open_store(config_, pool_, clock_, random_); }

    std::filesystem::path folder_;
    Config config_;
    WorkerPool pool_{"test", 2};
    SystemClock clock_;
    SystemRandom random_;
};

TEST_F(Upgrades, AKeyBackupOfTheFirstFormatIsCountedWhenItsStoreIsOpened) {
    constexpr std::uint64_t kUser = 4711;
    keys::BackupSession session{"!r:localhost", "s", {}, std::string(500, 'x')};
    edit([&](storage::Db& db) {
        set_format(db, std::nullopt);
        storage::Change change(db, storage::Owner::user, kUser, db.epoch(storage::Owner::user, kUser));
        std::string body;
        put_varint(body, 1);  // sessions
        put_varint(body, 1);  // etag
        put_bytes(body, "m.megolm_backup.v1.curve25519-aes-sha2");
        body += "{}";
        change.put(keys::kBackupVersions, kUser, keys::key_of(1), body, std::string(1, '\0'));
        change.put(keys::kBackupSessions, kUser, keys::backup_key(db, 1, session.room, session.session),
                   session.encode());
        commit(std::move(change), db);
    });
    auto store = open();
    ASSERT_TRUE(store.has_value()) << store.error().detail;
    EXPECT_EQ(storage::content_format(store->db()), storage::newest_format(migrations()));
    auto row = store->db().get(keys::kBackupVersions, kUser, keys::key_of(1)).value();
    row->rest = keys::key_of(1);
    auto version = keys::BackupVersion::decode(*row).value();
    EXPECT_EQ(version.bytes, keys::BackupSession::bytes_of(session.encode()));
    EXPECT_EQ(version.count, 1u);
    EXPECT_EQ(version.auth_data, "{}");
}

TEST_F(Upgrades, AStoreOfANewerProgramIsRefusedWithWhatToDo) {
    edit([&](storage::Db& db) { set_format(db, storage::newest_format(migrations()) + 1); });
    auto refused = open();
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Errc::unsupported);
    EXPECT_NE(refused.error().detail.find("newer version of peyk"), std::string::npos) << refused.error().detail;
    edit([&](storage::Db& db) { set_format(db, storage::newest_format(migrations())); });
    EXPECT_TRUE(open().has_value()) << "it was left as it was";
}

TEST_F(Upgrades, ANewStoreHasTheNewestFormat) {
    auto store = open();
    ASSERT_TRUE(store.has_value());
    EXPECT_EQ(storage::content_format(store->db()), storage::newest_format(migrations()));
}

TEST(Migrations, AreNumberedWithoutGapsAndSayWhatTheyDo) {
    storage::ContentFormat next = storage::kFirstFormat + 1;
    for (const auto& step : migrations()) {
        EXPECT_EQ(step.to, next++);
        EXPECT_FALSE(step.about.empty());
    }
}

}  // namespace
}  // namespace peyk::app
