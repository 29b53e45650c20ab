#include "users/invitations.h"

#include "support.h"

namespace peyk::users {
namespace {

constexpr auto kRegister = "/_matrix/client/v3/register";
constexpr Millis kDay{86'400'000};

// A house with one room, which the test opens and closes.
class House final : public RoomDoors {
public:
    Result<bool> may_invite(const UserId& maker, const RoomId& room) const override {
        return makers.contains(maker.str()) && room.view() == "!hall:test.example";
    }
    Result<bool> is_inside(const UserId& user, const RoomId&) const override { return inside.contains(user.str()); }
    Task<Result<void>> invite(UserId maker, RoomId, UserId guest) override {
        if (refuses) co_return m::forbidden("no");
        inside.insert(guest.str());
        invited_by = maker.str();
        co_return Result<void>{};
    }

    std::set<std::string> makers{"@ada:test.example"}, inside;
    std::string invited_by;
    bool refuses = false;
};

class Inviting : public World {
protected:
    Inviting() { begin(RegistrationMode::token); }

    void begin(RegistrationMode mode) {
        auto options = test_options();
        options.registration = mode;
        Observers observers;
        observers.doors = &house;
        start(options, observers);
    }
    Invitations& invitations() { return server->users.invitations; }
    static UserId user(std::string_view name) { return UserId::trusted("@" + std::string(name) + ":test.example"); }
    static Invitations::Wish wish() { return {user("ada"), RoomId::trusted("!hall:test.example")}; }
    RegistrationToken make(std::int64_t uses = 1, Millis lifetime = Invitations::kUsual) {
        auto wanted = wish();
        wanted.uses = uses;
        wanted.lifetime = lifetime;
        auto made = wait(invitations().make(std::move(wanted)));
        EXPECT_TRUE(made) << made.error().detail;
        return *made;
    }
    Answer register_with(std::string name, std::string token) {
        return post(kRegister,
                    R"({"username":")" + name +
                        R"(","password":"longenough","auth":{"type":"m.login.registration_token","token":")" + token +
                        "\"}}");
    }
    TokenState state(const std::string& token) { return server->users.registration_tokens.state(token).value(); }
    bool is_admin(std::string_view name) { return (*server->users.accounts.find(user(name)))->admin; }

