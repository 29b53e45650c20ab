#pragma once
// Tokens of syncs and of history pages: positions, sealed so that nobody reads the server's traffic from them, and
// bound to the user (sync: and device) they were made for. The same content gives the same token.

#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "rooms/timeline/room_store.h"

namespace peyk::sync {

struct StreamToken {
    storage::Position position = 0;   // everything up to here was delivered
    storage::Position to_device = 0;  // to-device messages up to here were delivered
    std::uint64_t typing = 0;         // Typing::counter()
    std::uint64_t process = 0;        // typing counts anew in each process
    std::uint64_t presence = 0;       // Presence::counter(), in the same process
};

// `pos` of a sliding-sync connection: which state of it (sync/sliding_connections.h), and up to where.
struct ConnectionToken {
    std::uint64_t connection = 0;
    std::uint64_t generation = 0;
    storage::Position position = 0;
    std::uint64_t typing = 0;
    std::uint64_t process = 0;
};

class Tokens {
public:
    // `incarnation`: of the store; another one in a token means that the store was restored meanwhile.
    Tokens(const storage::Db& db, std::uint64_t incarnation);

    std::string encode(const StreamToken& token, std::uint64_t user, const DeviceId& device) const;
    // Nothing: made in another incarnation, start over. Errors: M_INVALID_PARAM.
    Result<std::optional<StreamToken>> decode(std::string_view text, std::uint64_t user, const DeviceId& device) const;

    std::string encode(const ConnectionToken& token, std::uint64_t user, const DeviceId& device) const;
    // Nothing: not of this user and device, or made in another incarnation.
    std::optional<ConnectionToken> decode_connection(std::string_view text, std::uint64_t user,
                                                     const DeviceId& device) const;

    // The position of either kind of sync token. Nothing: of another incarnation. Errors: M_INVALID_PARAM.
    Result<std::optional<storage::Position>> position(std::string_view text, std::uint64_t user,
                                                      const DeviceId& device) const;

    // A place between two events of a room, for /messages and prev_batch.
    std::string encode(rooms::RoomNumber room, rooms::EventNumber boundary, std::uint64_t user) const;
    Result<rooms::EventNumber> decode(std::string_view text, rooms::RoomNumber room, std::uint64_t user) const;

    // A place in another list that was made for one user; `place` is in a form of its maker's.
    std::string encode_place(std::string_view place, std::uint64_t user) const;
    Result<std::string> decode_place(std::string_view text, std::uint64_t user) const;

    static bool is_stream(std::string_view text) { return text.starts_with('s') || text.starts_with('c'); }

private:
    std::string seal(char kind, std::string_view plain, std::string_view bound_to) const;
    Result<std::string> open(char kind, std::string_view text, std::string_view bound_to) const;

    std::string key_;
    std::uint64_t incarnation_;
};

}  // namespace peyk::sync
