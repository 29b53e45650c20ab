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
    .about = "when the store was verified last and with what result, and rewritten; positions of two days by time",
    .rest = "kind u8, time u64be",
    .owner = Owner::server,
    .seal = Seal::owner,
    .category = Category::none,
    .kept = "the last verification and rewriting until the next one; positions for two days"};

inline constexpr storage::Table kErasures{
    .id = 173,
    .name = "erasure_receipts",
    .about = "what was erased with an account, in numbers, and how far it is; does not say whose account it was",
    .rest = "digest of the receipt's id, 16 bytes",
    .owner = Owner::server,
    .seal = Seal::owner,
    .category = Category::none,
    .kept = "90 days after the erasure was done"};

inline constexpr storage::Table kErasureJobs{
    .id = 174,
    .name = "erasures_under_way",
    .about = "an account that is being erased, and a room in which its messages are still to be redacted",
    .rest = "user number u64be, room number u64be (0: the account)",
    .owner = Owner::server,
    .seal = Seal::owner,
    .category = Category::identifiers,
    .kept = "until the erasure is done"};

inline constexpr std::array<const storage::Table*, 5> kTables{&kIdentity, &kSigningKeys, &kUpkeep, &kErasures,
                                                              &kErasureJobs};

}  // namespace peyk::app
