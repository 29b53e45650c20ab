#pragma once
// A user's rooms, kept in the user's own shard: what a sync starts from.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/feed.h"
#include "async/lane.h"
#include "async/task.h"
#include "rooms/timeline/room_store.h"

namespace peyk::rooms {

struct RoomMembership {
    RoomId room;
    RoomNumber number;
    Membership membership;
    EventNumber event;           // the membership event
    storage::Position changed;   // when this row was written
    storage::Position entered;   // when the present membership began (a change of profile keeps it)
    bool forgotten = false;      // rows of before such rows went
    bool was_joined = false;     // a leave or ban that ended a join (else: of an invitation or knock)
    std::string stripped_state;  // invite and knock: a JSON array of stripped state events
    EventNumber repeated = 0;    // the last leave or ban that only said again what `event` had; 0: none
    // The room was removed by an administrator (removal/): nothing of it is there but this row, whose stripped_state is
    // what removed_event() makes the news of it from.
    bool removed = false;
};
using RoomMemberships = std::vector<RoomMembership>;

// Who sent the invitation that the row holds; nothing for other rows.
std::optional<UserId> inviter_of(const RoomMembership& row, const UserId& user);

// Purpose:  rows of kMemberships with a cache per user.  Runs on: workers.
class Memberships {
public:
    Memberships(storage::Db& db, Feed& feed);

    // All rooms of the user that are not forgotten, in no particular order. Blocking on a miss.
    Result<std::shared_ptr<const RoomMemberships>> of(UserNumber user) const;
    // Null when the user has nothing to do with the room.
    Result<std::optional<RoomMembership>> of(UserNumber user, RoomNumber room) const;

    CacheCounts cache_counts() const { return cache_.counts(); }

    // Takes a membership event over into the user's row, once: an event that is not newer than the row changes nothing,
    // and a leave or ban after the same is only noted. So the row names the event at which the user's sight of the room
    // ended. `before`: the membership before the event.
    Task<Result<void>> apply(UserNumber user, RoomInfoPtr room, StoredEventPtr member, Membership before,
                             std::string stripped_state);
    // Spec: Client-Server API › Leaving rooms (forget). The row goes.
    Task<Result<void>> forget(UserNumber user, RoomNumber room);

    // The room is removed: whoever has a row of it is out of it by a new one, and a row that was forgotten goes.
    // `behind`: a number behind all events of the room. Once more: changes nothing. Errors: what is written is written,
    // call it again.
    Task<Result<void>> remove(std::vector<UserNumber> users, RoomNumber room, EventNumber behind, std::string news);
    // Such a row goes. One that is no such row stays.
    Task<Result<void>> drop_removed(UserNumber user, RoomNumber room);
    // Such rows of all users, page by page. `next`: where to go on (empty at first and when done).
    struct Removed {
        UserNumber user;
        RoomNumber room;
    };
    Result<std::vector<Removed>> removed(std::string& next, std::size_t limit) const;

private:
    Result<std::shared_ptr<const RoomMemberships>> load(UserNumber user) const;
    std::string encode(const RoomMembership& row) const;
    Result<RoomMembership> decode(const storage::Entry& entry) const;
    // Inside the lane of the user. No body: the row goes.
    Task<Result<void>> write(UserNumber user, RoomNumber room, std::optional<std::string> body);
    storage::Change change_of(UserNumber user, RoomNumber room, const std::optional<std::string>& body);
    void begin_writing(UserNumber user);
    void end_writing(UserNumber user);

    storage::Db& db_;
    Feed& feed_;
    Lanes lanes_;     // by user
    Lanes removals_;  // one: who is in it may be in several of the lanes above at once
    // A commit is visible before the cache can be told: while a user's row is written, and for loads that began before,
    // the cache is passed by. Shared by many users: a false match costs one load.
    struct Writing {
        std::atomic<std::uint32_t> writers{0};
        std::atomic<std::uint64_t> written{0};
    };
    Writing& writing(UserNumber user) const { return writing_[user % writing_.size()]; }
    mutable std::array<Writing, 256> writing_;
    mutable NumberCache<std::shared_ptr<const RoomMemberships>> cache_{20'000};
};

}  // namespace peyk::rooms
