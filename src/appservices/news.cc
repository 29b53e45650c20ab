#include "appservices/news.h"

namespace peyk::appservices {

void News::mark(rooms::RoomNumber room) {
    std::lock_guard lock(mutex_);
    marks_.insert(room);
}

Result<void> News::begin(storage::Position to, Cursor after) {
    to_ = to;
    std::unordered_set<rooms::RoomNumber> marked;
    {
        std::lock_guard lock(mutex_);
        marked.swap(marks_);
    }
    for (auto at = marked.begin(); at != marked.end(); ++at) {
        touched_.insert(*at);
        if (in_heads_.contains(*at)) continue;  // its head leads on to everything behind it
        auto looked = look(*at, after);
        if (looked) continue;
        // Nothing is lost by a read that failed: what was not looked at is marked again.
        std::lock_guard lock(mutex_);
        marks_.insert(at, marked.end());
        return looked;
    }
    return {};
}

Result<void> News::look(rooms::RoomNumber room, Cursor after) {
    PEYK_TRY(auto info, store_.find(room));
    rooms::StoredEventPtr event;
    if (info) {
        // Of the cursor's own position some events may be left.
        PEYK_TRY(auto seen, store_.last(*info, after.position - (after.position > 0)));
        PEYK_TRY(event, next_event(*info, seen ? seen->number + 1 : 1));
        while (event && event->position == after.position && event->number <= after.number) {
            PEYK_TRY(event, next_event(*info, event->number + 1));
        }
    }
    if (event) {
        heads_.insert({event->position, room, event->number});
        in_heads_.insert(room);
    } else {
        give_up(room);
    }
    return {};
}

Result<rooms::StoredEventPtr> News::next_event(const rooms::RoomInfo& room, rooms::EventNumber number) const {
    PEYK_TRY(auto event, store_.event(room, number));
    if (event) return event;
    // The end, or events that were destroyed.
    PEYK_TRY(auto later, store_.events(room, number, ~0ULL, 1, storage::Store::Order::forward));
    if (later.empty()) return nullptr;
    return later.front();
}

void News::give_up(rooms::RoomNumber room) {
    if (activity_.is_newer(room, to_)) mark(room);
}

Result<std::optional<News::Item>> News::peek() {
    while (!heads_.empty() && heads_.begin()->position <= to_) {
        auto head = *heads_.begin();
        PEYK_TRY(auto info, store_.find(head.room));
        rooms::StoredEventPtr event;
        if (info) {
            PEYK_TRY(event, store_.event(*info, head.number));
        }
        if (event) return Item{std::move(info), std::move(event)};
        PEYK_CHECK(take());  // destroyed meanwhile
    }
    return std::nullopt;
}

Result<void> News::take() {
    auto head = *heads_.begin();
    PEYK_TRY(auto info, store_.find(head.room));
    rooms::StoredEventPtr event;
    if (info) {
        PEYK_TRY(event, next_event(*info, head.number + 1));
    }
    heads_.erase(heads_.begin());
    if (event) {
        heads_.insert({event->position, head.room, event->number});
        return {};
    }
    in_heads_.erase(head.room);
    give_up(head.room);
    return {};
}

}  // namespace peyk::appservices
