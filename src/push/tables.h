#pragma once
// The tables of push/. Layouts of the values stand beside the code that writes them.

#include <array>

#include "storage/table.h"

namespace peyk::push {

using storage::Category;
using storage::Owner;
using storage::Seal;
using storage::Table;

inline constexpr Table kFacts{
    .id = 200,
    .name = "notification_facts",
    .about = "of 256 events in a row: whose they are, in which thread, and whom they mention; taken from the events",
    .rest = "page u64be",
    .owner = Owner::room,
    .seal = Seal::owner,
    .category = Category::contacts,
    .kept = "until one of the events is past its lifetime, or the room is removed; a mention until it is redacted"};

inline constexpr Table kOutcomes{
    .id = 201,
    .name = "notification_outcomes",
    .about = "which of 256 events in a row notify or highlight under one set of push rules",
    .rest = "hash of the rules u64be, page u64be",
    .owner = Owner::room,
    .seal = Seal::owner,
    .category = Category::none,
    .kept = "until one of the events is past its lifetime, or the room is removed"};

inline constexpr Table kPusherStates{.id = 202,
                                     .name = "pusher_states",
                                     .about = "up to where a pusher has sent what there was to send",
                                     .rest = "digest of app id and push key, 16 bytes",
                                     .owner = Owner::user,
                                     .seal = Seal::owner,
                                     .category = Category::usage_data,
                                     .kept = "as long as the pusher"};

inline constexpr std::array<const Table*, 3> kTables{&kFacts, &kOutcomes, &kPusherStates};

}  // namespace peyk::push
