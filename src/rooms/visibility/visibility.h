#pragma once
// Who may see which event. Spec: Client-Server API › Room History Visibility.

#include <map>
#include <memory>
#include <optional>
#include <unordered_set>

#include "rooms/membership/memberships.h"
#include "rooms/timeline/room_store.h"

namespace peyk::rooms {

enum class HistoryVisibility : std::uint8_t { invited, joined, shared, world_readable };

// Whom a user ignores, by number. Spec: Client-Server API › Ignoring Users.
using IgnoredUsers = std::unordered_set<UserNumber>;
using IgnoredUsersPtr = std::shared_ptr<const IgnoredUsers>;  // null: nobody

// Port: the list is account data of the user. Implemented over users/.
class IgnoreLists {
public:
    virtual ~IgnoreLists() = default;
    virtual Result<IgnoredUsersPtr> ignored_by(UserNumber user) const = 0;  // may block
};

// Judges the events of one room for one user; remembers what it read, so make one per answer. Blocking.
class Visibility {
public:
    // `row`: the user's membership row, or nothing when the user never had to do with the room.
    Visibility(const RoomStore& store, const RoomInfo& room, UserNumber user, std::optional<RoomMembership> row,
               IgnoredUsersPtr ignored = nullptr)
        : store_(store), room_(room), user_(user), row_(std::move(row)), ignored_(std::move(ignored)) {}

    // Events of ignored users are not seen, but for state events.
    Result<bool> may_see(const StoredEvent& event);
    bool ignores(UserNumber sender) const { return ignored_ && ignored_->contains(sender); }
    bool ignores(const UserId& sender) const {
        return ignored_ && !ignored_->empty() && ignored_->contains(store_.number(sender));
    }
    // From now on the events that make up this state may be seen as well, whenever they were sent: a member is shown
    // the current state in any case.
    void reveal(const StateRoots& current) { current_ = current; }
    // For who is told everything of a room: application services.
    void see_everything() { sees_everything_ = true; }
    // Whether the state at `roots`, right before or behind event number `at`, may be told: to who may see what was sent
    // then.
    Result<bool> may_see_state(const StateRoots& roots, EventNumber at);
    // Whether what a state event took the place of may be told beside it. Looks at the present stay alone where a walk
    // through an old state for each of very many members would cost too much: false for some who could see it.
    Result<bool> may_see_replaced(const StoredEvent& event);
    // A message of somebody who had it hidden from whoever was not in the room at the time.
    Result<bool> must_redact(const StoredEvent& event);
    // The user's membership at the event (after it, for membership events). Spec: unsigned.membership.
    Result<Membership> membership_at(const StateRoots& roots);
    Result<HistoryVisibility> visibility_at(const StateRoots& roots);
    UserNumber user() const { return user_; }
    const std::optional<RoomMembership>& row() const { return row_; }

private:
    bool joined_later(EventNumber at) const;
    // In the room without a break since before the event.
    bool is_in_since(const StoredEvent& event) const;
    Result<bool> is_current(const StoredEvent& event) const;
    bool permits(HistoryVisibility visibility, Membership membership, bool later) const;

    const RoomStore& store_;
    const RoomInfo& room_;
    UserNumber user_;
    std::optional<RoomMembership> row_;
    IgnoredUsersPtr ignored_;
    std::optional<StateRoots> current_;
    bool sees_everything_ = false;
    std::map<NodeNumber, Membership> memberships_;
    std::map<NodeNumber, HistoryVisibility> visibilities_;
};

}  // namespace peyk::rooms
