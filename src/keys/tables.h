#pragma once
// The rows of keys/. Device numbers are Db::number(device id); names appear only inside sealed bodies.

#include <array>

#include "storage/table.h"

namespace peyk::keys {

using storage::Category;
using storage::Owner;
using storage::Seal;
using storage::Table;

inline constexpr Table kDeviceKeys{.id = 80,
                                   .name = "device_keys",
                                   .about = "Identity keys of a device, as the device signed and uploaded them.",
                                   .rest = "device number u64be",
                                   .owner = Owner::user,
                                   .seal = Seal::owner,
                                   .category = Category::identifiers,
                                   .kept = "until the device signs out or the account goes"};
inline constexpr Table kOneTimeKeys{.id = 81,
                                    .name = "one_time_keys",
                                    .about = "A public one-time key that nobody has claimed yet.",
                                    .rest = "device number u64be, upload sequence u64be",
                                    .owner = Owner::user,
                                    .seal = Seal::owner,
                                    .category = Category::identifiers,
                                    .kept = "until it is claimed or the device signs out"};
inline constexpr Table kIssuedKeys{.id = 82,
                                   .name = "issued_keys",
                                   .about = "Digest of a claimed one-time key, so that a late upload cannot revive it.",
                                   .rest = "device number u64be, upload sequence u64be",
                                   .owner = Owner::user,
                                   .seal = Seal::none,
                                   .category = Category::none,
                                   .kept = "the newest 200 of a device, until it signs out"};
inline constexpr Table kFallbackKeys{.id = 83,
                                     .name = "fallback_keys",
                                     .about = "The key handed out when a device has no one-time key left.",
                                     .rest = "device number u64be, digest of the algorithm 16 bytes",
                                     .owner = Owner::user,
                                     .seal = Seal::owner,
                                     .category = Category::identifiers,
                                     .kept = "until it is replaced or the device signs out"};
inline constexpr Table kCrossSigningKeys{.id = 84,
                                         .name = "cross_signing_keys",
                                         .about = "Public master, self-signing or user-signing key of a user.",
                                         .rest = "usage u8",
                                         .owner = Owner::user,
                                         .seal = Seal::owner,
                                         .category = Category::identifiers,
                                         .kept = "until it is replaced or the account goes"};
inline constexpr Table kOwnSignatures{.id = 85,
                                      .name = "own_signatures",
                                      .about = "A signature by one of the user's keys on another of the user's keys.",
                                      .rest = "digest of the signed key 16 bytes, digest of the signing key 16 bytes",
                                      .owner = Owner::user,
                                      .seal = Seal::owner,
                                      .category = Category::identifiers,
                                      .kept = "until either key goes"};
inline constexpr Table kGivenSignatures{
    .id = 86,
    .name = "given_signatures",
    .about = "A signature by the user's user-signing key on someone else's master key: whom the user has verified.",
    .rest = "number of the signed user u64be, digest of the signed key 16 bytes",
    .owner = Owner::user,
    .seal = Seal::owner,
    .category = Category::contacts,
    .kept = "until the user-signing key is replaced or the account goes"};
inline constexpr Table kSignatureNews{
    .id = 87,
    .name = "signature_news",
    .about = "Someone whom this user has signed: the user's other devices look the keys up again.",
    .rest = "position u64be",
    .owner = Owner::user,
    .seal = Seal::owner,
    .category = Category::contacts,
    .kept = "until the user-signing key is replaced or the account goes"};
inline constexpr Table kDeviceListNews{.id = 88,
                                       .name = "device_list_news",
                                       .about = "When the user's devices or cross-signing keys changed last.",
                                       .rest = "empty",
                                       .owner = Owner::user,
                                       .seal = Seal::none,
                                       .category = Category::none,
                                       .kept = "for the life of the store: one row per user",
                                       .stamped = true};
inline constexpr Table kUnannounced{.id = 89,
                                    .name = "device_list_unannounced",
                                    .about = "A change of a device list of which the shared rooms were not told yet.",
                                    .rest = "empty",
                                    .owner = Owner::user,
                                    .seal = Seal::owner,
                                    .category = Category::identifiers,
                                    .kept = "until the rooms were told: normally milliseconds",
                                    .stamped = true};
inline constexpr Table kInboxStates{.id = 90,
                                    .name = "inbox_states",
                                    .about = "Row numbers and size of the to-device inbox of a device.",
                                    .rest = "device number u64be",
                                    .owner = Owner::user,
                                    .seal = Seal::none,
                                    .category = Category::none,
                                    .kept = "until the device signs out"};
inline constexpr Table kInboxSlots{.id = 91,
                                   .name = "inbox_slots",
                                   .about = "The next free inbox number of the user; numbers are never used again.",
                                   .rest = "empty",
                                   .owner = Owner::user,
                                   .seal = Seal::none,
                                   .category = Category::none,
                                   .kept = "for the life of the account"};
inline constexpr Table kInbox{.id = 92,
                              .name = "inbox",
                              .about = "A to-device message that its device has not acknowledged yet.",
                              .rest = "row number u64be: inbox 24 bits, message 40 bits",
                              .owner = Owner::user,
                              .seal = Seal::row,
                              .category = Category::user_content,
                              .kept = "until a later sync of the device acknowledges it, or the device signs out",
                              .stamped = true};
inline constexpr Table kDelivered{
    .id = 93,
    .name = "delivered",
    .about = "Digest of a to-device message that was put into an inbox: repeats are dropped.",
    .rest = "day u16be, digest of sender, transaction and device 16 bytes",
    .owner = Owner::user,
    .seal = Seal::none,
    .category = Category::none,
    .kept = "one to two days"};
inline constexpr Table kSent{.id = 94,
                             .name = "to_device_transactions",
                             .about = "Digest of a transaction id that a device has used to send to-device messages.",
                             .rest = "device number u64be, day u16be, digest of type and transaction 16 bytes",
                             .owner = Owner::user,
                             .seal = Seal::none,
                             .category = Category::none,
                             .kept = "one to two days"};
inline constexpr Table kBackupVersions{.id = 95,
                                       .name = "backup_versions",
                                       .about = "A version of the key backup: algorithm, public data, count and etag.",
                                       .rest = "version u64be",
                                       .owner = Owner::user,
                                       .seal = Seal::owner,
                                       .category = Category::other_data,
                                       .kept = "until the user deletes it (an empty mark stays) or the account goes",
                                       .headed = true};
inline constexpr Table kBackupSessions{
    .id = 96,
    .name = "backup_sessions",
    .about = "A room key that the client has encrypted for its backup.",
    .rest = "version u64be, digest of the room 16 bytes, digest of the session 16 bytes",
    .owner = Owner::user,
    .seal = Seal::owner,
    .category = Category::other_data,
    .kept = "until the user deletes it or its version, or the account goes"};

inline constexpr Table kForgotten{.id = 97,
                                  .name = "forgotten_devices",
                                  .about = "A device that was deleted and whose keys and messages are being removed.",
                                  .rest = "device number u64be",
                                  .owner = Owner::user,
                                  .seal = Seal::owner,
                                  .category = Category::identifiers,
                                  .kept = "until they are removed: milliseconds, or until the next start"};

inline constexpr Table kDehydrated{
    .id = 98,
    .name = "dehydrated_devices",
    .about = "A device that nobody is signed in with: its id, and its private half as the user's apps sealed it.",
    .rest = "empty",
    .owner = Owner::user,
    .seal = Seal::owner,
    .category = Category::other_data,
    .kept = "until another one takes its place, the user takes it away, or the account goes"};

inline constexpr std::array<const Table*, 19> kTables{
    &kDeviceKeys,     &kOneTimeKeys,     &kIssuedKeys,    &kFallbackKeys,   &kCrossSigningKeys,
    &kOwnSignatures,  &kGivenSignatures, &kSignatureNews, &kDeviceListNews, &kUnannounced,
    &kInboxStates,    &kInboxSlots,      &kInbox,         &kDelivered,      &kSent,
    &kBackupVersions, &kBackupSessions,  &kForgotten,     &kDehydrated};

}  // namespace peyk::keys
