#pragma once
// Local aliases and the published room directory: rows of the server's shard.
// Spec: Client-Server API › Room aliases; Listing rooms.

#include <mutex>

#include "async/lane.h"
#include "rooms/timeline/room_store.h"

namespace peyk::rooms {

struct AliasRow {
    RoomAlias alias;
    RoomId room;
    UserId creator;
};

class Directory {
public:
    explicit Directory(storage::Db& db) : db_(db) {}

    Result<std::optional<AliasRow>> resolve(const RoomAlias& alias) const;
    Result<std::vector<RoomAlias>> aliases_of(const RoomId& room) const;
    // Errors: conflict with M_UNKNOWN when the alias exists.
    Task<Result<void>> add_alias(RoomAlias alias, RoomId room, UserId creator);
    Task<Result<void>> remove_alias(RoomAlias alias);

    // Aliases and the entry in the list go over to a room that takes another's place; all or nothing.
    Task<Result<void>> move(RoomId from, RoomId to);

    Result<bool> published(const RoomId& room) const;
    Task<Result<void>> set_published(RoomId room, bool published);
    // Room ids in a stable order, after `after` (a room number), at most `limit`.
    struct Published {
        RoomId room;
        RoomNumber number;
    };
    Result<std::vector<Published>> list(RoomNumber after, std::size_t limit) const;
    // How many are published. Walks all rows the first time, and is kept in memory from then on.
    Result<std::size_t> count() const;
    // Those before `before`, the nearest first.
    Result<std::vector<Published>> list_before(RoomNumber before, std::size_t limit) const;

private:
    static std::string encode(const AliasRow& row);

    void counted(int difference);

    storage::Db& db_;
    Lanes lanes_;  // by alias, and by room for what is published
    mutable std::mutex mutex_;
    mutable std::optional<std::size_t> count_;
    mutable std::uint64_t changes_ = 0;  // of what is counted
};

}  // namespace peyk::rooms
