#pragma once
// Server-side key backups. Spec: Client-Server API › Server-side key backups.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "keys/backup_rows.h"
#include "keys/limits.h"
#include "keys/user_lanes.h"
#include "storage/db.h"

namespace peyk::keys {

// Of a version after a change, or now.
struct BackupTotals {
    std::uint64_t count = 0;
    std::uint64_t etag = 0;
};

// Which sessions of a version: all, those of a room, or one.
struct BackupScope {
    std::optional<std::string> room = {};
    std::optional<std::string> session = {};  // only with a room
};

// Purpose:  versions of a user's backup and the sessions in them.
// Owner:    Keys.  Runs on: worker threads. Version ids are decimal numbers, one up from the last one ever made.
// Every change of sessions carries the new count and etag in the same batch, so a large upload that is cut short by a
// crash leaves a backup that is smaller, never wrong; the client repeats it.
class KeyBackup {
public:
    KeyBackup(storage::Db& db, UserLanes& lanes, Limits limits) : db_(db), lanes_(lanes), limits_(limits) {}

    // The new version's id. Errors: M_TOO_LARGE, M_RESOURCE_LIMIT_EXCEEDED.
    Task<Result<std::string>> create(std::uint64_t user_number, std::string algorithm, json::Value auth_data);
    // Errors: M_NOT_FOUND; M_INVALID_PARAM for another algorithm than the version's.
    Task<Result<void>> update(std::uint64_t user_number, std::string version, std::string algorithm,
                              json::Value auth_data);
    // A version that was deleted before is deleted again without error. Errors: M_NOT_FOUND.
    Task<Result<void>> remove_version(std::uint64_t user_number, std::string version);

    // Blocking reads. Errors: M_NOT_FOUND.
    Result<BackupVersion> version(std::uint64_t user_number, std::string_view version) const;
    Result<BackupVersion> latest(std::uint64_t user_number) const;

    // Errors: M_WRONG_ROOM_KEYS_VERSION with current_version; M_NOT_FOUND; M_TOO_LARGE; M_RESOURCE_LIMIT_EXCEEDED when
    // the backups of the account are full: what was put before stays, the rest is not there.
    Task<Result<BackupTotals>> put(std::uint64_t user_number, std::string version, std::vector<BackupSession> sessions);
    Task<Result<BackupTotals>> remove(std::uint64_t user_number, std::string version, BackupScope scope);

    // Sessions in the order room by room. Blocking read. Errors: M_NOT_FOUND for an unknown version.
    // `each` is called for every session of the scope.
    Result<void> read(std::uint64_t user_number, std::string_view version, const BackupScope& scope,
                      const std::function<void(const BackupSession&)>& each) const;

    // At start: removes the sessions of versions whose deletion a crash cut short.
    Task<Result<void>> finish_pending();

private:
    Result<std::optional<BackupVersion>> find(std::uint64_t user_number, std::string_view version) const;
    Result<BackupVersion> writable(std::uint64_t user_number, std::string_view version) const;
    void write(storage::Change& change, std::uint64_t user_number, const BackupVersion& version) const;
    Task<Result<void>> finish_removal(std::uint64_t user_number, BackupVersion version);
    Result<std::uint64_t> bytes_beside(std::uint64_t user_number, std::uint64_t version) const;
    std::unexpected<Error> full() const;
    std::string scope_prefix(std::uint64_t version, const BackupScope& scope) const;

    storage::Db& db_;
    UserLanes& lanes_;
    const Limits limits_;
};

}  // namespace peyk::keys
