#pragma once
// Typed access over Store: keys from tables, sealing, compression. Domains use this, never Store.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/task.h"
#include "storage/content_format.h"
#include "storage/store.h"
#include "storage/table.h"

namespace peyk::storage {

class Vault;
class Db;
struct DbState;
struct PendingPuncture;
struct SealContext;

// A row as read. `gone`: the body's key was destroyed (header and position remain).
struct Entry {
    std::string rest;  // the key behind the owner number
    std::string header;
    std::string body;
    Position position = 0;  // stamped tables only
    bool gone = false;
};

// A set of changes of one shard that becomes one batch. Writers take Change& and never commit; only the owner of the
// operation does. The shard is that of the first row's owner; a row of another shard is a broken invariant.
class Change {
public:
    // `epoch`: of the shard when the state that this change builds on was loaded (Db::epoch).
    Change(Db& db, Owner owner, std::uint64_t number, Epoch epoch);
    ~Change();
    Change(Change&&) noexcept;
    Change& operator=(Change&&) noexcept;

    // `noise`: how many bytes at the front of the body compression would only make longer (hashes, signatures).
    void put(const Table& table, std::uint64_t owner, std::string_view rest, std::string_view body,
             std::string_view header = {}, std::size_t noise = 0);
    // rest = before + position (8 bytes, filled at commit with the batch's position + nth) + after. For streams.
    // With Seal::row, `before` begins with the row number: a row's key cannot be named by a position yet unknown.
    void put_at_position(const Table& table, std::uint64_t owner, std::string_view before, std::string_view after,
                         std::string_view body, std::uint32_t nth = 0);
    void del(const Table& table, std::uint64_t owner, std::string_view rest);
    // Destroys the key of one row once this change is durable (Seal::row). The row itself is left as it is; put a
    // row of another table or del() it as the case needs.
    void puncture(const Table& table, std::uint64_t owner, std::uint64_t row);
    // The same for all rows whose number is smaller: retention, an inbox that was read.
    void puncture_below(const Table& table, std::uint64_t owner, std::uint64_t row);
    // Stamps of this change's rows use position + nth of the put; `count` positions are taken (default 1).
    void take_positions(std::uint32_t count);
    // For a change that frees more than it takes, although it puts some rows too: it may use the reserve of a full
    // disk. After the last put.
    void reclaims();
    bool empty() const;
    std::size_t bytes() const;

private:
    friend class Db;
    void add_punctures(const Table& table, std::uint64_t owner, std::uint64_t row, bool below);
    std::string key(const Table& table, std::uint64_t owner, std::string_view rest) const;
    std::optional<std::uint64_t> slot(std::uint64_t owner);
    void seal(const Table& table, std::uint64_t owner, const SealContext& context, std::string_view body,
              std::size_t noise, std::string& out);

    std::shared_ptr<DbState> state_;
    Owner owner_;
    Batch batch_;
    std::vector<PendingPuncture> punctures_;
    std::vector<std::uint64_t> new_owners_;  // whose slot row is in this batch for the first time
    std::optional<Error> broken_;            // something could not be sealed: commit answers this
};

// Purpose:  the one door to stored data.
// Owner:    app::Server.  Runs on: any thread; get and scan block, so worker threads only.
class Db {
public:
    Db(Store& store, Vault& vault, Catalog catalog);

    // H(text): the keyed 64-bit number that stands for a room, user or destination in keys. Stable for the life of the
    // store; different in every store, so that ids cannot be ground. Collisions are the caller's to detect by storing
    // the id once.
    std::uint64_t number(std::string_view id) const;
    // A keyed 128-bit hash for index keys (transaction ids, event ids, token hashes are not stored in clear).
    std::string digest(std::string_view domain, std::string_view text) const;  // 16 bytes

    // The format that the store's oldest rows may have: kFirstFormat until migrate() has looked.
    ContentFormat made_with() const;
    void set_made_with(ContentFormat format);  // for migrate(), and for tests

    Epoch epoch(Owner owner, std::uint64_t number) const;
    Position visible() const;
    Position visible(Owner owner, std::uint64_t number) const;

    // Absent: nullopt. A body whose key was destroyed: an Entry with gone = true. corrupt: the seal does not match.
    Result<std::optional<Entry>> get(const Table& table, std::uint64_t owner, std::string_view rest) const;
    // from <= rest < to (to empty: to the end of this owner's rows of the table).
    Result<std::vector<Entry>> scan(const Table& table, std::uint64_t owner, std::string_view from, std::string_view to,
                                    std::size_t limit, Store::Order order = Store::Order::forward) const;
    // All rest keys that begin with `prefix`.
    Result<std::vector<Entry>> scan_prefix(const Table& table, std::uint64_t owner, std::string_view prefix,
                                           std::size_t limit, Store::Order order = Store::Order::forward) const;

    // Queues the change now (order of calls = order of application within the shard) and completes when it is durable.
    // Errors as Store::commit. The task need not be awaited at once: start_commit() queues when called.
    Task<Result<Position>> commit(Change change);
    class Pending;
    // Queued on return; `co_await std::move(pending).wait()` for the verdict. Lets a lane be left before durability.
    Pending start_commit(Change change);

    // Drops the owner's keys: every row sealed under them is unreadable at once and for good, then deletes the owner's
    // rows of all tables. The number may be used again afterwards; keep others from writing to it meanwhile (its lane).
    // Blocks on the disk; when it fails half-way, call it again.
    Result<void> drop_owner(Owner owner, std::uint64_t number);

    // Walks every row of a table over all owners, in key order, page by page; for inventory, migrations and start-up.
    // `next` is where to go on (empty at first and when done).
    struct Walked {
        std::uint64_t owner;
        Entry entry;
    };
    Result<std::vector<Walked>> walk(const Table& table, std::string& next, std::size_t limit) const;

    // Makes destroyed keys stay destroyed: writes the key table and removes the notes of the punctures it now holds.
    // Called by open.h's thread within a minute of a puncture; by tests directly. Blocks.
    Result<void> flush_punctures();
    // Repeats the punctures that were noted but not yet in the key table when the process ended. Before the first use.
    Result<void> recover_punctures();

private:
    friend class Change;
    std::shared_ptr<DbState> state_;
};

class Db::Pending {
public:
    Task<Result<Position>> wait() &&;

private:
    friend class Db;
    struct Cell;
    std::shared_ptr<Cell> cell_;
};

}  // namespace peyk::storage
