#pragma once
// What a list of rooms is sorted and filtered by, in memory, so that ten thousand rooms are sorted without reading
// them.

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "rooms/ephemeral/room_stream.h"
#include "rooms/timeline/number_cache.h"
#include "sync/ports.h"

namespace peyk::sync {

// The same for all members of a room.
struct RoomFacts {
    storage::Position newest = 0;      // of anything in the room: events, receipts
    storage::Position last_event = 0;  // what lists are sorted by
    rooms::EventNumber last_number = 0;
    // The newest event that counts as activity to people. Spec: MSC4186 › bump_stamp.
    rooms::EventNumber bump_number = 0;
    std::int64_t bump_stamp = 0;
    rooms::NodeNumber state = 0;  // the state that the rest was read from
    bool encrypted = false;
    std::optional<std::string> type;
    std::string name;
};
using RoomFactsPtr = std::shared_ptr<const RoomFacts>;

// Account data of one user that lists are filtered by.
struct UserFacts {
    storage::Position position = 0;  // read up to here
    std::unordered_set<rooms::RoomNumber> direct;
    std::unordered_map<rooms::RoomNumber, std::vector<std::string>> tags;
};
using UserFactsPtr = std::shared_ptr<const UserFacts>;

// Purpose:  caches the above; a room that did not change costs one look.  Runs on: workers (blocks on a miss).
class FactsReader {
public:
    FactsReader(const rooms::RoomStore& store, rooms::Activity& activity, const rooms::RoomStream& stream,
                const AccountDataSource& account_data)
        : store_(store), activity_(activity), stream_(stream), account_data_(account_data) {}

    // Null when there is no such room.
    Result<RoomFactsPtr> room(rooms::RoomNumber room) const;
    // Of a room that the user was in, as it was when that ended; positions and activity are not filled in.
    Result<RoomFactsPtr> at_end(const rooms::RoomMembership& row) const;
    // At `to` or later.
    Result<UserFactsPtr> user(std::uint64_t user, storage::Position to) const;
    // The rooms that a space names in m.space.child.
    using Children = std::shared_ptr<const std::unordered_set<rooms::RoomNumber>>;
    Result<Children> children(rooms::RoomNumber space) const;
    // Whether somebody else ended the membership: a kick or a ban.
    Result<bool> was_removed(std::uint64_t user, const rooms::RoomMembership& row) const;

private:
    Result<void> read_state(const rooms::RoomInfo& room, const rooms::StateRoots& roots, RoomFacts& facts) const;
    Result<void> find_bump(const rooms::RoomInfo& room, const rooms::StoredEventPtr& last, RoomFacts& facts) const;
    void take(const AccountDataItem& item, UserFacts& facts) const;

    const rooms::RoomStore& store_;
    rooms::Activity& activity_;
    const rooms::RoomStream& stream_;
    const AccountDataSource& account_data_;
    mutable rooms::NumberCache<RoomFactsPtr> rooms_{40'000};
    mutable rooms::NumberCache<RoomFactsPtr> ends_{4'000};  // by the event that ended it
    mutable rooms::NumberCache<UserFactsPtr> users_{4'000};
    mutable rooms::NumberCache<Children> children_{2'000};
    mutable rooms::NumberCache<std::uint64_t> removals_{50'000};  // event number << 1 | removed
};

}  // namespace peyk::sync
