#pragma once
// POST /rooms/{roomId}/upgrade: a new room that takes an old one's place. Spec: Client-Server API › Room Upgrades.
// docs/decisions/0905-room-upgrades.md says in which order the two rooms are written, and what a crash leaves.

#include "rooms/directory/directory.h"
#include "rooms/membership/actions.h"

namespace peyk::rooms {

class RoomUpgrader {
public:
    RoomUpgrader(Rooms& rooms, Directory& directory, const MembershipActions& actions)
        : rooms_(rooms), directory_(directory), actions_(actions) {}

    // The new room's id. Errors: M_UNSUPPORTED_ROOM_VERSION, M_NOT_FOUND, M_FORBIDDEN (who may not send
    // m.room.tombstone).
    Task<Result<RoomId>> upgrade(UserId user, RoomId room, std::string version,
                                 std::vector<UserId> additional_creators);

private:
    Result<void> check_power(const RoomWrite& old, const UserId& user) const;
    Result<json::Object> create_content(const RoomWrite& old, const RoomRules& rules,
                                        const std::vector<UserId>& additional_creators) const;
    Result<void> copy_state(const RoomWrite& old, RoomWrite& write, const UserId& user) const;
    Result<void> copy_children(const RoomWrite& old, RoomWrite& write, const UserId& user) const;
    Result<json::Object> power_levels(const RoomWrite& old, const RoomWrite& write) const;
    static Result<std::vector<Draft>> bans(const RoomWrite& old);
    Task<Result<void>> copy_bans(std::vector<Draft> bans, RoomId to, UserId user);
    void close(RoomWrite& old, const UserId& user) const;

    Rooms& rooms_;
    Directory& directory_;
    const MembershipActions& actions_;
};

}  // namespace peyk::rooms
