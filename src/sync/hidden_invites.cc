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

}  // namespace peyk::sync
