#pragma once
// Joining, leaving, inviting and the rest: member events with what each action demands besides the authorisation rules.
// Spec: Client-Server API › Room membership.

#include <functional>

#include "rooms/timeline/rooms.h"

namespace peyk::rooms {

// Port: what a member event says about its user. Implemented over users/.
class Profiles : public GuestAccounts {
public:
    struct Profile {
        std::optional<std::string> displayname, avatar_url;
    };
    virtual Result<Profile> profile(const UserId& user) const = 0;         // may block
    virtual Result<bool> exists(const UserId& user) const = 0;             // local users only
    Result<bool> is_guest(const UserId&) const override { return false; }  // local users only
};

class MembershipActions {
public:
    // `notices`: who speaks for the server; invitations of that user cannot be declined.
    MembershipActions(Rooms& rooms, Memberships& memberships, const Profiles& profiles,
                      std::optional<UserId> notices = std::nullopt)
        : rooms_(rooms), memberships_(memberships), profiles_(profiles), notices_(std::move(notices)) {}

    struct Extra {
        std::optional<std::string> reason = {};
        bool is_direct = false;
        json::Object more = {};  // what a client adds to its own member event
    };
    // Idempotent: joining a room one is in succeeds. Restricted rooms: finds a member who may let the user in.
    Task<Result<void>> join(UserId user, RoomId room, Extra extra);
    Task<Result<void>> leave(UserId user, RoomId room, Extra extra);
    Task<Result<void>> invite(UserId sender, RoomId room, UserId target, Extra extra);
    Task<Result<void>> kick(UserId sender, RoomId room, UserId target, Extra extra);
    Task<Result<void>> ban(UserId sender, RoomId room, UserId target, Extra extra);
    Task<Result<void>> unban(UserId sender, RoomId room, UserId target, Extra extra);
    Task<Result<void>> knock(UserId user, RoomId room, Extra extra);
    // Only rooms one is not in any more. Errors: M_UNKNOWN.
    Task<Result<void>> forget(UserId user, RoomId room);
    // The room allows no guests any more: those who are in it leave. Spec: Guest Access › Server behaviour.
    Task<Result<void>> remove_guests(RoomId room);
    // Tells all rooms of the user about a changed name or picture. Rooms that refuse are left as they are.
    Task<Result<void>> profile_changed(UserId user);

    // Member content for `membership` with the user's profile.
    Result<json::Object> member_content(const UserId& user, std::string_view membership, const Extra& extra) const;

private:
    using Attempt = std::function<Task<Result<void>>()>;
    static Task<Result<void>> redo_when_fenced(Attempt attempt);
    Task<Result<void>> try_join(UserId user, RoomId room, Extra extra);
    Task<Result<void>> try_leave(UserId user, RoomId room, Extra extra);
    Task<Result<void>> try_kick(UserId sender, RoomId room, UserId target, Extra extra);
    Task<Result<void>> try_unban(UserId sender, RoomId room, UserId target, Extra extra);
    Task<Result<void>> set(UserId sender, RoomId room, UserId target, std::string membership, Extra extra);
    Task<Result<void>> try_set(UserId sender, RoomId room, UserId target, std::string membership, Extra extra);
    Result<std::vector<UserId>> guests_in(const RoomId& room) const;
    Result<std::optional<UserId>> authorising_member(const RoomWrite& write, const UserId& user) const;

    Rooms& rooms_;
    Memberships& memberships_;
    const Profiles& profiles_;
    const std::optional<UserId> notices_;
};

}  // namespace peyk::rooms
