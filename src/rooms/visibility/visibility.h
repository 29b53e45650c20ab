#pragma once
// Who may see which event. Spec: Client-Server API › Room History Visibility.

#include <map>
#include <optional>

#include "rooms/membership/memberships.h"
#include "rooms/timeline/room_store.h"

namespace peyk::rooms {

enum class HistoryVisibility : std::uint8_t { invited, joined, shared, world_readable };

// Judges the events of one room for one user; remembers what it read, so make one per answer. Blocking.
class Visibility {
public:
    // `row`: the user's membership row, or nothing when the user never had to do with the room.
    Visibility(const RoomStore& store, const RoomInfo& room, UserNumber user, std::optional<RoomMembership> row)
        : store_(store), room_(room), user_(user), row_(std::move(row)) {}

    Result<bool> may_see(const StoredEvent& event);
    // The user's membership at the event (after it, for membership events). Spec: unsigned.membership.
    Result<Membership> membership_at(const StateRoots& roots);
    Result<HistoryVisibility> visibility_at(const StateRoots& roots);
    UserNumber user() const { return user_; }
    const std::optional<RoomMembership>& row() const { return row_; }

private:
    bool joined_later(const StoredEvent& event) const;
    bool permits(HistoryVisibility visibility, Membership membership, bool later) const;

    const RoomStore& store_;
    const RoomInfo& room_;
    UserNumber user_;
    std::optional<RoomMembership> row_;
    std::map<NodeNumber, Membership> memberships_;
    std::map<NodeNumber, HistoryVisibility> visibilities_;
};

}  // namespace peyk::rooms
