#pragma once
// The end of a room by an administrator of the server. docs/decisions/1705-removing-rooms.md

#include <map>
#include <mutex>
#include <stop_token>

#include "rooms/delayed/delayed_events.h"
#include "rooms/directory/directory.h"
#include "rooms/timeline/rooms.h"

namespace peyk::rooms {

// Port: what others keep that names a room, outside of its own rows. Implemented over appservices/.
class RoomTraces {
public:
    virtual ~RoomTraces() = default;
    virtual Task<Result<void>> forget_room(RoomId room) = 0;  // again after a crash
};

// Purpose:  removes rooms by their id. It reads who is in them, and nothing else.
// Owner:    app::Services.  Runs on: workers.
class RoomRemoval {
public:
    // Behind the answer, the keys and rows are destroyed once more, for who still had the room in hand.
    static constexpr Millis kAgain{60'000};
    // How long the rows stay that tell devices which come back late.
    static constexpr Millis kTold{30LL * 24 * 3'600'000};

    struct Parts {
        storage::Db& db;
        Rooms& rooms;
        Memberships& memberships;
        Directory& directory;
        DelayedEvents& delayed;
        const Clock& clock;
        UserId server_user;  // in whose name people are told
        RoomTraces* traces = nullptr;
    };
    explicit RoomRemoval(Parts parts) : parts_(std::move(parts)) {}

    // 1. A row says that the room goes. From here on nobody finds it, and after a crash resume() goes on.
    // 2. Its aliases go, its entries in lists, and what its members have scheduled for it.
    // 3. Whoever has a row of it is out of it by a new one, from which syncs make a leave.
    // 4. The room's keys are destroyed, then its rows.
    // 5. The row of step 1 loses the room's id.
    // Files that were sent there are not known to the server, so they stay; so do reports, and what its members keep in
    // their account data. Errors: M_NOT_FOUND. After any other, the room is still not found, and catch_up() goes on.
    Task<Result<void>> remove(RoomId room);

    // At start, before traffic. A room that cannot be removed now is left to catch_up().
    Task<Result<void>> resume();
    // Every few seconds; cheap when nothing is due.
    Task<Result<void>> catch_up();
    // Every few hours: the rows that tell of removed rooms go when their time is over. How many.
    Task<Result<std::size_t>> forget_old(std::stop_token stop);

private:
    enum class Stage : std::uint8_t { going, destroyed, settled };
    struct Mark {
        Stage stage = Stage::going;
        Millis at{0};           // the clock's time of step 1
        std::string room = {};  // its id, while it is going
    };
    static std::string encode(const Mark& mark);
    static Result<Mark> decode(const storage::Entry& entry);
    Result<std::optional<Mark>> mark_of(RoomNumber room) const;
    Task<Result<void>> write(RoomNumber room, std::optional<Mark> mark);
    Task<Result<void>> go_on(RoomNumber room);
    Task<Result<void>> carry_out(RoomNumber room, Mark mark);
    Task<Result<void>> leave_lists(RoomId room);
    Task<Result<void>> send_away(RoomInfoPtr room, Mark mark);
    void look_again(RoomNumber room);

    Parts parts_;
    Lanes lanes_;  // by room
    std::mutex mutex_;
    std::map<RoomNumber, Millis> waiting_;  // until when, of the monotonic clock
};

}  // namespace peyk::rooms
