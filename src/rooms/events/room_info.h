#pragma once
// What never changes about a room.

#include <cstdint>
#include <memory>
#include <string>

#include "core/ids.h"
#include "core/room_rules.h"

namespace peyk::rooms {

// Keyed hashes of ids (Db::number).
using RoomNumber = std::uint64_t;
using UserNumber = std::uint64_t;

struct RoomInfo {
    RoomId id;
    RoomNumber number;
    const RoomRules* rules;
    std::string key_id = {};  // what this server signed with when it made the room; empty if that was not noted
};
using RoomInfoPtr = std::shared_ptr<const RoomInfo>;

}  // namespace peyk::rooms
