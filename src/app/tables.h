#pragma once
// What the store knows about its server.

#include <array>

#include "storage/table.h"

namespace peyk::app {

using storage::Category;
using storage::Owner;
using storage::Seal;

inline constexpr storage::Table kIdentity{
    .id = 170,
    .name = "server_identity",
    .about = "the name that the store was made for, the day, and whether it is a trial",
    .rest = "empty",
    .owner = Owner::server,
    .seal = Seal::owner,
    .category = Category::none,
    .kept = "as long as the store"};

inline constexpr storage::Table kSigningKeys{
    .id = 171,
    .name = "server_signing_keys",
    .about = "a key with which the server signs events: its name, the secret, the day it was made",
    .rest = "number of the key u32be; the greatest signs",
    .owner = Owner::server,
    .seal = Seal::owner,
    .category = Category::none,
    .kept = "as long as the store, since old events are checked with it"};

inline constexpr storage::Table kUpkeep{
    .id = 172,
    .name = "server_upkeep",
    .about = "when the store was verified last and with what result; positions of the last two days by time",
    .rest = "kind u8, time u64be",
    .owner = Owner::server,
    .seal = Seal::owner,
    .category = Category::none,
    .kept = "the last verification until the next one; positions for two days"};

inline constexpr std::array<const storage::Table*, 3> kTables{&kIdentity, &kSigningKeys, &kUpkeep};

}  // namespace peyk::app
