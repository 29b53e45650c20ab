#pragma once
// The tables of storage/ itself: notes that make destruction of keys survive a crash, who has which slot of keys, and
// the form of the rows.

#include <array>

#include "storage/table.h"

namespace peyk::storage {

namespace detail {
constexpr Table puncture_table(std::uint8_t id, std::string_view name, Owner owner) {
    return {.id = id,
            .name = name,
            .about = "a row key that is destroyed in memory but perhaps not yet in the key table",
            .rest = "table u8, row u64be, 1 if all smaller rows are meant u8",
            .owner = owner,
            .seal = Seal::none,
            .category = Category::none,
            .kept = "until the key table is written, within a minute"};
}
constexpr Table slot_table(std::uint8_t id, std::string_view name, Owner owner) {
    return {.id = id,
            .name = name,
            .about = "number of the owner's branch in the tree of keys",
            .rest = "",
            .owner = owner,
            .seal = Seal::none,
            .category = Category::none,
            .kept = "until the owner is dropped"};
}
}  // namespace detail

inline constexpr Table kRoomPunctures = detail::puncture_table(190, "room_punctures", Owner::room);
inline constexpr Table kUserPunctures = detail::puncture_table(191, "user_punctures", Owner::user);
inline constexpr Table kDestinationPunctures = detail::puncture_table(192, "destination_punctures", Owner::destination);
inline constexpr Table kServerPunctures = detail::puncture_table(193, "server_punctures", Owner::server);
inline constexpr Table kRoomSlots = detail::slot_table(194, "room_key_slots", Owner::room);
inline constexpr Table kUserSlots = detail::slot_table(195, "user_key_slots", Owner::user);
inline constexpr Table kDestinationSlots = detail::slot_table(196, "destination_key_slots", Owner::destination);
inline constexpr Table kServerSlots = detail::slot_table(197, "server_key_slots", Owner::server);

inline constexpr Table kContentFormat{.id = 198,
                                      .name = "content_format",
                                      .about = "the form that the rows of all tables have: a number (migrations.h)",
                                      .rest = "empty; `made` for the form that they had when the store was made",
                                      .owner = Owner::server,
                                      .seal = Seal::none,
                                      .category = Category::none,
                                      .kept = "as long as the store"};

// By the value of Owner.
inline constexpr std::array kPunctureTables{&kRoomPunctures, &kUserPunctures, &kDestinationPunctures,
                                            &kServerPunctures};
inline constexpr std::array kSlotTables{&kRoomSlots, &kUserSlots, &kDestinationSlots, &kServerSlots};

// For the catalog. Db knows them by itself; listing them again is allowed.
inline constexpr std::array<const Table*, 9> kTables{
    &kRoomPunctures, &kUserPunctures,    &kDestinationPunctures, &kServerPunctures, &kRoomSlots,
    &kUserSlots,     &kDestinationSlots, &kServerSlots,          &kContentFormat,
};

}  // namespace peyk::storage
