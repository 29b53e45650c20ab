#pragma once
// Invitations of people who are known by an e-mail address only. Spec: Client-Server API › Third-party Invites;
// Server-Server API › Third-party invites.

#include "rooms/membership/actions.h"

namespace peyk::rooms {

// An address, and where it may be known.
struct ThirdPartyAddress {
    std::string id_server, access_token, medium, address;
};

// Port: identity servers. Implemented over users/.
class IdentityService {
public:
    virtual ~IdentityService() = default;
    // Nothing: bound to nobody.
    virtual Task<Result<std::optional<UserId>>> look_up(ThirdPartyAddress address) = 0;
    // Spec: Identity Service API › POST /store-invite; `about` holds room and sender. Answers its response.
    virtual Task<Result<json::Object>> store_invite(ThirdPartyAddress address, json::Object about) = 0;
    virtual Task<Result<bool>> key_is_valid(std::string url, std::string public_key) = 0;
};

// Owner: app::Services.  Runs on: workers.
class ThirdPartyInvites {
public:
    ThirdPartyInvites(Rooms& rooms, MembershipActions& actions, IdentityService& identity)
        : rooms_(rooms), actions_(actions), identity_(identity) {}

    // Invites the user of the address, or leaves an m.room.third_party_invite for whoever proves to be that person.
    Task<Result<void>> invite(UserId sender, RoomId room, ThirdPartyAddress address, MembershipActions::Extra extra);
    // `proof` is {mxid, token, signatures}: the invitation of that token becomes one of the user's.
    // Errors: M_FORBIDDEN: no such invitation, a signature by no key of it, or a key that is not valid any more.
    Task<Result<void>> exchange(RoomId room, UserId target, json::Object proof);

private:
    struct Open;  // an invitation that waits for its person
    Result<Open> find(const RoomId& room, const json::Object& proof) const;
    Task<Result<json::Object>> describe(UserId sender, RoomId room) const;

    Rooms& rooms_;
    MembershipActions& actions_;
    IdentityService& identity_;
};

}  // namespace peyk::rooms
