#include "keys/backup_rows.h"

#include "base/bytes.h"
#include "core/errors.h"
#include "keys/rows.h"

namespace peyk::keys {
namespace {
constexpr char kCounted = 1;
}

std::string BackupSession::encode() const {
    std::string body;
    put_u8(body, rank.is_verified ? 1 : 0);
    put_varint(body, static_cast<std::uint64_t>(rank.first_message_index));
    put_varint(body, static_cast<std::uint64_t>(rank.forwarded_count));
    put_bytes(body, room);
    put_bytes(body, session);
    return body.append(json);
}

Result<BackupSession> BackupSession::decode(std::string_view body) {
    ByteReader reader(body);
    BackupSession one;
    one.rank.is_verified = reader.u8() != 0;
    one.rank.first_message_index = static_cast<std::int64_t>(reader.varint());
    one.rank.forwarded_count = static_cast<std::int64_t>(reader.varint());
    one.room = reader.bytes();
    one.session = reader.bytes();
    one.json = reader.rest();
    if (!reader.ok()) return fail(Errc::corrupt, "a row of backup_sessions does not decode");
    return one;
}

Result<BackupSession> BackupSession::parse(std::string room, std::string session, const json::Value& data,
                                           std::size_t most_bytes) {
    if (session.empty() || session.size() > kMaxIdBytes) return m::bad_json("a session id is empty or too long");
    auto verified = data.get_bool("is_verified");
    auto index = data.get_integer("first_message_index");
    auto forwarded = data.get_integer("forwarded_count");
    if (!verified) return m::bad_json("'is_verified' must be a boolean");
    if (!index || *index < 0) return m::bad_json("'first_message_index' must be a whole number");
    if (!forwarded || *forwarded < 0) return m::bad_json("'forwarded_count' must be a whole number");
    // An object for the specified algorithm; other algorithms may seal theirs into a text.
    if (!data.get_object("session_data") && !data.get_string("session_data"))
        return m::bad_json("'session_data' must be an object");
    auto json = json::write(data);
    if (json.size() > most_bytes) return m::too_large("The data of a session is too large");
    bool text = data.get_string("session_data").has_value();
    return BackupSession{std::move(room), std::move(session), {*verified, *index, *forwarded}, std::move(json), text};
}

std::string BackupVersion::header() const { return {static_cast<char>(state), kCounted}; }

bool BackupVersion::counted(const storage::Entry& row) { return row.header.size() > 1 && row.header[1] == kCounted; }

std::string BackupVersion::encode() const {
    std::string body;
    put_varint(body, count);
    put_varint(body, etag);
    put_varint(body, bytes);
    put_bytes(body, algorithm);
    return body.append(auth_data);
}

BackupVersion::State BackupVersion::state_of(const storage::Entry& row) {
    return row.header.empty() ? State::live : static_cast<State>(row.header[0]);
}

Result<BackupVersion> BackupVersion::decode(const storage::Entry& row) {
    BackupVersion version;
    version.number = ByteReader(row.rest).u64be();
    version.state = state_of(row);
    if (version.state != State::live) return version;
    ByteReader reader(row.body);
    version.count = reader.varint();
    version.etag = reader.varint();
    if (counted(row)) version.bytes = reader.varint();
    version.algorithm = reader.bytes();
    version.auth_data = reader.rest();
    if (!reader.ok()) return fail(Errc::corrupt, "a row of backup_versions does not decode");
    return version;
}

std::string backup_key(const storage::Db& db, std::uint64_t version, std::string_view room) {
    return key_of(version, db.digest("backup room", room));
}

std::string backup_key(const storage::Db& db, std::uint64_t version, std::string_view room, std::string_view session) {
    return backup_key(db, version, room) + db.digest("backup session", session);
}

}  // namespace peyk::keys
