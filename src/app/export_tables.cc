#include "app/export.h"
#include "appservices/tables.h"
#include "keys/tables.h"
#include "media/tables.h"
#include "oauth/tables.h"
#include "push/tables.h"
#include "rooms/tables.h"
#include "storage/tables.h"
#include "sync/tables.h"
#include "users/tables.h"

namespace peyk::app {
namespace {

constexpr std::string_view kCount = "a number by which the server counts its rows; the rows themselves are given";
constexpr std::string_view kIndex = "finds other rows, which are given; holds nothing else";
constexpr std::string_view kDigest = "a digest by which a repeated request is recognised; nothing can be read from it";
constexpr std::string_view kMoment = "a mark of work that takes milliseconds";

constexpr Exported kExported[] = {
    // Of users.
    {&users::kAccounts, "account.json", ""},  // the password as "has_password": its hash would serve a thief only
    {&users::kDevices, "devices.json", ""},
    {&users::kDeviceDays, "devices.json", ""},
    {&users::kTokens, "devices.json", ""},  // their times; the tokens are not known to the server either
    {&users::kResetLinks, "account.json", ""},
    {&users::kUserCounters, "", kCount},
    {&users::kAccountData, "account-data.json", ""},
    {&users::kAccountDataStream, "", kIndex},
    {&users::kFilters, "filters.json", ""},
    {&users::kFilterIndex, "", kIndex},
    {&users::kProfiles, "profile.json", ""},
    {&users::kPushers, "pushers.json", ""},
    {&push::kPusherStates, "pushers.json", ""},
    {&users::kThirdPartyIds, "addresses.json", ""},
    {&users::kThirdPartyBindings, "addresses.json", ""},
    {&users::kProviderLinks, "addresses.json", ""},
    {&oauth::kAuthenticators, "second-factors.json", ""},  // that there is one: its secret would let others sign in
    {&oauth::kRecoveryCodes, "second-factors.json", ""},
    {&oauth::kPasskeys, "second-factors.json", ""},
    {&keys::kDeviceKeys, "keys.json", ""},
    {&keys::kOneTimeKeys, "keys.json", ""},
    {&keys::kFallbackKeys, "keys.json", ""},
    {&keys::kDehydrated, "keys.json", ""},
    {&keys::kCrossSigningKeys, "keys.json", ""},
    {&keys::kOwnSignatures, "signatures.json", ""},
    {&keys::kGivenSignatures, "signatures.json", ""},
    {&keys::kSignatureNews, "signatures.json", ""},
    {&keys::kIssuedKeys, "", "digests of one-time keys that were handed out, so that none is used twice"},
    {&keys::kDeviceListNews, "",
     "when the devices changed last, as a number that means nothing outside of this server"},
    {&keys::kUnannounced, "", kMoment},
    {&keys::kForgotten, "", kMoment},
    {&keys::kInboxStates, "", kCount},
    {&keys::kInboxSlots, "", kCount},
    {&keys::kInbox, "to-device-1.json", ""},
    {&keys::kDelivered, "", kDigest},
    {&keys::kSent, "", kDigest},
    {&keys::kBackupVersions, "key-backup.json", ""},
    {&keys::kBackupSessions, "key-backup/", ""},
    {&media::kUploads, "files.json", ""},
    {&media::kUsage, "account.json", ""},
    {&media::kPending, "", "an id that was given out for a file which has not come; gone after a day"},
    {&sync::kConnections, "",
     "which of the rooms in rooms.json an app was told of, as numbers; gone when it is unused"},
    {&rooms::kMemberships, "rooms.json", ""},
    {&rooms::kDelayedEvents, "delayed-events.json", ""},
    {&storage::kUserSlots, "", kCount},
    {&storage::kUserPunctures, "", kMoment},
    // Of rooms and of the server, with something of one user.
    {&rooms::kEvents, "rooms/", ""},
    {&rooms::kRedactedEvents, "rooms/", ""},
    {&rooms::kReceipts, "receipts.json", ""},
    {&rooms::kReadMarks, "receipts.json", ""},
    {&rooms::kAliases, "aliases.json", ""},
    {&rooms::kReports, "reports.json", ""},
    {&media::kMedia, "files/", ""},
    {&media::kThumbnails, "", "smaller copies of pictures, which are given"},
};

}  // namespace

std::span<const Exported> exported_tables() { return kExported; }

}  // namespace peyk::app
