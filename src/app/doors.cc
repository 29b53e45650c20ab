#include "app/doors.h"

#include "rooms/auth/power_levels.h"

namespace peyk::app {

// The same that the authorisation rules ask of an invitation, so that a link that could not be used does not look good.
// Spec: Room Versions › Authorisation rules, membership "invite".
Result<bool> DoorsOfRooms::may_invite(const UserId& maker, const RoomId& id) const {
    if (!store_) return false;
    PEYK_TRY(auto account, users_->accounts.find(maker));
    if (!account || account->deactivated || account->locked || account->suspended) return false;
    PEYK_TRY(auto room, store_->find(id));
    if (!room) return false;
    PEYK_TRY(auto last, store_->last(*room));
    if (!last) return false;
    PEYK_TRY(auto membership, store_->membership(*room, last->after, account->number));
    if (membership != rooms::Membership::join) return false;
    PEYK_TRY(auto levels, store_->state(*room, last->after, "m.room.power_levels"));
    PEYK_TRY(auto create, store_->state(*room, last->after, "m.room.create"));
    rooms::PowerLevels power(levels ? levels->event : nullptr, create ? create->event : nullptr, *room->rules);
    return power.user_level(maker.view()) >= power.invite_level();
}

Result<bool> DoorsOfRooms::is_inside(const UserId& user, const RoomId& room) const {
    if (!store_) return false;
    PEYK_TRY(auto row, memberships_->of(store_->number(user), store_->number(room)));
    if (!row || row->room != room) return false;
    return row->membership == rooms::Membership::join || row->membership == rooms::Membership::invite;
}

}  // namespace peyk::app