    House house;
};

TEST_F(Inviting, WhoRegistersWithALinkIsInvitedByItsMaker) {
    auto link = make();
    EXPECT_GE(link.token.size(), 22u) << "128 bits at least";
    EXPECT_EQ(invitations().look(link.token)->state, TokenState::valid);
    EXPECT_EQ(register_with("nora", link.token).status, 200);
    EXPECT_TRUE(house.inside.contains("@nora:test.example"));
    EXPECT_EQ(house.invited_by, "@ada:test.example");
    EXPECT_EQ(state(link.token), TokenState::used);
    EXPECT_FALSE(invitations().look(link.token)->token) << "of an ended one nothing but why";
}

TEST_F(Inviting, ARoomThatRefusesIsNoReasonToHaveNoAccount) {
    auto link = make();
    house.refuses = true;
    EXPECT_EQ(register_with("nora", link.token).status, 200);
    EXPECT_TRUE(house.inside.empty());
}

TEST_F(Inviting, EndsByUsesByTimeByHandAndWithThePowerOfItsMaker) {
    auto used = make(2), brief = make(1, Millis{60'000}), revoked = make(), weak = make();
    EXPECT_EQ(register_with("n1", used.token).status, 200);
    EXPECT_EQ(state(used.token), TokenState::valid);
    EXPECT_EQ(register_with("n2", used.token).status, 200);
    EXPECT_EQ(state(used.token), TokenState::used);
    clock.advance(Millis{60'001});
    EXPECT_EQ(state(brief.token), TokenState::expired);
    ASSERT_TRUE(wait(invitations().revoke(user("ada"), *revoked.room, revoked.token)));
    EXPECT_EQ(state(revoked.token), TokenState::revoked);
    EXPECT_FALSE(wait(invitations().revoke(user("eve"), *weak.room, weak.token))) << "somebody else's";
    house.makers.clear();
    EXPECT_EQ(state(weak.token), TokenState::revoked);
    for (const auto& link : {used, brief, revoked, weak}) EXPECT_EQ(register_with("eve", link.token).status, 401);
    house.makers.insert("@ada:test.example");
    EXPECT_EQ(state(weak.token), TokenState::valid);
    EXPECT_EQ(state("never"), TokenState::unknown);
    EXPECT_EQ(state("no token!"), TokenState::unknown);
}

TEST_F(Inviting, WhoHasAnAccountUsesALinkOnce) {
    auto link = make();
    auto accepted = wait(invitations().accept(user("bob"), link.token));
    ASSERT_TRUE(accepted) << accepted.error().detail;
    EXPECT_EQ((*accepted)->view(), "!hall:test.example");
    EXPECT_TRUE(wait(invitations().accept(user("bob"), link.token))) << "inside already: nothing is used up";
    EXPECT_EQ(wait(invitations().accept(user("eve"), link.token)).error().m_code, "M_FORBIDDEN");
    auto second = make();
    house.refuses = true;
    EXPECT_FALSE(wait(invitations().accept(user("eve"), second.token)));
    EXPECT_EQ(state(second.token), TokenState::valid) << "the use is given back";
    EXPECT_EQ(wait(invitations().accept(user("eve"), "nothing")).error().m_code, "M_NOT_FOUND");
}

TEST_F(Inviting, MakersHaveBounds) {
    for (std::int64_t uses : {0, 101, -1}) {
        auto wanted = wish();
        wanted.uses = uses;
        EXPECT_EQ(wait(invitations().make(std::move(wanted))).error().m_code, "M_INVALID_PARAM");
    }
    auto stranger = wish();
    stranger.maker = user("eve");
    EXPECT_EQ(wait(invitations().make(std::move(stranger))).error().m_code, "M_FORBIDDEN");
    for (std::size_t i = 0; i < Invitations::kMostOfOne; ++i) make();
    EXPECT_EQ(wait(invitations().make(wish())).error().m_code, "M_FORBIDDEN");
    clock.advance(Invitations::kUsual);
    make();  // those of before have ended
}

TEST_F(Inviting, WhatEndedIsForgottenAfterThirtyDays) {
    auto link = make(), gone = make();
    auto plain = wait(server->users.registration_tokens.create({}));
    ASSERT_TRUE(wait(invitations().revoke(user("ada"), *gone.room, gone.token)));
    auto sweep = [&] { return wait(server->users.registration_tokens.sweep()).value(); };
    EXPECT_EQ(sweep(), 0u);
    clock.advance(kDay * 31);
    EXPECT_EQ(sweep(), 1u) << "that it was revoked";
    EXPECT_EQ(state(gone.token), TokenState::unknown);
    EXPECT_EQ(state(link.token), TokenState::expired);
    clock.advance(kDay * 7);
    EXPECT_EQ(sweep(), 1u);
    EXPECT_EQ(state(link.token), TokenState::unknown);
    EXPECT_EQ(state(plain->token), TokenState::valid) << "an administrator's is theirs to delete";
}

TEST_F(Inviting, AnEndedAccountLeavesNoLinks) {
    auto link = make();
    ASSERT_TRUE(wait(invitations().revoke_all_of(user("ada"))));
    EXPECT_EQ(state(link.token), TokenState::revoked);
    EXPECT_TRUE(invitations().of(user("ada"), *link.room)->empty());
}

TEST_F(Inviting, TheFirstOneMakesTheAdministratorAndIsOver) {
    auto token = wait(invitations().first()).value().value();
    EXPECT_EQ(wait(invitations().first()).value().value(), token) << "the same as long as it is good";
    EXPECT_EQ(register_with("sara", token).status, 200);
    EXPECT_TRUE(is_admin("sara"));
    EXPECT_EQ(state(token), TokenState::used);
    EXPECT_EQ(register_with("eve", token).status, 401);
    EXPECT_FALSE(wait(invitations().first()).value()) << "the store is not new any more";
}

TEST_F(Inviting, TheFirstOneEndsWhenThereIsAnAdministratorAnyway) {
    auto token = wait(invitations().first()).value().value();
    EXPECT_EQ(register_with("bob", make().token).status, 200) << "somebody without power changes nothing";
    EXPECT_EQ(state(token), TokenState::valid);
    admin_token("root");
    EXPECT_EQ(state(token), TokenState::revoked);
    EXPECT_EQ(register_with("eve", token).status, 401);
}

TEST_F(Inviting, TheFirstOneOnAServerThatIsOpenOrClosed) {
    begin(RegistrationMode::open);
    auto token = wait(invitations().first()).value().value();
    token_of("sara");
    EXPECT_FALSE(is_admin("sara"));
    EXPECT_EQ(wait(invitations().accept(user("sara"), token)).value(), std::nullopt);
    EXPECT_TRUE(is_admin("sara"));
    EXPECT_EQ(wait(invitations().accept(user("sara"), token)).error().m_code, "M_FORBIDDEN");
    begin(RegistrationMode::closed);
    EXPECT_FALSE(wait(invitations().first()).value()) << "nobody could use it";
}

TEST_F(Inviting, SwitchedOffLinksAreOver) {
    auto link = make();
    auto options = test_options();
    options.room_invitations = false;
    Observers observers;
    observers.doors = &house;
    start(options, observers);
    EXPECT_EQ(state(link.token), TokenState::revoked);
}

}  // namespace
}  // namespace peyk::users
