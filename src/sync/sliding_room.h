#pragma once
// One room of a sliding-sync answer. Spec: MSC4186 › Room results, › RoomResult.

#include "push/unread.h"
#include "rooms/timeline/history.h"
#include "sync/room_parts.h"
#include "sync/sliding_connections.h"
#include "sync/sliding_lists.h"
#include "sync/tokens.h"

namespace peyk::sync {

// What all rooms of one answer share.
struct SlidingWindow {
    rooms::Reader reader;
    SlidingShape shape = SlidingShape::merged;
    bool first = true;           // no `pos`
    storage::Position from = 0;  // the token's
    storage::Position to = 0;
    rooms::IgnoredUsersPtr ignored;
    std::shared_ptr<const ToldMembers> told;
};

// What the client knows of a room; all of it empty for a room that it was never told of.
struct KnownRoom {
    const RoomRecord* record = nullptr;
    storage::Position position = 0;
    const RequiredStates* required = nullptr;  // null: not remembered
    bool direct = false;
};

struct RoomResult {
    std::string json;  // empty: nothing to tell
    bool initial = false;
    bool ended = false;                  // the user's row says that they are in it, the room that they are not any more
    std::uint32_t timeline_limit = 0;    // what the client now has the newest events of
    std::vector<EventId> timeline = {};  // of an initial one, for the receipts
    ToldMembers telling = {};            // members that it holds by lazy loading
};

// Purpose:  writes rooms.  Runs on: workers (blocks).
class SlidingRooms {
public:
    SlidingRooms(const rooms::RoomStore& store, const rooms::RoomStream& stream, const Tokens& tokens,
                 push::UnreadCounts& unread)
        : store_(store), stream_(stream), tokens_(tokens), unread_(unread) {}

    Result<RoomResult> write(const SlidingWindow& window, const ScopedRoom& scoped, const KnownRoom& known,
                             bool direct) const;

private:
    struct Part;
    Result<RoomResult> write_stripped(const SlidingWindow& window, const ScopedRoom& scoped,
                                      const rooms::RoomMembership& row, const KnownRoom& known, bool direct) const;
    Result<RoomResult> write_removed(const SlidingWindow& window, const ScopedRoom& scoped,
                                     const rooms::RoomMembership& row, const KnownRoom& known) const;
    Result<void> fix_points(const SlidingWindow& window, Part& part) const;
    Result<void> load_timeline(Part& part) const;
    Result<void> load_state(const SlidingWindow& window, Part& part) const;
    Result<void> add_changes(Part& part) const;
    Result<void> add_lazy_members(const SlidingWindow& window, Part& part) const;
    Result<std::vector<rooms::StoredEventPtr>> matching(const rooms::RoomInfo& room, const rooms::StateRoots& roots,
                                                        const RequiredStates& wanted) const;
    Result<std::string> summary(const SlidingWindow& window, Part& part) const;
    Result<std::string> events(const SlidingWindow& window, Part& part, const std::vector<rooms::StoredEventPtr>& list,
                               rooms::Bundle bundle) const;
    Result<std::string> assemble(const SlidingWindow& window, Part& part) const;
    Result<bool> has_read(const SlidingWindow& window, const Part& part) const;
    void common_members(std::string& out, const ScopedRoom& scoped, rooms::Membership membership,
                        std::int64_t bump_stamp, SlidingShape shape) const;

    const rooms::RoomStore& store_;
    const rooms::RoomStream& stream_;
    const Tokens& tokens_;
    push::UnreadCounts& unread_;
};

}  // namespace peyk::sync
