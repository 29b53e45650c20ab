#include "keys/key_backup.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "core/errors.h"
#include "keys/rows.h"
#include "keys/tables.h"

namespace peyk::keys {
namespace {

constexpr std::size_t kPage = 1000;
// More versions than a user can have within the rate limits of years; only a bound for the scan.
constexpr std::size_t kMostVersions = 100'000;

std::optional<std::uint64_t> parse_version(std::string_view text) {
    std::uint64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool canonical = !text.empty() && text[0] != '0' && error == std::errc{} && end == text.data() + text.size();
    return canonical ? std::optional(number) : std::nullopt;
}

std::unexpected<Error> unknown_version() { return m::not_found("Unknown backup version"); }

}  // namespace

// ---- Versions

Result<std::optional<BackupVersion>> KeyBackup::find(std::uint64_t user_number, std::string_view version) const {
    auto number = parse_version(version);
    if (!number) return std::nullopt;
    PEYK_TRY(auto row, db_.get(kBackupVersions, user_number, key_of(*number)));
    if (!row || row->gone) return std::nullopt;
    row->rest = key_of(*number);
    PEYK_TRY(auto found, BackupVersion::decode(*row));
    return found;
}

Result<BackupVersion> KeyBackup::version(std::uint64_t user_number, std::string_view version) const {
    PEYK_TRY(auto found, find(user_number, version));
    if (!found || found->state != BackupVersion::State::live) return unknown_version();
    return std::move(*found);
}

Result<BackupVersion> KeyBackup::latest(std::uint64_t user_number) const {
    std::string before;
    while (true) {
        PEYK_TRY(auto rows, db_.scan(kBackupVersions, user_number, {}, before, 16, storage::Store::Order::reverse));
        for (const auto& row : rows) {
            if (row.gone || BackupVersion::state_of(row) != BackupVersion::State::live) continue;
            return BackupVersion::decode(row);
        }
        if (rows.size() < 16) return m::not_found("No current backup version");
        before = rows.back().rest;
    }
}

void KeyBackup::write(storage::Change& change, std::uint64_t user_number, const BackupVersion& version) const {
    change.put(kBackupVersions, user_number, key_of(version.number), version.encode(), version.header());
}

Task<Result<std::string>> KeyBackup::create(std::uint64_t user_number, std::string algorithm, json::Value auth_data) {
    auto data = json::write(auth_data);
    if (algorithm.empty() || algorithm.size() > kMaxIdBytes || data.size() > limits_.backup_auth_data_bytes)
        co_return m::too_large("'algorithm' or 'auth_data' is too large");
    auto lane = co_await lanes_.enter(user_number);
    storage::Change change(db_, Owner::user, user_number, db_.epoch(Owner::user, user_number));
    PEYK_CO_TRY(auto rows, db_.scan_prefix(kBackupVersions, user_number, {}, kMostVersions));
    auto live = std::ranges::count(rows, BackupVersion::State::live, BackupVersion::state_of);
    if (static_cast<std::size_t>(live) >= limits_.backup_versions)
        co_return fail(Error{Errc::forbidden,
                             fmt::format("An account has at most {} versions of its key backup; delete old ones",
                                         limits_.backup_versions),
                             "M_RESOURCE_LIMIT_EXCEEDED"});
    BackupVersion version;
    version.number = rows.empty() ? 1 : get_u64be(rows.back().rest.data()) + 1;
    version.algorithm = std::move(algorithm);
    version.auth_data = std::move(data);
    write(change, user_number, version);
    PEYK_CO_TRY([[maybe_unused]] auto position, co_await db_.commit(std::move(change)));
    co_return std::to_string(version.number);
}

Task<Result<void>> KeyBackup::update(std::uint64_t user_number, std::string version, std::string algorithm,
                                     json::Value auth_data) {
    auto data = json::write(auth_data);
    if (data.size() > limits_.backup_auth_data_bytes) co_return m::too_large("'auth_data' is too large");
    auto lane = co_await lanes_.enter(user_number);
    storage::Change change(db_, Owner::user, user_number, db_.epoch(Owner::user, user_number));
    PEYK_CO_TRY(auto held, this->version(user_number, version));
    if (held.algorithm != algorithm) co_return m::invalid_param("Algorithm does not match");
    held.auth_data = std::move(data);
    write(change, user_number, held);
    PEYK_CO_TRY([[maybe_unused]] auto position, co_await db_.commit(std::move(change)));
    co_return Result<void>{};
}

Task<Result<void>> KeyBackup::remove_version(std::uint64_t user_number, std::string version) {
    auto lane = co_await lanes_.enter(user_number);
    PEYK_CO_TRY(auto held, find(user_number, version));
    if (!held) co_return unknown_version();
    if (held->state == BackupVersion::State::deleted) co_return Result<void>{};
    if (held->state == BackupVersion::State::live) {
        storage::Change change(db_, Owner::user, user_number, db_.epoch(Owner::user, user_number));
        BackupVersion mark;
        mark.number = held->number;
        mark.state = BackupVersion::State::deleting;
        write(change, user_number, mark);
        PEYK_CO_TRY([[maybe_unused]] auto position, co_await db_.commit(std::move(change)));
    }
    co_return co_await finish_removal(user_number, std::move(*held));
}

// The version is invisible already; its sessions go, then the mark says so.
Task<Result<void>> KeyBackup::finish_removal(std::uint64_t user_number, BackupVersion version) {
    PEYK_CO_CHECK(co_await remove_rows(db_, kBackupSessions, user_number, key_of(version.number)));
    storage::Change change(db_, Owner::user, user_number, db_.epoch(Owner::user, user_number));
    BackupVersion mark;
    mark.number = version.number;
    mark.state = BackupVersion::State::deleted;
    write(change, user_number, mark);
    PEYK_CO_TRY([[maybe_unused]] auto position, co_await db_.commit(std::move(change)));
    co_return Result<void>{};
}

Task<Result<void>> KeyBackup::finish_pending() {
    std::string next;
    do {
        PEYK_CO_TRY(auto page, db_.walk(kBackupVersions, next, kPage));
        for (const auto& row : page) {
            if (BackupVersion::state_of(row.entry) != BackupVersion::State::deleting) continue;
            PEYK_CO_TRY(auto version, BackupVersion::decode(row.entry));
            auto lane = co_await lanes_.enter(row.owner);
            PEYK_CO_CHECK(co_await finish_removal(row.owner, std::move(version)));
        }
    } while (!next.empty());
    co_return Result<void>{};
}

// Of all other versions of the account.
Result<std::uint64_t> KeyBackup::bytes_beside(std::uint64_t user_number, std::uint64_t version) const {
    PEYK_TRY(auto rows, db_.scan_prefix(kBackupVersions, user_number, {}, kMostVersions));
    std::uint64_t bytes = 0;
    for (const auto& row : rows) {
        if (row.gone || BackupVersion::state_of(row) != BackupVersion::State::live) continue;
        PEYK_TRY(auto other, BackupVersion::decode(row));
        if (other.number != version) bytes += other.bytes;
    }
    return bytes;
}

std::unexpected<Error> KeyBackup::full() const {
    return fail(Error{Errc::forbidden,
                      fmt::format("The key backup is full: an account may keep {} MiB of keys, old versions included",
                                  limits_.backup_bytes >> 20),
                      "M_RESOURCE_LIMIT_EXCEEDED"});
}

// ---- Sessions

Result<BackupVersion> KeyBackup::writable(std::uint64_t user_number, std::string_view version) const {
    PEYK_TRY(auto asked, this->version(user_number, version));
    PEYK_TRY(auto current, latest(user_number));
    if (current.number == asked.number) return current;
    return fail(Error{Errc::forbidden, "Wrong backup version.", "M_WRONG_ROOM_KEYS_VERSION",
                      fmt::format("\"current_version\":\"{}\"", current.number)});
}

Task<Result<BackupTotals>> KeyBackup::put(std::uint64_t user_number, std::string version,
                                          std::vector<BackupSession> sessions) {
    auto lane = co_await lanes_.enter(user_number);
    PEYK_CO_TRY(auto held, writable(user_number, version));
    bool is_wrong = held.algorithm == kSpecifiedBackup && std::ranges::any_of(sessions, &BackupSession::sealed_as_text);
    if (is_wrong) co_return m::bad_json("'session_data' must be an object");
    PEYK_CO_TRY(auto beside, bytes_beside(user_number, held.number));
    for (std::size_t at = 0; at < sessions.size();) {
        storage::Change change(db_, Owner::user, user_number, db_.epoch(Owner::user, user_number));
        for (; at < sessions.size() && change.bytes() + limits_.backup_session_bytes < kChangeBytes; ++at) {
            const auto& offered = sessions[at];
            auto key = backup_key(db_, held.number, offered.room, offered.session);
            auto body = offered.encode();
            auto bytes = held.bytes + BackupSession::bytes_of(body);
            PEYK_CO_TRY(auto row, db_.get(kBackupSessions, user_number, key));
            if (row && !row->gone) {
                PEYK_CO_TRY(auto old, BackupSession::decode(row->body));
                if (!replaces(old.rank, offered.rank)) continue;
                bytes -= std::min(bytes, BackupSession::bytes_of(row->body));
            } else if (++held.count > limits_.backup_sessions) {
                co_return full();
            }
            if (bytes > held.bytes && beside + bytes > limits_.backup_bytes) co_return full();
            held.bytes = bytes;
            change.put(kBackupSessions, user_number, key, body);
        }
        if (change.empty()) continue;
        ++held.etag;
        write(change, user_number, held);
        PEYK_CO_TRY([[maybe_unused]] auto position, co_await db_.commit(std::move(change)));
    }
    co_return BackupTotals{held.count, held.etag};
}

std::string KeyBackup::scope_prefix(std::uint64_t version, const BackupScope& scope) const {
    if (!scope.room) return key_of(version);
    if (!scope.session) return backup_key(db_, version, *scope.room);
    return backup_key(db_, version, *scope.room, *scope.session);
}

Task<Result<BackupTotals>> KeyBackup::remove(std::uint64_t user_number, std::string version, BackupScope scope) {
    auto lane = co_await lanes_.enter(user_number);
    PEYK_CO_TRY(auto held, this->version(user_number, version));
    auto prefix = scope_prefix(held.number, scope);
    bool more = true;
    while (more) {
        storage::Change change(db_, Owner::user, user_number, db_.epoch(Owner::user, user_number));
        PEYK_CO_TRY(auto rows, db_.scan_prefix(kBackupSessions, user_number, prefix, kPage));
        for (const auto& row : rows) {
            if (!row.gone) held.bytes -= std::min(held.bytes, BackupSession::bytes_of(row.body));
            change.del(kBackupSessions, user_number, row.rest);
        }
        more = rows.size() == kPage;
        if (rows.empty()) break;
        held.count -= std::min<std::uint64_t>(held.count, rows.size());
        ++held.etag;
        write(change, user_number, held);
        PEYK_CO_TRY([[maybe_unused]] auto position, co_await db_.commit(std::move(change)));
    }
    co_return BackupTotals{held.count, held.etag};
}

Result<void> KeyBackup::read(std::uint64_t user_number, std::string_view version, const BackupScope& scope,
                             const std::function<void(const BackupSession&)>& each) const {
    PEYK_TRY(auto held, this->version(user_number, version));
    auto prefix = scope_prefix(held.number, scope);
    auto end = storage::prefix_end(prefix);
    auto from = prefix;
    while (true) {
        PEYK_TRY(auto rows, db_.scan(kBackupSessions, user_number, from, end, kPage));
        for (const auto& row : rows) {
            if (row.gone) continue;
            PEYK_TRY(auto session, BackupSession::decode(row.body));
            each(session);
        }
        if (rows.size() < kPage) return {};
        from = rows.back().rest + '\0';
    }
}

}  // namespace peyk::keys
