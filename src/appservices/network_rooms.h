#pragma once
// Rooms that services publish for their networks. Spec: Application Service API › Published room directories.

#include "rooms/directory/directory.h"

namespace peyk::appservices {

class NetworkRooms {
public:
    explicit NetworkRooms(storage::Db& db) : db_(db) {}

    // `instance` as clients name it: the id of the service, "|", the network.
    Task<Result<void>> set(std::string instance, RoomId room, bool published);
    // Of all networks.
    Task<Result<void>> forget(RoomId room);
    // In the order of rooms::Directory::list(), each room once. No instance: of all networks.
    Result<std::vector<rooms::Directory::Published>> list(std::optional<std::string_view> instance,
                                                          rooms::RoomNumber after, std::size_t limit) const;

private:
    storage::Db& db_;
};

}  // namespace peyk::appservices
