#include "push/unread.h"

#include <algorithm>

namespace peyk::push {

ReadState::ReadState(EventNumber entered, const std::vector<ReadMark>& marks) : floor_(entered) {
    for (const auto& mark : marks) {
        if (mark.thread.empty()) {
            floor_ = std::max(floor_, mark.event);
        } else if (mark.thread == "main") {
            main_ = std::max(main_, mark.event);
        } else {
            auto& thread = threads_[mark.thread];
            thread = std::max(thread, mark.event);
        }
    }
}

bool ReadState::has_read(EventNumber number, const std::string& thread) const {
    if (number <= floor_) return true;
    if (thread.empty()) return number <= main_;
    auto found = threads_.find(thread);
    return found != threads_.end() && number <= found->second;
}

Result<void> UnreadCounts::each(const UserId& user, UserNumber number, const RoomKey& room, EventNumber low,
                                EventNumber high, const Visit& visit) {
    PEYK_TRY(auto joined, source_.joined(number, room.number));
    if (!joined) return {};
    PEYK_TRY(auto marks, source_.read_marks(room.number, number));
    ReadState read(joined->entered, marks);
    low = std::max(low, joined->entered);
    if (low + 1 >= high) return {};
    PEYK_TRY(auto rules, book_.of(user, number, room));
    static const std::string kMain;
    bool spoke_in_main = false;
    std::vector<std::string> spoke_in;  // threads
    for (auto page = page_of(high - 1) + 1; page-- > page_of(low + 1);) {
        auto first = std::max(first_of(page), low + 1);
        auto end = std::min(first_of(page + 1), high);
        PEYK_TRY(auto facts, pages_.facts(room, page, end));
        PEYK_TRY(auto outcomes, pages_.outcomes(room, *rules.rules, user.view(), rules.shared, page, end));
        for (auto at = end; at-- > first;) {
            const auto& fact = facts->facts[at - first_of(page)];
            const auto& thread = fact.thread == 0 ? kMain : facts->threads[fact.thread - 1];
            if (fact.sender == number) {
                // Who says something has seen what was said before it, in that place.
                if (fact.speaks && fact.thread == 0) spoke_in_main = true;
                if (fact.speaks && fact.thread != 0) spoke_in.push_back(thread);
                continue;
            }
            auto outcome = outcomes->of(at - first_of(page), facts->reader(fact, number));
            if (outcome == 0 || std::ranges::binary_search(*rules.ignored, fact.sender)) continue;
            bool spoke = fact.thread == 0 ? spoke_in_main : std::ranges::find(spoke_in, thread) != spoke_in.end();
            Notice notice{at, (outcome & OutcomesPage::kHighlight) != 0, spoke || read.has_read(at, thread), thread};
            if (!visit(notice)) return {};
        }
    }
    return {};
}

Result<RoomUnread> UnreadCounts::of(const UserId& user, UserNumber number, const RoomKey& room, EventNumber last) {
    RoomUnread out;
    PEYK_TRY(auto joined, source_.joined(number, room.number));
    if (!joined) return out;
    PEYK_TRY(auto marks, source_.read_marks(room.number, number));
    auto low = ReadState(joined->entered, marks).floor();
    if (last > kWindow) low = std::max(low, last - kWindow);
    auto count = [&out](const Notice& notice) {
        if (notice.read) return true;
        auto add = [&](UnreadCount& to) {
            ++to.notifications;
            if (notice.highlight) ++to.highlights;
        };
        add(out.all);
        add(notice.thread.empty() ? out.main : out.threads[std::string(notice.thread)]);
        return true;
    };
    PEYK_CHECK(each(user, number, room, low, last + 1, count));
    return out;
}

Result<UnreadCounts::Found> UnreadCounts::actions(const UserId& user, UserNumber number, const RoomKey& room,
                                                  const StoredEvent& event) {
    if (event.event->sender == user) return Found{};
    PEYK_TRY(auto rules, book_.of(user, number, room));
    bool mentioned = false;
    const auto* mentions = event.event->content.find("m.mentions");
    if (const auto* users = mentions ? mentions->get_array("user_ids") : nullptr)
        mentioned = std::ranges::any_of(
            *users, [&](const auto& each) { return each.string() && *each.string() == user.view(); });
    EventView view(source_, room, event);
    Reader reader{mentioned, event.event->state_key == user.view(), user.view()};
    PEYK_TRY(const auto* found, rules.rules->evaluate(view, reader));
    return Found{rules.rules, found && found->notify ? found : nullptr};
}

}  // namespace peyk::push
