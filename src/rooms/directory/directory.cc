#include "rooms/directory/directory.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "core/errors.h"

namespace peyk::rooms {
namespace {
constexpr std::uint64_t kServer = 0;  // the owner number of the server's rows
constexpr std::size_t kMaxAliases = 1000;
constexpr std::size_t kCounted = 1000;  // rows at once
}  // namespace

Result<std::optional<AliasRow>> Directory::resolve(const RoomAlias& alias) const {
    PEYK_TRY(auto entry, db_.get(kAliases, kServer, db_.digest("alias", alias.view())));
    if (!entry) return std::nullopt;
    ByteReader reader(entry->body);
    auto text = RoomAlias::trusted(std::string(reader.bytes()));
    auto room = RoomId::trusted(std::string(reader.bytes()));
    auto creator = UserId::trusted(std::string(reader.bytes()));
    if (!reader.done()) return fail(Errc::corrupt, "an alias row does not decode");
    if (text != alias) return std::nullopt;
    return AliasRow{std::move(text), std::move(room), std::move(creator)};
}

Result<std::vector<RoomAlias>> Directory::aliases_of(const RoomId& room) const {
    PEYK_TRY(auto rows, db_.scan_prefix(kRoomAliases, kServer, number_key(db_.number(room.view())), kMaxAliases));
    std::vector<RoomAlias> out;
    for (auto& row : rows) out.push_back(RoomAlias::trusted(std::move(row.body)));
    return out;
}

std::string Directory::encode(const AliasRow& row) {
    std::string body;
    put_bytes(body, row.alias.view());
    put_bytes(body, row.room.view());
    put_bytes(body, row.creator.view());
    return body;
}

Task<Result<void>> Directory::add_alias(RoomAlias alias, RoomId room, UserId creator) {
    auto guard = co_await lanes_.enter(db_.number(alias.view()));
    PEYK_CO_TRY(auto taken, resolve(alias));
    if (taken) co_return fail(Error{Errc::conflict, "The alias is taken", "M_UNKNOWN"});
    PEYK_CO_TRY(auto others, aliases_of(room));
    if (others.size() >= kMaxAliases) co_return m::limit_exceeded(Millis{3'600'000});
    auto digest = db_.digest("alias", alias.view());
    storage::Change change(db_, Owner::server, kServer, db_.epoch(Owner::server, kServer));
    change.put(kAliases, kServer, digest, encode({alias, room, std::move(creator)}));
    change.put(kRoomAliases, kServer, number_key(db_.number(room.view())) + digest, alias.view());
    PEYK_CO_CHECK(co_await db_.commit(std::move(change)));
    co_return Result<void>{};
}

Task<Result<void>> Directory::remove_alias(RoomAlias alias) {
    auto guard = co_await lanes_.enter(db_.number(alias.view()));
    PEYK_CO_TRY(auto row, resolve(alias));
    if (!row) co_return m::not_found("There is no such alias");
    auto digest = db_.digest("alias", alias.view());
    storage::Change change(db_, Owner::server, kServer, db_.epoch(Owner::server, kServer));
    change.del(kAliases, kServer, digest);
    change.del(kRoomAliases, kServer, number_key(db_.number(row->room.view())) + digest);
    PEYK_CO_CHECK(co_await db_.commit(std::move(change)));
    co_return Result<void>{};
}

// Without the lanes of the aliases: one that is removed at the same moment may come back, pointing at the new room.
Task<Result<void>> Directory::move(RoomId from, RoomId to) {
    PEYK_CO_TRY(auto aliases, aliases_of(from));
    PEYK_CO_TRY(bool listed, published(from));
    auto old_number = number_key(db_.number(from.view())), new_number = number_key(db_.number(to.view()));
    storage::Change change(db_, Owner::server, kServer, db_.epoch(Owner::server, kServer));
    for (const auto& alias : aliases) {
        PEYK_CO_TRY(auto row, resolve(alias));
        if (!row || row->room != from) continue;
        row->room = to;
        auto digest = db_.digest("alias", alias.view());
        change.put(kAliases, kServer, digest, encode(*row));
        change.del(kRoomAliases, kServer, old_number + digest);
        change.put(kRoomAliases, kServer, new_number + digest, alias.view());
    }
    PEYK_CO_TRY(bool both, published(to));
    if (listed) {
        change.del(kDirectory, kServer, old_number);
        change.put(kDirectory, kServer, new_number, to.view());
    }
    if (change.empty()) co_return Result<void>{};
    PEYK_CO_CHECK(co_await db_.commit(std::move(change)));
    if (listed && both) counted(-1);
    co_return Result<void>{};
}

Result<bool> Directory::published(const RoomId& room) const {
    PEYK_TRY(auto entry, db_.get(kDirectory, kServer, number_key(db_.number(room.view()))));
    return entry.has_value();
}

Task<Result<void>> Directory::set_published(RoomId room, bool published) {
    auto number = db_.number(room.view());
    auto guard = co_await lanes_.enter(number);
    PEYK_CO_TRY(bool was, this->published(room));
    if (was == published) co_return Result<void>{};
    storage::Change change(db_, Owner::server, kServer, db_.epoch(Owner::server, kServer));
    if (published) {
        change.put(kDirectory, kServer, number_key(number), room.view());
    } else {
        change.del(kDirectory, kServer, number_key(number));
    }
    PEYK_CO_CHECK(co_await db_.commit(std::move(change)));
    counted(published ? 1 : -1);
    co_return Result<void>{};
}

void Directory::counted(int difference) {
    std::lock_guard lock(mutex_);
    ++changes_;
    if (count_) *count_ = static_cast<std::size_t>(static_cast<std::int64_t>(*count_) + difference);
}

Result<std::size_t> Directory::count() const {
    std::uint64_t changes = 0;
    {
        std::lock_guard lock(mutex_);
        if (count_) return *count_;
        changes = changes_;
    }
    std::size_t found = 0;
    for (std::string start;;) {
        PEYK_TRY(auto rows, db_.scan(kDirectory, kServer, start, "", kCounted));
        found += rows.size();
        if (rows.size() < kCounted) break;
        start = rows.back().rest + '\0';
    }
    std::lock_guard lock(mutex_);
    if (changes == changes_) count_ = found;  // otherwise the next one counts again
    return found;
}

Result<std::vector<Directory::Published>> Directory::list(RoomNumber after, std::size_t limit) const {
    PEYK_TRY(auto rows, db_.scan(kDirectory, kServer, after ? number_key(after + 1) : std::string{}, "", limit));
    std::vector<Published> out;
    for (auto& row : rows) out.push_back({RoomId::trusted(std::move(row.body)), get_u64be(row.rest.data())});
    return out;
}

Result<std::vector<Directory::Published>> Directory::list_before(RoomNumber before, std::size_t limit) const {
    PEYK_TRY(auto rows, db_.scan(kDirectory, kServer, "", number_key(before), limit, storage::Store::Order::reverse));
    std::vector<Published> out;
    for (auto& row : rows) out.push_back({RoomId::trusted(std::move(row.body)), get_u64be(row.rest.data())});
    return out;
}

}  // namespace peyk::rooms
