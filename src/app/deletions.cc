#include "app/deletions.h"

#include <fmt/format.h>

#include <array>

#include "app/tables.h"
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

using namespace std::chrono_literals;
using storage::Table;

constexpr auto kDay = 24h;
constexpr auto kKeys = 60s;        // a destroyed key has left the disk too (storage/open.h)
constexpr auto kFiles = 7 * kDay;  // storage.rewrite_every, and the rewriting itself
constexpr auto kSweep = 7h;        // housekeeping looks every six hours

constexpr std::array kRedacted{&rooms::kEvents, &rooms::kRelations, &rooms::kThreads, &rooms::kAnnotations,
                               &push::kFacts};
constexpr std::array kPastLifetime{&rooms::kEvents,  &rooms::kEventIndex,  &rooms::kRedactedEvents, &rooms::kRelations,
                                   &rooms::kThreads, &rooms::kAnnotations, &push::kFacts,           &push::kOutcomes};
// All that is of a room.
constexpr std::array kOfRoom{&rooms::kRoomInfo,   &rooms::kEvents,   &rooms::kEventIndex,   &rooms::kStateNodes,
                             &rooms::kStateNames, &rooms::kReceipts, &rooms::kRoomStream,   &rooms::kReadMarks,
                             &rooms::kRelations,  &rooms::kThreads,  &rooms::kAnnotations,  &rooms::kRedactedEvents,
                             &rooms::kRetention,  &push::kFacts,     &rooms::kTransactions, &rooms::kDeviceListRows,
                             &push::kOutcomes};
constexpr std::array kNewsOfRemoval{&rooms::kMemberships, &rooms::kRemovedRooms};
constexpr std::array kFileRows{&media::kMedia, &media::kMediaIds, &media::kThumbnails, &media::kUploads};
constexpr std::array kOldFileRows{&media::kMedia, &media::kMediaIds, &media::kUploads};
constexpr std::array kUnfilled{&media::kMedia, &media::kMediaIds, &media::kPending};
constexpr std::array kLent{&media::kMedia, &media::kMediaIds, &media::kBorrowed};
constexpr std::array kAcknowledged{&keys::kInbox};
constexpr std::array kClaimed{&keys::kOneTimeKeys};
constexpr std::array kSignedOut{&users::kDevices,    &users::kDeviceDays, &users::kTokens,       &keys::kDeviceKeys,
                                &keys::kOneTimeKeys, &keys::kIssuedKeys,  &keys::kFallbackKeys,  &keys::kInboxStates,
                                &keys::kInbox,       &keys::kSent,        &keys::kOwnSignatures, &sync::kConnections};
constexpr std::array kExpired{&users::kTokens, &users::kResetLinks};
constexpr std::array kDelayedDone{&rooms::kDelayedEvents};
constexpr std::array kTransactionRows{&rooms::kTransactions, &keys::kSent, &keys::kDelivered};
constexpr std::array kIdle{&sync::kConnections};
constexpr std::array kReadOn{&rooms::kReceipts, &rooms::kReadMarks, &rooms::kRoomStream};
// Everything that a client, an administrator or a bridge takes back or writes anew.
constexpr std::array kTakenBack{&users::kProfiles,
                                &users::kAccountData,
                                &users::kAccountDataStream,
                                &users::kPushers,
                                &users::kPusherIndex,
                                &push::kPusherStates,
                                &users::kRegistrationTokens,
                                &users::kThirdPartyIds,
                                &users::kThirdPartyOwners,
                                &users::kThirdPartyBindings,
                                &users::kProviderLinks,
                                &users::kProviderLinkOwners,
                                &oauth::kAuthenticators,
                                &oauth::kRecoveryCodes,
                                &oauth::kPasskeys,
                                &keys::kFallbackKeys,
                                &keys::kDehydrated,
                                &keys::kCrossSigningKeys,
                                &keys::kGivenSignatures,
                                &keys::kSignatureNews,
                                &keys::kBackupVersions,
                                &keys::kBackupSessions,
                                &rooms::kAliases,
                                &rooms::kRoomAliases,
                                &rooms::kDirectory,
                                &rooms::kMemberships,
                                &rooms::kReports,
                                &appservices::kQueues,
                                &appservices::kNetworkRooms};
