#pragma once
// Rows of the key backup, and which of two keys for one session is kept.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "core/json.h"
#include "storage/db.h"

namespace peyk::keys {

// Spec: Client-Server API › Server-side key backups: what decides between two keys for one session.
struct KeyRank {
    bool is_verified = false;
    std::int64_t first_message_index = 0;
    std::int64_t forwarded_count = 0;
    bool operator==(const KeyRank&) const = default;
};
// Whether `offered` takes the place of `held`.
constexpr bool replaces(const KeyRank& held, const KeyRank& offered) {
    if (held.is_verified != offered.is_verified) return offered.is_verified;
    if (held.first_message_index != offered.first_message_index)
        return offered.first_message_index < held.first_message_index;
    return offered.forwarded_count < held.forwarded_count;
}

// One session key, checked. `json` is the KeyBackupData object as it was uploaded.
struct BackupSession {
    std::string room;
    std::string session;
    KeyRank rank;
    std::string json;
    bool sealed_as_text = false;  // as it was offered: `session_data` is a text, which the specified algorithm has not

    std::string encode() const;
    static Result<BackupSession> decode(std::string_view body);
    // What a session counts for in BackupVersion::bytes: its body as encoded, and what the store needs for any row.
    static std::uint64_t bytes_of(std::string_view body) { return body.size() + 64; }
    // Errors: M_BAD_JSON, M_TOO_LARGE.
    static Result<BackupSession> parse(std::string room, std::string session, const json::Value& data,
                                       std::size_t most_bytes);
};

inline constexpr std::string_view kSpecifiedBackup = "m.megolm_backup.v1.curve25519-aes-sha2";

// kBackupVersions. The header says in clear whether the version is deleted, so that the start need not unseal all; and,
// in a second byte, that the body has the bytes.
struct BackupVersion {
    enum class State : std::uint8_t { live = 0, deleting = 1, deleted = 2 };

    std::uint64_t number = 0;
    State state = State::live;
    std::uint64_t count = 0;
    std::uint64_t etag = 0;
    std::uint64_t bytes = 0;  // of all sessions
    std::string algorithm;
    std::string auth_data;  // JSON, an object for the specified algorithm

    std::string header() const;
    std::string encode() const;
    static Result<BackupVersion> decode(const storage::Entry& row);
    static State state_of(const storage::Entry& row);
    // False: a row of before bytes were counted (migrations.h).
    static bool counted(const storage::Entry& row);
};

// rest of kBackupSessions: of one session, or the prefix of a room's rows.
std::string backup_key(const storage::Db& db, std::uint64_t version, std::string_view room);
std::string backup_key(const storage::Db& db, std::uint64_t version, std::string_view room, std::string_view session);

}  // namespace peyk::keys
