#pragma once
// What a sync reads from domains other than rooms/. Implemented over users/ and keys/ in app/.

#include <string>
#include <vector>

#include "async/task.h"
#include "core/ids.h"
#include "core/json.h"
#include "rooms/membership/invite_rules.h"
#include "rooms/visibility/visibility.h"

namespace peyk::sync {

// Whether an invitation is kept from its user: of somebody ignored, or unwanted by the user's own rules.
// Spec: Client-Server API › Ignoring Users; Invite permission. `rules`: read when first needed, one per answer.
class HiddenInvites {
public:
    HiddenInvites(const rooms::InvitePolicies& policies, const UserId& user, std::uint64_t number,
                  rooms::IgnoredUsersPtr ignored, const rooms::RoomStore& store)
        : policies_(policies), user_(user), number_(number), ignored_(std::move(ignored)), store_(store) {}
    Result<bool> hides(const rooms::RoomMembership& row);
    // The same rows without such invitations.
    Result<std::shared_ptr<const rooms::RoomMemberships>> shown(std::shared_ptr<const rooms::RoomMemberships> rows);

private:
    const rooms::InvitePolicies& policies_;
    const UserId& user_;
    std::uint64_t number_;
    rooms::IgnoredUsersPtr ignored_;
    const rooms::RoomStore& store_;
    std::optional<rooms::InviteRulesPtr> rules_;
};

struct AccountDataItem {
    std::optional<RoomId> room;
    std::string type;
    std::string content;  // a JSON object
};

class AccountDataSource : public rooms::IgnoreLists, public rooms::InvitePolicies {
public:
    // Items whose newest change lies in (from, to].
    virtual Result<std::vector<AccountDataItem>> changes(std::uint64_t user, storage::Position from,
                                                         storage::Position to) const = 0;
    virtual Result<std::vector<AccountDataItem>> snapshot(std::uint64_t user) const = 0;
    // JSON of a stored filter. Errors: M_NOT_FOUND.
    virtual Result<std::string> filter(std::uint64_t user, std::string_view id) const = 0;
};

struct ToDeviceMessage {
    storage::Position position;
    std::string json;  // {content, sender, type}
};

class EncryptionSource {
public:
    virtual ~EncryptionSource() = default;
    // Messages with from < position <= to, oldest first, at most `limit`.
    virtual Result<std::vector<ToDeviceMessage>> inbox(const UserId& user, const DeviceId& device,
                                                       storage::Position from, storage::Position to,
                                                       std::size_t limit) const = 0;
    // The client has everything up to there.
    virtual Task<Result<void>> acknowledge(UserId user, DeviceId device, storage::Position up_to) = 0;
    virtual Result<std::vector<std::pair<std::string, std::int64_t>>> one_time_key_counts(
        const UserId& user, const DeviceId& device) const = 0;
    virtual Result<std::vector<std::string>> unused_fallback_types(const UserId& user,
                                                                   const DeviceId& device) const = 0;
    // 0: never.
    virtual Result<storage::Position> last_device_change(const UserId& user) const = 0;
    // Users whose keys this user signed at positions in (from, to]: their entry changed for this user alone.
    virtual Result<std::vector<UserId>> signed_since(const UserId& user, storage::Position from,
                                                     storage::Position to) const = 0;
};

}  // namespace peyk::sync
