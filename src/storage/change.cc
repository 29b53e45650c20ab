#include "base/bytes.h"
#include "storage/db_state.h"
#include "storage/tables.h"

namespace peyk::storage {

Change::Change(Db& db, Owner owner, std::uint64_t number, Epoch epoch) : state_(db.state_), owner_(owner) {
    batch_.shard = DbState::shard(owner, number);
    batch_.epoch = epoch;
    batch_.reclaims = true;  // until something is put
}
Change::~Change() = default;
Change::Change(Change&&) noexcept = default;
Change& Change::operator=(Change&&) noexcept = default;

std::string Change::key(const Table& table, std::uint64_t owner, std::string_view rest) const {
    state_->must_know(table);
    if (table.owner != owner_ || DbState::shard(table.owner, owner) != batch_.shard) {
        panic(fmt::format("a row of table {} does not belong to the shard of its change", table.name));
    }
    return DbState::key(table, owner, rest);
}

// The owner's slot; its row joins this batch as long as it is not known to be durable.
std::optional<std::uint64_t> Change::slot(std::uint64_t owner) {
    auto slot = state_->slots.for_write(owner_, owner, batch_.shard);
    if (!slot) {
        broken_ = std::move(slot).error();
        return std::nullopt;
    }
    if (!slot->noted && std::ranges::find(new_owners_, owner) == new_owners_.end()) {
        std::string value;
        put_varint(value, slot->number);
        batch_.puts.push_back({.key = OwnerSlots::row_key(owner_, owner), .value = std::move(value)});
        new_owners_.push_back(owner);
    }
    return slot->number;
}

void Change::seal(const Table& table, std::uint64_t owner, const SealContext& context, std::string_view body,
                  std::size_t noise, std::string& out) {
    if (table.seal == Seal::none) {
        out.append(body);
        return;
    }
    auto slot = this->slot(owner);
    if (!slot) return;
    KeyName name{.slot = *slot};
    if (table.seal == Seal::row) {
        name.table = table.id;
        name.row = row_number(context.before);
    }
    auto sealed = state_->sealer.seal(name, context, body, noise, out);
    if (!sealed && !broken_) broken_ = std::move(sealed).error();
}

void Change::put(const Table& table, std::uint64_t owner, std::string_view rest, std::string_view body,
                 std::string_view header, std::size_t noise) {
    if (noise > body.size()) panic(fmt::format("a body of table {} is shorter than its noise", table.name));
    if (!header.empty() && !table.headed) panic(fmt::format("table {} has no clear header", table.name));
    Put put{.key = key(table, owner, rest)};
    if (table.stamped) {
        put.value.resize(sizeof(Position));
        put.value_hole = 0;
    }
    if (table.headed) put_bytes(put.value, header);
    SealContext context{.table = table.id, .owner = owner, .before = rest, .header = header};
    seal(table, owner, context, body, noise, put.value);
    batch_.puts.push_back(std::move(put));
    batch_.reclaims = false;
}

void Change::put_at_position(const Table& table, std::uint64_t owner, std::string_view before, std::string_view after,
                             std::string_view body, std::uint32_t nth) {
    std::string rest(before);
    rest.append(sizeof(Position), '\0').append(after);
    Put put{.key = key(table, owner, rest), .nth = nth};
    put.key_hole = static_cast<std::uint32_t>(put.key.size() - after.size() - sizeof(Position));
    if (table.stamped) {
        put.value.resize(sizeof(Position));
        put.value_hole = 0;
    }
    if (table.headed) put_bytes(put.value, {});
    SealContext context{.table = table.id, .owner = owner, .before = before, .after = after, .hole = true};
    seal(table, owner, context, body, 0, put.value);
    batch_.puts.push_back(std::move(put));
    batch_.reclaims = false;
    take_positions(nth + 1);
}

void Change::del(const Table& table, std::uint64_t owner, std::string_view rest) {
    batch_.dels.push_back(key(table, owner, rest));
}

void Change::puncture(const Table& table, std::uint64_t owner, std::uint64_t row) {
    add_punctures(table, owner, row, false);
}

void Change::puncture_below(const Table& table, std::uint64_t owner, std::uint64_t row) {
    if (row != 0) add_punctures(table, owner, row, true);
}

void Change::add_punctures(const Table& table, std::uint64_t owner, std::uint64_t row, bool below) {
    if (table.seal != Seal::row) panic(fmt::format("rows of table {} have no keys of their own", table.name));
    static_cast<void>(key(table, owner, {}));  // the checks
    auto slot = state_->slots.find(owner_, owner, batch_.shard);
    if (!slot) {
        broken_ = std::move(slot).error();
        return;
    }
    if (!*slot) return;  // nothing of this owner was ever sealed
    const auto& notes = *kPunctureTables[static_cast<std::size_t>(owner_)];
    std::string rest;
    put_u8(rest, table.id);
    put_u64be(rest, row);
    put_u8(rest, below ? 1 : 0);
    PendingPuncture puncture{.shard = batch_.shard,
                             .note = DbState::key(notes, owner, rest),
                             .name = {.slot = **slot, .table = table.id, .row = row},
                             .below = below};
    std::string value;
    put_varint(value, **slot);
    batch_.puts.push_back({.key = puncture.note, .value = std::move(value)});
    punctures_.push_back(std::move(puncture));
}

void Change::take_positions(std::uint32_t count) { batch_.positions = std::max(batch_.positions, count); }

void Change::reclaims() { batch_.reclaims = true; }

bool Change::empty() const { return batch_.puts.empty() && batch_.dels.empty() && !broken_; }

std::size_t Change::bytes() const { return batch_.bytes(); }

}  // namespace peyk::storage
