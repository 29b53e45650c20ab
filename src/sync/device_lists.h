#pragma once
// Whose devices changed, for the clients that encrypt to them. Spec: Client-Server API › Tracking the device list for a
// user; /sync device_lists; GET /keys/changes.

#include <set>

#include "rooms/ephemeral/room_stream.h"
#include "rooms/membership/memberships.h"
#include "sync/ports.h"

namespace peyk::sync {

struct DeviceLists {
    std::set<UserId> changed;
    std::set<UserId> left;     // share no room with the user any more
    std::set<UserId> arrived;  // of `changed`: those who came into a room, or whose room the user came into
};

// {"changed": […], "left": […]}
std::string device_lists_json(const DeviceLists& lists);
// The members of an answer that say how many keys of a device are left.
Result<std::string> key_counts(const EncryptionSource& encryption, const UserId& user, const DeviceId& device);

class DeviceListReader {
public:
    DeviceListReader(const rooms::RoomStore& store, const rooms::Activity& activity, const rooms::RoomStream& stream,
                     const EncryptionSource& encryption)
        : store_(store), activity_(activity), stream_(stream), encryption_(encryption) {}

    // Within (from, to]. NOTSPEC: rooms without encryption count too; that is what other servers do, and no harm.
    Result<DeviceLists> read(const UserId& user, const rooms::RoomMemberships& rows, storage::Position from,
                             storage::Position to) const;

private:
    Result<void> read_room(const rooms::RoomMembership& row, rooms::UserNumber user, storage::Position from,
                           storage::Position to, DeviceLists& lists, std::set<UserId>& departed) const;
    Result<bool> share_a_room(const UserId& other, const rooms::RoomMemberships& rows, storage::Position to) const;

    const rooms::RoomStore& store_;
    const rooms::Activity& activity_;
    const rooms::RoomStream& stream_;
    const EncryptionSource& encryption_;
};

}  // namespace peyk::sync
