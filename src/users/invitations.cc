#include "users/invitations.h"

#include <algorithm>

#include "base/logging.h"
#include "core/errors.h"

namespace peyk::users {
namespace {

std::unexpected<Error> refused(TokenState state) {
    switch (state) {
        case TokenState::used: return m::forbidden("This invitation has been used");
        case TokenState::expired: return m::forbidden("This invitation has expired");
        case TokenState::revoked: return m::forbidden("This invitation was taken back");
        case TokenState::valid: return m::forbidden("Somebody is about to use this invitation");
        case TokenState::unknown: break;
    }
    return m::not_found("There is no such invitation");
}

}  // namespace

Result<Invitations::Seen> Invitations::look(std::string_view token) const {
    Seen seen;
    PEYK_TRY(seen.state, tokens_.state(token));
    if (seen.state == TokenState::valid) {
        PEYK_TRY(seen.token, tokens_.find(token));
    }
    return seen;
}

Task<Result<RegistrationToken>> Invitations::make(Wish wish) {
    if (wish.uses < 1 || wish.uses > kMostUses)
        co_return m::invalid_param(fmt::format("An invitation has 1 to {} uses", kMostUses));
    if (wish.lifetime < kShortest || wish.lifetime > kLongest)
        co_return m::invalid_param("An invitation lasts a minute at least and thirty days at most");
    PEYK_CO_TRY(bool may, doors_ ? doors_->may_invite(wish.maker, wish.room) : Result<bool>(false));
    if (!may) co_return m::forbidden("You may not invite people to this room, or there is no such room");
    PEYK_CO_TRY(auto all, tokens_.list());
    auto own = std::ranges::count_if(
        all, [&](const RegistrationToken& token) { return token.maker == wish.maker && tokens_.is_valid(token); });
    if (static_cast<std::size_t>(own) >= kMostOfOne)
        co_return m::forbidden("You have too many invitations; take some back");
    RegistrationToken token;
    token.uses_allowed = wish.uses;
    token.expiry = context_.clock.now() + wish.lifetime;
    token.room = std::move(wish.room);
    token.maker = std::move(wish.maker);
    co_return co_await tokens_.create(std::move(token));
}

Result<std::vector<RegistrationToken>> Invitations::of(const UserId& maker, const RoomId& room) const {
    PEYK_TRY(auto all, tokens_.list());
    std::erase_if(all, [&](const RegistrationToken& token) { return token.maker != maker || token.room != room; });
    std::ranges::sort(all, {}, &RegistrationToken::expiry);
    return all;
}

Task<Result<void>> Invitations::revoke(UserId maker, RoomId room, std::string token) {
    PEYK_CO_TRY(auto found, tokens_.find(token));
    if (!found || found->maker != maker || found->room != room)
        co_return m::not_found("You have no such invitation to this room");
    co_return co_await tokens_.remove(std::move(token));
}

Task<Result<void>> Invitations::revoke_all_of(UserId maker) {
    RegistrationTokens::Pick of_maker = [maker](const RegistrationToken& token) { return token.maker == maker; };
    PEYK_CO_CHECK(co_await tokens_.remove_all(std::move(of_maker)));
    co_return Result<void>{};
}

// What the token promises. The use is counted already.
Task<Result<void>> Invitations::apply(const RegistrationToken& token, UserId user) {
    auto room = token.room;
    auto maker = token.maker;
    if (token.first) {
        Accounts::Edit edit = [](Account& account) -> Result<void> {
            PEYK_CHECK(check_is_somebody(account));
            account.admin = true;
            return {};
        };
        PEYK_CO_CHECK(co_await accounts_.update(accounts_.number(user), std::move(edit)));
    }
    if (!room || !doors_) co_return Result<void>{};
    PEYK_CO_TRY(bool inside, doors_->is_inside(user, *room));
    if (inside) co_return Result<void>{};
    co_return co_await doors_->invite(*maker, *room, std::move(user));
}

Task<void> Invitations::arrived(RegistrationToken token, UserId user) {
    auto applied = co_await apply(token, std::move(user));
    if (!applied) log::warning("users", "an invitation did not lead to its room: {}", errc_name(applied.error().code));
}

Task<Result<std::optional<RoomId>>> Invitations::accept(UserId user, std::string token) {
    PEYK_CO_TRY(auto found, tokens_.find(token));
    if (found && found->room) {
        PEYK_CO_TRY(bool inside, doors_ ? doors_->is_inside(user, *found->room) : Result<bool>(false));
        if (inside) co_return found->room;
    }
    PEYK_CO_TRY(auto state, tokens_.state(token));
    if (state != TokenState::valid || !found) co_return refused(state);
    if (!found->room && !found->first) co_return std::nullopt;  // who has an account needs none
    PEYK_CO_TRY(bool held, tokens_.reserve(token));
    if (!held) co_return refused(state);
    PEYK_CO_CHECK(co_await tokens_.spend(token));
    auto applied = co_await apply(*found, std::move(user));
    if (!applied) {
        (void)co_await tokens_.give_back(std::move(token));
        co_return std::unexpected(std::move(applied).error());
    }
    co_return found->room;
}

Task<Result<std::optional<std::string>>> Invitations::first() {
    if (context_.options.registration == RegistrationMode::closed) co_return std::nullopt;
    PEYK_CO_TRY(auto all, tokens_.list());
    for (const auto& token : all) {
        if (token.first && tokens_.is_valid(token)) co_return token.token;
    }
    PEYK_CO_TRY(bool any, accounts_.any());
    if (any) co_return std::nullopt;
    RegistrationToken wanted;
    wanted.uses_allowed = 1;
    wanted.expiry = context_.clock.now() + kUsual;
    wanted.first = true;
    PEYK_CO_TRY(auto made, co_await tokens_.create(std::move(wanted)));
    co_return made.token;
}

Task<Result<void>> Invitations::end_first() {
    RegistrationTokens::Pick open = [this](const RegistrationToken& token) {
        return token.first && tokens_.state(token) == TokenState::valid;
    };
    PEYK_CO_CHECK(co_await tokens_.remove_all(std::move(open)));
    co_return Result<void>{};
}

}  // namespace peyk::users
