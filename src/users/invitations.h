#pragma once
// Links that let somebody in: /i/TOKEN, where the token is a registration token with a purpose. It leads to a room, or
// makes the server's first administrator, or lets somebody make an account and no more.

#include <optional>
#include <string>
#include <vector>

#include "users/accounts.h"
#include "users/registration_tokens.h"

namespace peyk::users {

// Purpose:  makes invitations and does what they promise.
// Owner:    Users.  Runs on: any worker.
class Invitations {
public:
    static constexpr std::int64_t kMostUses = 100;
    static constexpr Millis kShortest{60'000}, kUsual{7 * 86'400'000ll}, kLongest{30 * 86'400'000ll};
    static constexpr std::size_t kMostOfOne = 50;  // valid ones of one maker, in all rooms

    // `doors` null: there are no rooms.
    Invitations(const Context& context, RegistrationTokens& tokens, Accounts& accounts, RoomDoors* doors)
        : context_(context), tokens_(tokens), accounts_(accounts), doors_(doors) {}

    struct Seen {
        TokenState state = TokenState::unknown;
        std::optional<RegistrationToken> token = {};  // of a valid one
    };
    Result<Seen> look(std::string_view token) const;

    struct Wish {
        UserId maker;
        RoomId room;
        std::int64_t uses = 1;
        Millis lifetime = kUsual;
    };
    // Errors: M_FORBIDDEN (may not invite there, or has too many), M_INVALID_PARAM.
    Task<Result<RegistrationToken>> make(Wish wish);
    // Those of one maker to one room, ended ones too as long as they are kept; the newest end last.
    Result<std::vector<RegistrationToken>> of(const UserId& maker, const RoomId& room) const;
    // Errors: M_NOT_FOUND (none of that maker to that room).
    Task<Result<void>> revoke(UserId maker, RoomId room, std::string token);
    // The account ends: so do its invitations.
    Task<Result<void>> revoke_all_of(UserId maker);

    // An account was just made with the token, whose use is counted. A room that does not let in any more is no error.
    Task<void> arrived(RegistrationToken token, UserId user);
    // Somebody who has an account uses it; the room that they are invited to, if it leads to one. Who is inside already
    // uses nothing up. Errors: M_NOT_FOUND (unknown), M_FORBIDDEN (used, expired, revoked, or the room refuses).
    Task<Result<std::optional<RoomId>>> accept(UserId user, std::string token);

    // At start, before anybody else makes an account: the token for the first administrator, as long as there is none
    // and it is good; made in a new store. Nothing where registration is closed.
    Task<Result<std::optional<std::string>>> first();
    // There is an administrator: that token is over.
    Task<Result<void>> end_first();

private:
    Task<Result<void>> apply(const RegistrationToken& token, UserId user);

    const Context& context_;
    RegistrationTokens& tokens_;
    Accounts& accounts_;
    RoomDoors* doors_;
};

}  // namespace peyk::users
