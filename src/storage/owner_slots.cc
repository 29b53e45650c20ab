#include "storage/owner_slots.h"

#include "base/bytes.h"
#include "storage/tables.h"

namespace peyk::storage {

std::string OwnerSlots::row_key(Owner owner, std::uint64_t number) {
    std::string key;
    put_u8(key, kSlotTables[static_cast<std::size_t>(owner)]->id);
    put_u64be(key, number);
    return key;
}

void OwnerSlots::make_room(Part& part) {
    if (part.slots.size() < kMostPerPart) return;
    // Slots whose row is not durable yet exist only here.
    std::erase_if(part.slots, [](const auto& entry) { return entry.second.noted; });
}

Result<std::optional<OwnerSlots::Slot>> OwnerSlots::look_up(Part& part, Owner owner, std::uint64_t number,
                                                            Shard shard) {
    auto cached = part.slots.find({number, owner});
    if (cached != part.slots.end()) return cached->second;
    PEYK_TRY(auto row, store_.get(shard, row_key(owner, number)));
    if (!row) return std::nullopt;
    ByteReader in(*row);
    Slot slot{in.varint(), true};
    if (!in.done()) return fail(Errc::corrupt, "an owner's slot of keys does not parse");
    make_room(part);
    part.slots[{number, owner}] = slot;
    return slot;
}

Result<OwnerSlots::Slot> OwnerSlots::for_write(Owner owner, std::uint64_t number, Shard shard) {
    auto& part = this->part(number);
    // Held over the read: two first writers of one owner must agree on the slot.
    std::lock_guard lock(part.mutex);
    PEYK_TRY(auto slot, look_up(part, owner, number, shard));
    if (slot && vault_.key({.slot = slot->number})) return *slot;
    PEYK_TRY(auto fresh, vault_.new_slot());
    make_room(part);
    Slot made{fresh, false};
    part.slots[{number, owner}] = made;
    return made;
}

Result<std::optional<std::uint64_t>> OwnerSlots::find(Owner owner, std::uint64_t number, Shard shard) {
    auto& part = this->part(number);
    std::lock_guard lock(part.mutex);
    PEYK_TRY(auto slot, look_up(part, owner, number, shard));
    if (!slot) return std::nullopt;
    return slot->number;
}

void OwnerSlots::noted(Owner owner, std::uint64_t number) {
    auto& part = this->part(number);
    std::lock_guard lock(part.mutex);
    auto found = part.slots.find({number, owner});
    if (found != part.slots.end()) found->second.noted = true;
}

void OwnerSlots::forget(Owner owner, std::uint64_t number) {
    auto& part = this->part(number);
    std::lock_guard lock(part.mutex);
    part.slots.erase({number, owner});
}

}  // namespace peyk::storage
