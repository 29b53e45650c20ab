#include "keys/migrations.h"

#include "keys/backup_rows.h"
#include "keys/rows.h"
#include "keys/tables.h"

namespace peyk::keys {
namespace {

constexpr std::size_t kPage = 1000;

Result<std::uint64_t> bytes_of_sessions(const storage::Db& db, std::uint64_t user, std::uint64_t version) {
    std::uint64_t bytes = 0;
    auto from = key_of(version);
    auto end = storage::prefix_end(from);
    while (true) {
        PEYK_TRY(auto rows, db.scan(kBackupSessions, user, from, end, kPage));
        for (const auto& row : rows) {
            if (!row.gone) bytes += BackupSession::bytes_of(row.body);
        }
        if (rows.size() < kPage) return bytes;
        from = rows.back().rest + '\0';
    }
}

}  // namespace

Task<Result<void>> count_backup_bytes(storage::Db& db) {
    std::string next;
    do {
        PEYK_CO_TRY(auto page, db.walk(kBackupVersions, next, kPage));
        for (const auto& row : page) {
            if (row.entry.gone || BackupVersion::counted(row.entry)) continue;
            PEYK_CO_TRY(auto version, BackupVersion::decode(row.entry));
            if (version.state == BackupVersion::State::live) {
                PEYK_CO_TRY(version.bytes, bytes_of_sessions(db, row.owner, version.number));
            }
            storage::Change change(db, Owner::user, row.owner, db.epoch(Owner::user, row.owner));
            change.put(kBackupVersions, row.owner, row.entry.rest, version.encode(), version.header());
            PEYK_CO_CHECK(co_await db.commit(std::move(change)));
        }
    } while (!next.empty());
    co_return Result<void>{};
}

}  // namespace peyk::keys
