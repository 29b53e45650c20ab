#include "rooms/visibility/visibility.h"

namespace peyk::rooms {

Result<Membership> Visibility::membership_at(const StateRoots& roots) {
    if (auto known = memberships_.find(roots.members); known != memberships_.end()) return known->second;
    PEYK_TRY(auto membership, store_.membership(room_, roots, user_));
    memberships_.emplace(roots.members, membership);
    return membership;
}

Result<HistoryVisibility> Visibility::visibility_at(const StateRoots& roots) {
    if (auto known = visibilities_.find(roots.others); known != visibilities_.end()) return known->second;
    PEYK_TRY(auto event, store_.state(room_, roots, "m.room.history_visibility"));
    // Absent or unknown values read as shared.
    auto visibility = HistoryVisibility::shared;
    if (event) {
        const auto* value = event->event->content.find("history_visibility");
        auto text = value && value->string() ? std::string_view(*value->string()) : "";
        if (text == "invited") visibility = HistoryVisibility::invited;
        if (text == "joined") visibility = HistoryVisibility::joined;
        if (text == "world_readable") visibility = HistoryVisibility::world_readable;
    }
    visibilities_.emplace(roots.others, visibility);
    return visibility;
}

bool Visibility::joined_later(EventNumber at) const {
    if (!row_) return false;
    if (row_->membership == Membership::join) return true;
    // Left or banned: a member until just before that event.
    return row_->was_joined && at < row_->event;
}

bool Visibility::is_in_since(const StoredEvent& event) const {
    return row_ && row_->membership == Membership::join && row_->entered < event.position;
}

Result<bool> Visibility::may_see_state(const StateRoots& roots, EventNumber at) {
    PEYK_TRY(auto visibility, visibility_at(roots));
    PEYK_TRY(auto membership, membership_at(roots));
    return permits(visibility, membership, joined_later(at));
}

Result<bool> Visibility::may_see_replaced(const StoredEvent& event) {
    if (sees_everything_ || is_in_since(event)) return true;
    bool own = event.event->is("m.room.member") && store_.db().number(*event.event->state_key) == user_;
    if (own) return true;
    PEYK_TRY(auto visibility, visibility_at(event.before));
    if (permits(visibility, Membership::none, joined_later(event.number))) return true;
    if (!row_ || row_->membership == Membership::join) return false;
    return may_see_state(event.before, event.number);
}

bool Visibility::permits(HistoryVisibility visibility, Membership membership, bool later) const {
    // 1: anyone.
    if (visibility == HistoryVisibility::world_readable) return true;
    // 2: a member at the event.
    if (membership == Membership::join) return true;
    // 3: shared with everybody who joined at any later time.
    if (visibility == HistoryVisibility::shared && later) return true;
    // 4: from the invitation on.
    if (visibility == HistoryVisibility::invited && membership == Membership::invite) return true;
    // 5.
    return false;
}

Result<bool> Visibility::is_current(const StoredEvent& event) const {
    if (!current_ || !event.event->is_state()) return false;
    const auto& key = *event.event->state_key;
    bool member = event.event->is("m.room.member");
    PEYK_TRY(auto entry, tree_find(store_.nodes(room_), member ? current_->members : current_->others,
                                   member ? store_.db().number(key) : store_.place(event.event->type, key)));
    return entry && entry->event == event.number;
}

Result<bool> Visibility::must_redact(const StoredEvent& event) {
    PEYK_TRY(bool any, store_.erased().any());
    if (!any || event.event->is_state()) return false;
    PEYK_TRY(bool erased, store_.erased().contains(store_.number(event.event->sender)));
    if (!erased) return false;
    PEYK_TRY(auto membership, membership_at(event.after));
    return membership != Membership::join;
}

Result<bool> Visibility::may_see(const StoredEvent& event) {
    if (!event.event->is_state() && ignores(event.event->sender)) return false;
    if (sees_everything_) return true;
    bool later = joined_later(event.number);
    PEYK_TRY(auto visibility, visibility_at(event.after));
    PEYK_TRY(auto membership, membership_at(event.after));
    if (permits(visibility, membership, later)) return true;
    // Changes of the visibility itself and of the user's own membership count if before or after permits.
    if (event.before == event.after) return is_current(event);
    PEYK_TRY(auto visibility_before, visibility_at(event.before));
    PEYK_TRY(auto membership_before, membership_at(event.before));
    if (permits(visibility_before, membership_before, later)) return true;
    return is_current(event);
}

}  // namespace peyk::rooms
