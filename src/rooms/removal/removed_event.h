#pragma once
// How the clients of a user learn that a room is not there any more: by a leave, which is made of the user's row alone.

#include <string>

#include "base/clock.h"
#include "rooms/membership/memberships.h"

namespace peyk::rooms {

// What the row of a removed room keeps for it (RoomMembership::stripped_state): who speaks for the server, and when.
std::string removal_news(const UserId& server_user, Millis at);

// A client event without `room_id`: the server's own user ends the membership of `user`, with the reason. The room has
// no such event; its id is made up, and the same whenever it is told. Error: corrupt: not a row of a removed room.
Result<std::string> removed_event(const storage::Db& db, const RoomMembership& row, const UserId& user);
// Its origin_server_ts.
Result<std::int64_t> removed_at(const RoomMembership& row);

}  // namespace peyk::rooms
