#pragma once
// Tokens that let people register. Spec: Client-Server API › Token-authenticated registration; the administrator's
// side has the shape that operators' tools know. An invitation (invitations.h) is such a token with a purpose.

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/json.h"
#include "users/context.h"
#include "users/ports.h"

namespace peyk::users {

// What a token is good for now. `revoked` is remembered for thirty days, and is also what an invitation to a room is
// whose maker may not invite there any more.
enum class TokenState : unsigned char { valid, used, expired, revoked, unknown };
std::string_view token_state_name(TokenState state);

struct RegistrationToken {
    std::string token;
    std::optional<std::int64_t> uses_allowed = {};  // none: without limit
    std::optional<Millis> expiry = {};              // since 1970
    std::int64_t completed = 0;
    std::int64_t pending = 0;  // stages passed, accounts not made yet; in memory only
    // Who uses it is invited to the room, in the name of its maker. Both or neither.
    std::optional<RoomId> room = {};
    std::optional<UserId> maker = {};
    bool first = false;  // who uses it becomes an administrator; over as soon as there is one
};

// Purpose:  issues, checks and spends registration tokens.  Runs on: any worker.
class RegistrationTokens {
public:
    // `doors` null: there are no rooms.
    RegistrationTokens(const Context& context, const RoomDoors* doors) : context_(context), doors_(doors) {}

    Result<bool> valid(std::string_view token) const;
    // Holds one use for a registration under way. False: not valid. release() or spend() must follow.
    Result<bool> reserve(std::string_view token);
    void release(std::string_view token);
    // The account is about to be made: counts a use for good and ends the reservation. Errors: M_FORBIDDEN.
    Task<Result<void>> spend(std::string token);
    // The account was not made after all.
    Task<Result<void>> give_back(std::string token);

    std::string suggest(std::size_t length) const { return context_.random.alphanumeric(length); }
    // Errors: M_INVALID_PARAM (grammar, exists already). An empty token: one is made.
    Task<Result<RegistrationToken>> create(RegistrationToken wanted);
    struct Change {
        std::optional<std::optional<std::int64_t>> uses_allowed = {};
        std::optional<std::optional<Millis>> expiry = {};
    };
    Task<Result<RegistrationToken>> update(std::string token, Change change);
    // That there was one stays known for thirty days, by its digest alone. Errors: M_NOT_FOUND.
    Task<Result<void>> remove(std::string token);
    // The same for all that `is` picks; how many there were.
    using Pick = std::function<bool(const RegistrationToken&)>;
    Task<Result<std::size_t>> remove_all(Pick is);
    // From time to time: forgets those that were removed, and invitations that ended, thirty days ago; how many.
    Task<Result<std::size_t>> sweep();
    Result<std::optional<RegistrationToken>> find(std::string_view token) const;
    Result<std::vector<RegistrationToken>> list() const;
    // Also counts the uses that are held. Blocks where the token leads to a room.
    bool is_valid(const RegistrationToken& token) const;
    TokenState state(const RegistrationToken& token) const;
    Result<TokenState> state(std::string_view token) const;

private:
    std::string key(std::string_view token) const { return context_.db.digest("registration token", token); }
    std::optional<RegistrationToken> decode(const storage::Entry& entry) const;  // nothing: it was removed
    bool leads_somewhere(const RegistrationToken& token) const;
    Task<Result<void>> forget(std::vector<std::string> keys);
    void bury(storage::Change& change, std::string_view key) const;
    Task<Result<void>> count(std::string token, std::int64_t by);
    Task<Result<void>> store(const RegistrationToken& token);

    const Context& context_;
    const RoomDoors* doors_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::int64_t> pending_;
};

// The Opaque Identifier Grammar, at most 64 characters.
bool is_registration_token(std::string_view text);

}  // namespace peyk::users
