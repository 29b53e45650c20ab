#include "rooms/directory/people.h"

namespace peyk::rooms {

Result<bool> People::may_be_found(UserNumber user) {
    if (!own_known_) {
        PEYK_TRY(auto rows, memberships_.of(searcher_));
        for (const auto& row : *rows) {
            if (row.membership == Membership::join) own_.insert(row.number);
        }
        own_known_ = true;
    }
    PEYK_TRY(auto rows, memberships_.of(user));
    for (const auto& row : *rows) {
        if (row.membership != Membership::join) continue;
        if (user != searcher_ && own_.contains(row.number)) return true;
        PEYK_TRY(bool open, is_public(row.number));
        if (open) return true;
    }
    return false;
}

// Anybody may join, or read without joining.
Result<bool> People::is_public(RoomNumber number) {
    if (auto known = public_.find(number); known != public_.end()) return known->second;
    bool open = false;
    PEYK_TRY(auto room, store_.find(number));
    PEYK_TRY(auto last, room ? store_.last(*room) : Result<StoredEventPtr>{});
    auto says = [&](std::string_view type, std::string_view key, std::string_view value) -> Result<bool> {
        PEYK_TRY(auto event, store_.state(*room, last->after, type));
        const auto* text = event ? event->event->content.find(key) : nullptr;
        return text && text->string() && *text->string() == value;
    };
    if (last) {
        PEYK_TRY(open, says("m.room.join_rules", "join_rule", "public"));
        if (!open) {
            PEYK_TRY(open, says("m.room.history_visibility", "history_visibility", "world_readable"));
        }
    }
    public_.emplace(number, open);
    return open;
}

}  // namespace peyk::rooms
