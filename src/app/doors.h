#pragma once
// The rooms behind invitations: users/ asks rooms/.

#include "rooms/membership/actions.h"
#include "rooms/membership/memberships.h"
#include "users/users.h"

namespace peyk::app {

// The targets are set before traffic starts.
class DoorsOfRooms final : public users::RoomDoors {
public:
    void bind(const rooms::RoomStore& store, const rooms::Memberships& memberships, rooms::MembershipActions& actions,
              const users::Users& users) {
        store_ = &store;
        memberships_ = &memberships;
        actions_ = &actions;
        users_ = &users;
    }
    Result<bool> may_invite(const UserId& maker, const RoomId& room) const override;
    Result<bool> is_inside(const UserId& user, const RoomId& room) const override;
    Task<Result<void>> invite(UserId maker, RoomId room, UserId guest) override {
        return actions_->invite(std::move(maker), std::move(room), std::move(guest), {});
    }

private:
    const rooms::RoomStore* store_ = nullptr;
    const rooms::Memberships* memberships_ = nullptr;
    rooms::MembershipActions* actions_ = nullptr;
    const users::Users* users_ = nullptr;
};

}  // namespace peyk::app