constexpr std::array kWithAccount{&users::kProfiles,        &users::kAccountData,   &users::kAccountDataStream,
                                  &users::kFilters,         &users::kFilterIndex,   &users::kDevices,
                                  &users::kTokens,          &users::kUserCounters,  &users::kPushers,
                                  &keys::kCrossSigningKeys, &keys::kBackupVersions, &keys::kBackupSessions};
// All that is of a user.
constexpr std::array kOfErased{&users::kDevices,
                               &users::kTokens,
                               &users::kDeviceDays,
                               &users::kResetLinks,
                               &users::kUserCounters,
                               &users::kAccountData,
                               &users::kAccountDataStream,
                               &users::kFilters,
                               &users::kFilterIndex,
                               &users::kProfiles,
                               &users::kPushers,
                               &users::kThirdPartyIds,
                               &users::kThirdPartyBindings,
                               &users::kProviderLinks,
                               &users::kAccounts,
                               &keys::kDeviceKeys,
                               &keys::kOneTimeKeys,
                               &keys::kIssuedKeys,
                               &keys::kFallbackKeys,
                               &keys::kDehydrated,
                               &keys::kCrossSigningKeys,
                               &keys::kOwnSignatures,
                               &keys::kGivenSignatures,
                               &keys::kSignatureNews,
                               &keys::kDeviceListNews,
                               &keys::kInboxStates,
                               &keys::kInboxSlots,
                               &keys::kInbox,
                               &keys::kDelivered,
                               &keys::kSent,
                               &keys::kBackupVersions,
                               &keys::kBackupSessions,
                               &media::kUploads,
                               &media::kUsage,
                               &media::kPending,
                               &oauth::kAuthenticators,
                               &oauth::kRecoveryCodes,
                               &oauth::kPasskeys,
                               &push::kPusherStates,
                               &sync::kConnections,
                               &rooms::kMemberships,
                               &rooms::kDelayedEvents,
                               &storage::kUserSlots};
// Marks of a work of two steps: they go with the second one.
constexpr std::array kReceipts{&kErasures};
constexpr std::array kMarks{&kErasureJobs,
                            &rooms::kOutbox,
                            &keys::kUnannounced,
                            &keys::kForgotten,
                            &users::kEndedAccounts,
                            &storage::kRoomPunctures,
                            &storage::kUserPunctures,
                            &storage::kServerPunctures,
                            &storage::kDestinationPunctures,
                            &kUpkeep};

