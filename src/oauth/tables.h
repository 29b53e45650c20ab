#pragma once
// What oauth/ keeps on disk. Ids 220 to 229.

#include <array>
#include <span>

#include "storage/table.h"

namespace peyk::oauth {

using storage::Category;
using storage::Owner;
using storage::Seal;
using storage::Table;

inline constexpr Table kClients{220,
                                "oauth_clients",
                                "an app as it described itself: name, pages, where it is sent back to",
                                "digest of the description, 16 bytes",
                                Owner::server,
                                Seal::owner,
                                Category::none,
                                "as long as a device is signed in by it; else until room is needed"};

inline constexpr Table kAuthenticators{221,
                                       "authenticator_apps",
                                       "the secret that an authenticator app shares with the server, and its last step",
                                       "empty",
                                       Owner::user,
                                       Seal::owner,
                                       Category::identifiers,
                                       "until switched off, or the account is deactivated"};
inline constexpr Table kRecoveryCodes{222,
                                      "recovery_codes",
                                      "that a code for the loss of the second factor is not used yet",
                                      "digest of the code, 16 bytes",
                                      Owner::user,
                                      Seal::owner,
                                      Category::none,
                                      "until used or replaced"};
inline constexpr Table kPasskeys{223,
                                 "passkeys",
                                 "a passkey: its id, public key, counter and the name given to it",
                                 "digest of the id, 16 bytes",
                                 Owner::user,
                                 Seal::owner,
                                 Category::identifiers,
                                 "until removed, or the account is deactivated"};

inline constexpr std::array<const Table*, 4> kTables{&kClients, &kAuthenticators, &kRecoveryCodes, &kPasskeys};
inline std::span<const Table* const> tables() { return kTables; }

}  // namespace peyk::oauth
