#include "storage/db.h"

#include <sodium.h>

#include <future>

#include "async/one_shot.h"
#include "base/bytes.h"
#include "storage/db_state.h"
#include "storage/tables.h"

namespace peyk::storage {

struct Db::Pending::Cell {
    OneShot<Result<Position>> answer;
};

namespace {

constexpr std::size_t kKeyPrefix = 9;  // table id and owner number
constexpr std::size_t kPage = 500;

// For the few places that block: start-up, dropping an owner, removing notes.
Result<Position> commit_and_wait(Store& store, Batch batch) {
    auto answer = std::make_shared<std::promise<CommitResult>>();
    auto future = answer->get_future();
    store.commit(std::move(batch), [answer](CommitResult result) { answer->set_value(std::move(result)); });
    return future.get();
}

// Deletes keys of one shard. Others write to the shard too, so the epoch may move on between two tries.
Result<> delete_keys(Store& store, Shard shard, const std::vector<std::string>& keys) {
    constexpr int kTries = 5;
    for (std::size_t done = 0; done < keys.size();) {
        auto end = std::min(keys.size(), done + kPage);
        for (int tries = 1;; ++tries) {
            Batch batch{.shard = shard, .epoch = store.epoch(shard), .reclaims = true};
            batch.dels.assign(keys.begin() + static_cast<std::ptrdiff_t>(done),
                              keys.begin() + static_cast<std::ptrdiff_t>(end));
            auto result = commit_and_wait(store, std::move(batch));
            if (result) break;
            if (result.error().code != Errc::fenced || tries == kTries) return fail(std::move(result).error());
        }
        done = end;
    }
    return {};
}

}  // namespace

DbState::DbState(Store& store_in, Vault& vault_in, Catalog catalog_in)
    : store(store_in),
      vault(vault_in),
      catalog(catalog_in),
      slots(store_in, vault_in),
      sealer(vault_in),
      digest_key(vault_in.purpose_key("digests")) {
    std::memcpy(number_key.data(), vault.purpose_key("numbers").data(), number_key.size());
    for (const auto* table : kTables) by_id[table->id] = table;
    for (const auto* table : catalog.tables) {
        if (by_id[table->id] && by_id[table->id] != table) {
            panic(fmt::format("tables {} and {} have the same id {}", by_id[table->id]->name, table->name, table->id));
        }
        by_id[table->id] = table;
    }
}

Shard DbState::shard(Owner owner, std::uint64_t number) {
    switch (owner) {
        case Owner::room: return Shard::of_room(number);
        case Owner::user: return Shard::of_user(number);
        case Owner::destination: return Shard::of_destination(number);
        case Owner::server: break;
    }
    return Shard::of_server();
}

std::string DbState::key(const Table& table, std::uint64_t owner, std::string_view rest) {
    std::string key;
    key.reserve(kKeyPrefix + rest.size());
    put_u8(key, table.id);
    put_u64be(key, owner);
    return key.append(rest);
}

void DbState::must_know(const Table& table) const {
    const auto* known = by_id[table.id];
    if (!known || (known != &table && known->name != table.name)) {
        panic(fmt::format("table {} is not in the catalog", table.name));
    }
}

Result<Entry> DbState::decode(const Table& table, std::uint64_t owner, std::string_view rest,
                              std::string_view value) const {
    Entry entry;
    entry.rest = std::string(rest);
    ByteReader in(value);
    if (table.stamped) entry.position = in.u64be();
    if (table.headed) entry.header = std::string(in.bytes());
    if (!in.ok()) return fail(Errc::corrupt, fmt::format("a row of table {} is cut off", table.name));
    if (table.seal == Seal::none) {
        entry.body = std::string(in.rest());
        return entry;
    }
    if (table.seal == Seal::row && in.rest().empty()) {  // hollow.h
        entry.gone = true;
        return entry;
    }
    auto body = sealer.open(in.rest(), table, owner, rest, entry.header);
    if (body) {
        entry.body = std::move(*body);
    } else if (body.error().code == Errc::gone) {
        entry.gone = true;
    } else {
        return fail(body.error().code, fmt::format("table {}: {}", table.name, body.error().detail));
    }
    return entry;
}

void DbState::destroy(const PendingPuncture& puncture) {
    if (puncture.below) {
        vault.puncture_below(puncture.name);
    } else {
        vault.puncture(puncture.name);
    }
}

Db::Db(Store& store, Vault& vault, Catalog catalog) : state_(std::make_shared<DbState>(store, vault, catalog)) {}

std::uint64_t Db::number(std::string_view id) const {
    std::uint64_t out = 0;
    crypto_shorthash_siphash24(reinterpret_cast<unsigned char*>(&out),
                               reinterpret_cast<const unsigned char*>(id.data()), id.size(), state_->number_key.data());
    return out;
}

std::string Db::digest(std::string_view domain, std::string_view text) const {
    constexpr std::size_t kBytes = 16;
    std::string out(kBytes, '\0');
    std::string head;
    put_bytes(head, domain);
    crypto_generichash_state hash;
    crypto_generichash_init(&hash, state_->digest_key.data(), Secret::kBytes, kBytes);
    for (auto part : {std::string_view(head), text}) {
        crypto_generichash_update(&hash, reinterpret_cast<const unsigned char*>(part.data()), part.size());
    }
    crypto_generichash_final(&hash, reinterpret_cast<unsigned char*>(out.data()), kBytes);
    return out;
}

ContentFormat Db::made_with() const { return state_->made_with; }
void Db::set_made_with(ContentFormat format) { state_->made_with = format; }

Epoch Db::epoch(Owner owner, std::uint64_t number) const { return state_->store.epoch(DbState::shard(owner, number)); }
Position Db::visible() const { return state_->store.visible(); }
Position Db::visible(Owner owner, std::uint64_t number) const {
    return state_->store.visible(DbState::shard(owner, number));
}

Result<std::optional<Entry>> Db::get(const Table& table, std::uint64_t owner, std::string_view rest) const {
    state_->must_know(table);
    auto shard = DbState::shard(table.owner, owner);
    PEYK_TRY(auto value, state_->store.get(shard, DbState::key(table, owner, rest)));
    if (!value) return std::nullopt;
    PEYK_TRY(auto entry, state_->decode(table, owner, rest, *value));
    return entry;
}

Result<std::vector<Entry>> Db::scan(const Table& table, std::uint64_t owner, std::string_view from, std::string_view to,
                                    std::size_t limit, Store::Order order) const {
    state_->must_know(table);
    auto first = DbState::key(table, owner, from);
    auto last = to.empty() ? prefix_end(DbState::key(table, owner, {})) : DbState::key(table, owner, to);
    PEYK_TRY(auto rows, state_->store.scan(DbState::shard(table.owner, owner), first, last, limit, order));
    std::vector<Entry> out;
    out.reserve(rows.size());
    for (const auto& row : rows) {
        PEYK_TRY(auto entry, state_->decode(table, owner, std::string_view(row.key).substr(kKeyPrefix), row.value));
        out.push_back(std::move(entry));
    }
    return out;
}

Result<std::vector<Entry>> Db::scan_prefix(const Table& table, std::uint64_t owner, std::string_view prefix,
                                           std::size_t limit, Store::Order order) const {
    // Empty when the prefix is all 0xff, which is to the end, as wanted.
    return scan(table, owner, prefix, prefix_end(prefix), limit, order);
}

Db::Pending Db::start_commit(Change change) {
    Pending pending;
    pending.cell_ = std::make_shared<Pending::Cell>();
    auto batch = std::move(change.batch_);
    auto broken = std::move(change.broken_);
    // What builds on this change must fail with it, so a batch goes in any case; without positions it is refused in
    // turn.
    if (broken) batch = Batch{.shard = batch.shard, .epoch = batch.epoch, .positions = 0};
    auto done = [state = state_, cell = pending.cell_, owner = change.owner_, punctures = std::move(change.punctures_),
                 new_owners = std::move(change.new_owners_), broken = std::move(broken)](CommitResult result) mutable {
        if (result) {
            for (auto number : new_owners) state->slots.noted(owner, number);
            for (const auto& puncture : punctures) state->destroy(puncture);
            if (!punctures.empty()) {
                std::lock_guard lock(state->mutex);
                std::ranges::move(punctures, std::back_inserter(state->punctures));
            }
        } else if (broken) {
            result = fail(std::move(*broken));
        }
        cell->answer.set(std::move(result));
    };
    state_->store.commit(std::move(batch), std::move(done));
    return pending;
}

Task<Result<Position>> Db::commit(Change change) {
    auto pending = start_commit(std::move(change));
    co_return co_await std::move(pending).wait();
}

Task<Result<Position>> Db::Pending::wait() && {
    auto cell = std::move(cell_);
    co_return co_await cell->answer.get();
}

Result<void> Db::drop_owner(Owner owner, std::uint64_t number) {
    auto shard = DbState::shard(owner, number);
    PEYK_TRY(auto slot, state_->slots.find(owner, number, shard));
    if (slot) {
        state_->vault.drop(*slot);
        PEYK_CHECK(state_->vault.flush());
    }
    auto slot_id = kSlotTables[static_cast<std::size_t>(owner)]->id;
    for (const auto* table : state_->by_id) {
        // The slot's row goes last: while it is there, this can be repeated.
        if (!table || table->owner != owner || table->id == slot_id) continue;
        auto from = DbState::key(*table, number, {});
        while (true) {
            PEYK_TRY(auto rows, state_->store.scan(shard, from, prefix_end(from), kPage));
            if (rows.empty()) break;
            std::vector<std::string> keys;
            for (auto& row : rows) keys.push_back(std::move(row.key));
            PEYK_CHECK(delete_keys(state_->store, shard, keys));
        }
    }
    PEYK_CHECK(delete_keys(state_->store, shard, {OwnerSlots::row_key(owner, number)}));
    state_->slots.forget(owner, number);
    return {};
}

Result<std::vector<Db::Walked>> Db::walk(const Table& table, std::string& next, std::size_t limit) const {
    state_->must_know(table);
    // `next`: shard u16be, then the first key that was not walked yet.
    auto first = DbState::shard(table.owner, 0);
    Shard shard = next.empty() ? first : Shard{get_u16be(next.data())};
    std::string from = next.size() > 2 ? next.substr(2) : std::string(1, static_cast<char>(table.id));
    std::string to = prefix_end(std::string(1, static_cast<char>(table.id)));
    std::vector<Walked> out;
    next.clear();
    while (true) {
        auto used = state_->store.next_shard(shard);
        if (!used ||
            (used->number != first.number && DbState::shard(table.owner, used->number - first.number) != *used)) {
            return out;
        }
        if (*used != shard) from.assign(1, static_cast<char>(table.id));
        shard = *used;
        PEYK_TRY(auto rows, state_->store.scan(shard, from, to, limit - out.size()));
        for (const auto& row : rows) {
            auto owner = get_u64be(row.key.data() + 1);
            auto rest = std::string_view(row.key).substr(kKeyPrefix);
            PEYK_TRY(auto entry, state_->decode(table, owner, rest, row.value));
            out.push_back({owner, std::move(entry)});
        }
        if (out.size() >= limit) {
            put_u16be(next, shard.number);
            next.append(rows.back().key).push_back('\0');
            return out;
        }
        ++shard.number;
        from.assign(1, static_cast<char>(table.id));
    }
}

Result<void> Db::flush_punctures() {
    std::lock_guard flushing(state_->flushing);
    std::vector<PendingPuncture> punctures;
    {
        std::lock_guard lock(state_->mutex);
        punctures = std::exchange(state_->punctures, {});
    }
    auto flushed = state_->vault.flush();
    if (flushed) {
        std::map<Shard, std::vector<std::string>> notes;
        for (const auto& puncture : punctures) notes[puncture.shard].push_back(puncture.note);
        for (const auto& [shard, keys] : notes) {
            flushed = delete_keys(state_->store, shard, keys);
            if (!flushed) break;
        }
    }
    if (!flushed) {
        // Removing a note twice does no harm.
        std::lock_guard lock(state_->mutex);
        std::ranges::move(punctures, std::back_inserter(state_->punctures));
    }
    return flushed;
}

Result<void> Db::recover_punctures() {
    for (const auto* table : kPunctureTables) {
        std::string next;
        do {
            PEYK_TRY(auto notes, walk(*table, next, kPage));
            for (const auto& [owner, entry] : notes) {
                ByteReader rest(entry.rest);
                ByteReader body(entry.body);
                PendingPuncture puncture{.shard = DbState::shard(table->owner, owner),
                                         .note = DbState::key(*table, owner, entry.rest)};
                puncture.name = {.slot = body.varint(), .table = rest.u8(), .row = rest.u64be()};
                puncture.below = rest.u8() != 0;
                if (!rest.done() || !body.done()) return fail(Errc::corrupt, "a note of a puncture does not parse");
                state_->destroy(puncture);
                state_->punctures.push_back(std::move(puncture));
            }
        } while (!next.empty());
    }
    return flush_punctures();
}

}  // namespace peyk::storage