constexpr Deletion kDeletions[] = {
    {"message redacted", "the redaction was answered", Deadline::at_once(), Deadline::within(kKeys),
     Deadline::within(kFiles), kRedacted},
    {"message past its lifetime", "the end of its lifetime", Deadline::at_once(), Deadline::within(3min),
     Deadline::within(kFiles), kPastLifetime},
    {"room removed", "the removal was answered", Deadline::at_once(), Deadline::within(kKeys), Deadline::within(kFiles),
     kOfRoom, true},
    {"news of a removed room", "the removal of the room", Deadline::within(30 * kDay + kSweep),
     Deadline::within(30 * kDay + kSweep), Deadline::within(30 * kDay + kSweep + kFiles), kNewsOfRemoval},
    {"file deleted", "its uploader, an administrator or an erasure deleted it", Deadline::at_once(),
     Deadline::within(kKeys), Deadline::within(kFiles), kFileRows},
    {"file past its lifetime", "the end of its lifetime (media.lifetime)", Deadline::within(kDay + kSweep),
     Deadline::within(kDay + kSweep + kKeys), Deadline::within(kDay + kSweep + kFiles), kOldFileRows},
    {"upload id without content", "the id was given out", Deadline::within(kDay), Deadline::within(kDay + 1h + kSweep),
     Deadline::within(kDay + kSweep + kFiles), kUnfilled},
    {"picture of a preview", "the end of its time (media.preview_lifetime)", Deadline::at_once(),
     Deadline::within(15min), Deadline::within(kFiles), kLent},
    {"message between devices acknowledged", "a sync of the device showed that it has the message", Deadline::at_once(),
     Deadline::within(kKeys), Deadline::within(kFiles), kAcknowledged},
    {"one-time key claimed", "the claim was answered", Deadline::at_once(), Deadline::at_once(),
     Deadline::within(kFiles), kClaimed},
    {"device signed out", "the sign-out was answered", Deadline::at_once(), Deadline::within(kKeys),
     Deadline::within(kFiles), kSignedOut},
    {"token or link expired", "its expiry", Deadline::at_once(), Deadline::within(30 * kDay + kSweep),
     Deadline::within(30 * kDay + kSweep + kFiles), kExpired},
    {"delayed event done", "it was sent, cancelled or given up", Deadline::within(8 * kDay), Deadline::within(8 * kDay),
     Deadline::within(8 * kDay + kFiles), kDelayedDone},
    {"transaction over", "the request was answered", Deadline::within(2 * kDay + kSweep),
     Deadline::within(2 * kDay + kSweep), Deadline::within(2 * kDay + kSweep + kFiles), kTransactionRows},
    {"sync connection idle", "its last use", Deadline::within(31 * kDay + kSweep), Deadline::within(31 * kDay + kSweep),
     Deadline::within(31 * kDay + kSweep + kFiles), kIdle},
    {"read further", "the next receipt of the same kind", Deadline::at_once(), Deadline::at_once(),
     Deadline::within(kFiles), kReadOn},
    {"replaced or taken back", "whoever may has written it anew or deleted it", Deadline::at_once(),
     Deadline::at_once(), Deadline::within(kFiles), kTakenBack},
    {"account ended", "the deactivation was answered", Deadline::at_once(), Deadline::at_once(),
     Deadline::within(kFiles), kWithAccount},
    {"account erased", "the deactivation with `erase` was answered", Deadline::at_once(), Deadline::within(kKeys),
     Deadline::within(kFiles), kOfErased, true},
    {"receipt of an erasure", "the erasure was done", Deadline::within(90 * kDay), Deadline::within(90 * kDay + kSweep),
     Deadline::within(90 * kDay + kSweep + kFiles), kReceipts},
    {"sign-in step over",
     "half an hour without the next step; in memory only",
     Deadline::within(30min),
     Deadline::within(30min),
     Deadline::within(30min),
     {}},
    {"work done", "the second step of the work; normally milliseconds", Deadline::within(2 * kDay + kSweep),
     Deadline::within(2 * kDay + kSweep), Deadline::within(2 * kDay + kSweep + kFiles), kMarks},
};

constexpr std::string_view kNumber = "a number that must not start again; it says nothing about what it counts";
constexpr Standing kStanding[] = {
    {&users::kAccounts, "the name must not be given to somebody else; without a password once the account ended"},
    {&rooms::kRetentionTime, "one row, overwritten every hour"},
    {&rooms::kErasedUsers, "the messages of these accounts stay hidden from those who come later"},
    {&keys::kDeviceListNews, kNumber},
    {&keys::kInboxSlots, kNumber},
    {&media::kUsage, "two sums, as long as the account"},
    {&oauth::kClients, "descriptions of apps, not of people; the oldest without a device make room"},
    {&kIdentity, "the server's own"},
    {&kSigningKeys, "old events are checked with them"},
    {&storage::kContentFormat, "the store's own"},
    {&storage::kRoomSlots, kNumber},
    {&storage::kUserSlots, kNumber},
    {&storage::kDestinationSlots, kNumber},
    {&storage::kServerSlots, kNumber},
};

}  // namespace

std::string to_text(Deadline deadline) {
    if (deadline.kind == Deadline::Kind::never) return "never";
    if (deadline.kind == Deadline::Kind::at_once) return "at once";
    auto seconds = deadline.time.count();
    if (seconds % 86'400 == 0) return fmt::format("within {} d", seconds / 86'400);
    if (seconds % 3'600 == 0) return fmt::format("within {} h", seconds / 3'600);
    if (seconds % 60 == 0 && seconds > 60) return fmt::format("within {} min", seconds / 60);
    return fmt::format("within {} s", seconds);
}

std::span<const Deletion> deletions() { return kDeletions; }
std::span<const Standing> standing_tables() { return kStanding; }

}  // namespace peyk::app
