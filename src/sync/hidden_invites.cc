#include "sync/ports.h"

namespace peyk::sync {

Result<bool> HiddenInvites::hides(const rooms::RoomMembership& row) {
    if (!rules_) {
        PEYK_TRY(rules_, policies_.invite_rules_of(number_));
    }
    bool nothing = !*rules_ && (!ignored_ || ignored_->empty());
    if (nothing) return false;
    auto inviter = rooms::inviter_of(row, user_);
    if (!inviter) return false;
    if (ignored_ && ignored_->contains(store_.number(*inviter))) return true;
    return *rules_ && (*rules_)->verdict(*inviter) != rooms::InviteVerdict::allow;
}

Result<std::shared_ptr<const rooms::RoomMemberships>> HiddenInvites::shown(
    std::shared_ptr<const rooms::RoomMemberships> rows) {
    std::shared_ptr<rooms::RoomMemberships> left;
    for (std::size_t at = 0; at < rows->size(); ++at) {
        const auto& row = (*rows)[at];
        bool hidden = false;
        if (row.membership == rooms::Membership::invite) {
            PEYK_TRY(hidden, hides(row));
        }
        if (hidden && !left)
            left = std::make_shared<rooms::RoomMemberships>(rows->begin(),
                                                            rows->begin() + static_cast<std::ptrdiff_t>(at));
        if (!hidden && left) left->push_back(row);
    }
    return left ? std::move(left) : rows;
}

}  // namespace peyk::sync
