#pragma once
// What users/ keeps on disk. Ids 40 to 79.

#include <array>
#include <span>

#include "storage/table.h"

namespace peyk::users {

using storage::Category;
using storage::Owner;
using storage::Seal;
using storage::Table;

inline constexpr Table kAccounts{40,
                                 "accounts",
                                 "an account: id, password hash, state flags, day of creation",
                                 "empty",
                                 Owner::user,
                                 Seal::owner,
                                 Category::identifiers,
                                 "for ever, so that the name is not given again; without password once deactivated"};
inline constexpr Table kDevices{41,
                                "devices",
                                "a device of the user: its id, the name given to it, its session number",
                                "digest of the device id, 16 bytes",
                                Owner::user,
                                Seal::owner,
                                Category::identifiers,
                                "until the device is signed out"};
inline constexpr Table kTokens{42,
                               "tokens",
                               "an access or refresh token's device and expiry, found by a keyed hash",
                               "digest of the token, 16 bytes",
                               Owner::user,
                               Seal::owner,
                               Category::identifiers,
                               "until signed out, refreshed or expired"};
inline constexpr Table kDeviceDays{43,
                                   "device_days",
                                   "the day on which a device was last used (never finer)",
                                   "digest of the device id, 16 bytes",
                                   Owner::user,
                                   Seal::owner,
                                   Category::usage_data,
                                   "until the device is signed out"};
inline constexpr Table kResetLinks{44,
                                   "reset_links",
                                   "a password reset link that an administrator issued",
                                   "digest of the token, 16 bytes",
                                   Owner::user,
                                   Seal::owner,
                                   Category::none,
                                   "until used or replaced; refused after its expiry"};
inline constexpr Table kRegistrationTokens{45,
                                           "registration_tokens",
                                           "an invitation: a token that lets people register, with its uses; the "
                                           "room that it leads to and who made it; that one was revoked",
                                           "digest of the token, 16 bytes",
                                           Owner::server,
                                           Seal::owner,
                                           Category::identifiers,
                                           "until its maker or an administrator deletes it; invitations to rooms 30 "
                                           "days after their end; that one was revoked 30 days"};
inline constexpr Table kUserCounters{46,
                                     "user_counters",
                                     "how many filters and account data rows the user has",
                                     "name of the counter",
                                     Owner::user,
                                     Seal::none,
                                     Category::none,
                                     "as long as the account"};
inline constexpr Table kAccountData{47,
                                    "account_data",
                                    "the newest account data of a type, global or of a room",
                                    "room number u64be (0: global), digest of the type, 16 bytes",
                                    Owner::user,
                                    Seal::owner,
                                    Category::user_content,
                                    "until replaced, or the account is deactivated",
                                    true};
inline constexpr Table kAccountDataStream{48,
                                          "account_data_stream",
                                          "when which account data row last changed",
                                          "position u64be, then the key of the row",
                                          Owner::user,
                                          Seal::none,
                                          Category::none,
                                          "until the row changes again"};
inline constexpr Table kFilters{49,
                                "filters",
                                "a sync filter as the client wrote it",
                                "filter number u32be",
                                Owner::user,
                                Seal::owner,
                                Category::other_data,
                                "until the account is deactivated"};
inline constexpr Table kFilterIndex{50,
                                    "filter_index",
                                    "the number of a filter by its content",
                                    "digest, 16 bytes",
                                    Owner::user,
                                    Seal::none,
                                    Category::none,
                                    "as long as the filter"};
inline constexpr Table kProfiles{51,
                                 "profiles",
                                 "the profile: display name, avatar and other fields",
                                 "empty",
                                 Owner::user,
                                 Seal::owner,
                                 Category::contact_info,
                                 "until changed, or the account is deactivated"};
inline constexpr Table kPushers{52,
                                "pushers",
                                "where the user's notifications shall go",
                                "digest of app id and push key, 16 bytes",
                                Owner::user,
                                Seal::owner,
                                Category::identifiers,
                                "until the client removes it or the device is signed out"};
inline constexpr Table kPusherIndex{53,
                                    "pusher_index",
                                    "whose pusher an app id and push key is, to replace it",
                                    "digest of app id and push key, 16 bytes, user number u64be",
                                    Owner::server,
                                    Seal::none,
                                    Category::none,
                                    "as long as the pusher"};
inline constexpr Table kEndedAccounts{54,
                                      "ended_accounts",
                                      "a deactivation whose consequences are still under way",
                                      "user number u64be",
                                      Owner::server,
                                      Seal::owner,
                                      Category::identifiers,
                                      "until the rooms are left"};

inline constexpr Table kThirdPartyIds{56,
                                      "third_party_ids",
                                      "an e-mail address that the user proved to be theirs",
                                      "digest of medium and address, 16 bytes",
                                      Owner::user,
                                      Seal::owner,
                                      Category::contact_info,
                                      "until the user removes it, or the account is deactivated"};
inline constexpr Table kThirdPartyOwners{57,
                                         "third_party_owners",
                                         "whose an e-mail address is, by a keyed digest of it",
                                         "digest of medium and address, 16 bytes",
                                         Owner::server,
                                         Seal::owner,
                                         Category::none,
                                         "as long as the address"};
inline constexpr Table kThirdPartyBindings{
    58,
    "third_party_bindings",
    "an address that the user had bound at an identity server through this server",
    "digest of medium, address and server, 16 bytes",
    Owner::user,
    Seal::owner,
    Category::contact_info,
    "until it is unbound, or the account is deactivated"};

inline constexpr Table kProviderLinks{59,
                                      "provider_links",
                                      "that a person at a sign-in provider uses this account; of them a digest only",
                                      "keyed digest of the provider and its name for the person, 16 bytes",
                                      Owner::user,
                                      Seal::owner,
                                      Category::identifiers,
                                      "until unlinked, or the account is deactivated"};
inline constexpr Table kProviderLinkOwners{60,
                                           "provider_link_owners",
                                           "which account a person at a sign-in provider uses, by that digest",
                                           "keyed digest of the provider and its name for the person, 16 bytes",
                                           Owner::server,
                                           Seal::owner,
                                           Category::none,
                                           "as long as the link"};

inline constexpr std::array<const Table*, 20> kTables{&kAccounts,      &kDevices,           &kTokens,
                                                      &kDeviceDays,    &kResetLinks,        &kRegistrationTokens,
                                                      &kUserCounters,  &kAccountData,       &kAccountDataStream,
                                                      &kFilters,       &kFilterIndex,       &kProfiles,
                                                      &kPushers,       &kPusherIndex,       &kEndedAccounts,
                                                      &kThirdPartyIds, &kThirdPartyOwners,  &kThirdPartyBindings,
                                                      &kProviderLinks, &kProviderLinkOwners};
inline std::span<const Table* const> tables() { return kTables; }

}  // namespace peyk::users
