#pragma once
// What a sliding-sync connection was told, as compactly as it is kept: about eleven bytes a room.
//
// The position up to which a room is known is that of the token for all rooms but those that changed while the client
// did not look at them; so most answers leave this state as it was, and nothing needs to be written.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rooms/timeline/room_store.h"

namespace peyk::sync {

// One room that the client was told of.
struct RoomRecord {
    enum Flags : std::uint8_t {
        is_direct = 1,     // told that it is a direct chat
        account_data = 2,  // its account data was sent
        receipts = 4,      // its receipts were sent
    };
    rooms::RoomNumber room = 0;
    storage::Position behind = 0;  // 0: known up to the token's position; otherwise only up to here
    std::uint32_t timeline_limit = 0;
    std::uint8_t config = 0;  // index in ConnectionState::configs, or kUnknownConfig
    std::uint8_t flags = 0;
    bool operator==(const RoomRecord&) const = default;
};

struct ConnectionState {
    static constexpr std::size_t kMaxRooms = 60'000, kMaxConfigs = 200, kMaxConfigBytes = 64 * 1024;
    static constexpr std::uint8_t kUnknownConfig = 255;  // too many: what it asked for is not remembered
    enum Flags : std::uint8_t { account_data = 1 };      // the global account data was sent

    std::uint8_t flags = 0;
    std::vector<std::string> configs;  // RequiredStates::encode()
    std::vector<RoomRecord> rooms;     // sorted by room
    bool operator==(const ConnectionState&) const = default;

    const RoomRecord* find(rooms::RoomNumber room) const;
    std::uint8_t config(const std::string& encoded);
    // Before records are made: indices change. Keeps what clients asked for long ago from piling up.
    void drop_unused_configs();

    std::string encode() const;
    static Result<ConnectionState> decode(std::string_view bytes);
};

}  // namespace peyk::sync
