#include "sync/room_section.h"

#include <algorithm>

#include "rooms/removal/removed_event.h"
#include "sync/room_parts.h"

namespace peyk::sync {

using rooms::EventNumber;
using rooms::Membership;
using rooms::StateEntry;
using rooms::StateRoots;
using rooms::StoredEventPtr;

namespace {

std::string_view state_name(StateForm form) {
    switch (form) {
        case StateForm::before: return "state";
        case StateForm::after: return "state_after";
        case StateForm::after_older: return "org.matrix.msc4222.state_after";
    }
    return "state";
}

}  // namespace

// One room while its section is put together.
struct RoomSections::Part {
    const rooms::RoomMembership& row;
    rooms::RoomInfoPtr room;
    rooms::Visibility visibility;
    bool whole = false;    // everything: first sync of this room, or full_state for its state
    bool entered = false;  // joined within the window
    StateRoots at_since;   // state when the window opened
    EventNumber since_number = 0;
    StateRoots at_end;
    std::vector<StoredEventPtr> timeline;  // oldest first
    bool limited = false;
    EventNumber prev = 1;
    StateRoots at_start;  // before the first event of the timeline
    std::vector<StoredEventPtr> state;
    bool has_summary = false;
    std::vector<std::string> heroes;
};

// Nothing in the window: decided by the newest position in memory when there is one.
Result<bool> RoomSections::quiet(const Window& window, const rooms::RoomMembership& row) const {
    if (row.changed > window.from()) return false;
    auto newest = activity_.newest(row.number);
    if (newest) return *newest <= window.from();
    auto ticket = activity_.ticket(row.number);
    PEYK_TRY(auto room, store_.find(row.number));
    if (!room) return true;
    PEYK_TRY(auto last, store_.last(*room));
    PEYK_TRY(auto stream, stream_.newest(row.number));
    auto found = std::max(last ? last->position : 0, stream);
    activity_.learn(row.number, found, ticket);
    return found <= window.from();
}

Result<void> RoomSections::load_timeline(const Window& window, Part& part, EventNumber end) {
    auto low = part.entered || !window.since ? 1 : part.since_number + 1;
    // One more than wanted tells whether there are more that the filter takes.
    auto filter = window.filter->timeline;
    ++filter.limit;
    PEYK_TRY(auto page,
             rooms::history_page(store_, *part.room, part.visibility, filter, end, low, rooms::Direction::backward));
    part.timeline = std::move(page.events);
    bool cut = part.timeline.size() == filter.limit;
    if (cut) {
        page.end = part.timeline.back()->number + 1;
        part.timeline.pop_back();
    }
    std::reverse(part.timeline.begin(), part.timeline.end());
    // What the client holds of a room from an earlier stay does not join up with what it gets now.
    part.limited = cut || page.more || (part.entered && window.since);
    part.prev = page.end;
    // The state at the start is the state before the first event that is shown, or at the end when none is.
    part.at_start = part.timeline.empty() ? part.at_end : part.timeline.front()->before;
    if (!part.timeline.empty()) part.prev = part.timeline.front()->number;
    return {};
}

// Spec: Syncing › state, state_after; Lazy-loading. Members are left out unless the timeline needs them.
Result<void> RoomSections::choose_state(const Window& window, Part& part) {
    const auto& filter = window.filter->state;
    bool lazy = filter.lazy_load_members && !part.row.forgotten;
    const auto& target = window.state_form == StateForm::before ? part.at_start : part.at_end;
    std::vector<StateEntry> wanted, members;
    if (part.whole) {
        PEYK_TRY(wanted, store_.others(*part.room, target));
        if (!lazy) {
            PEYK_TRY(members, store_.members(*part.room, target));
        }
    } else {
        PEYK_TRY(auto changes, store_.changes(*part.room, part.at_since, target));
        for (const auto& change : changes) {
            if (change.after) wanted.push_back(*change.after);
        }
    }
    wanted.insert(wanted.end(), members.begin(), members.end());
    if (lazy) {
        if (part.whole && !window.since) lazy_.forget(window.reader.number, window.device, part.row.number);
        std::vector<std::string> needed;
        for (const auto& event : part.timeline) needed.push_back(event->event->sender.str());
        if (part.whole) needed.push_back(window.reader.user.str());
        for (const auto& hero : part.heroes) needed.push_back(hero);
        std::sort(needed.begin(), needed.end());
        needed.erase(std::unique(needed.begin(), needed.end()), needed.end());
        auto nodes = store_.nodes(*part.room);
        for (const auto& user : needed) {
            PEYK_TRY(auto entry, rooms::tree_find(nodes, target.members, store_.db().number(user)));
            if (!entry || std::find(wanted.begin(), wanted.end(), *entry) != wanted.end()) continue;
            bool known = lazy_.knows(window.reader.number, window.device, part.row.number, entry->event);
            if (!known) lazy_.tell(window.reader.number, window.device, part.row.number, entry->event, window.to);
            if (!known || filter.include_redundant_members || part.whole) wanted.push_back(*entry);
        }
    }
    std::sort(wanted.begin(), wanted.end(), [](const auto& a, const auto& b) { return a.event < b.event; });
    PEYK_TRY(auto events, store_.load(*part.room, wanted));
    for (auto& event : events) {
        if (filter.wants(*event->event)) part.state.push_back(std::move(event));
    }
    return {};
}

// Spec: Syncing › RoomSummary: at most five others, in the order of their arrival; those who left only when nobody is.
Result<void> RoomSections::load_summary(Part& part) {
    bool changed = part.whole || part.at_since.members != part.at_end.members;
    if (!changed) return {};
    part.has_summary = true;
    for (auto [type, key] : {std::pair{"m.room.name", "name"}, {"m.room.canonical_alias", "alias"}}) {
        PEYK_TRY(auto event, store_.state(*part.room, part.at_end, type));
        const auto* value = event ? event->event->content.find(key) : nullptr;
        if (value && value->string() && !value->string()->empty()) return {};
    }
    PEYK_TRY(auto events, read_heroes(store_, *part.room, part.at_end, part.visibility.user()));
    for (const auto& event : events) part.heroes.push_back(*event->event->state_key);
    return {};
}

Result<void> RoomSections::write_events(std::string& out, const Window& window, Part& part,
                                        const std::vector<StoredEventPtr>& events, rooms::Bundle bundle) {
    out += "{\"events\":[";
    bool first = true;
    for (const auto& event : events) {
        if (!first) out += ',';
        first = false;
        auto start = out.size();
        if (window.filter->form == EventForm::federation) {
            PEYK_CHECK(rooms::write_federation_event(out, store_, *part.room, *event, window.reader, part.visibility));
        } else {
            PEYK_CHECK(rooms::write_client_event(out, store_, *part.room, *event, window.reader, part.visibility,
                                                 rooms::RoomIdMember::leave_out, bundle));
        }
        PEYK_CHECK(window.filter->fields.apply(out, start));
    }
    out += ']';
    return {};
}

// Receipts and typing as the items of "events". Empty: nothing to tell.
Result<std::string> RoomSections::ephemeral(const Window& window, Part& part) {
    std::string out;
    const auto& filter = window.filter->ephemeral;
    if (filter.wants_type("m.receipt", "")) {
        std::vector<rooms::Receipt> receipts;
        rooms::ReceiptLimit limit{window.reader.number, kReceiptsTold};
        if (!window.since || part.entered) {
            PEYK_TRY(receipts, stream_.receipts(part.row.number, limit));
        } else {
            PEYK_TRY(auto changes, stream_.changes(part.row.number, window.from(), window.to, limit));
            receipts = std::move(changes.receipts);
        }
        out += receipts_event(receipts, window.reader.user);
    }
    if (filter.wants_type("m.typing", "")) {
        auto list = typing_.list(part.row.number);
        bool known = window.since && window.since->process == window.process && !part.entered;
        bool changed = known ? list.changed > window.since->typing : !list.users.empty();
        if (changed) {
            if (!out.empty()) out += ',';
            out += typing_event(list.users);
        }
    }
    return out;
}

// Whether the reader's own receipts moved: the counts did, even if the filter wants no receipts.
Result<bool> RoomSections::has_read(const Window& window, const Part& part) const {
    if (!window.since || window.filter->ephemeral.wants_type("m.receipt", "")) return false;
    return own_receipts_moved(stream_, part.row.number, window.reader, window.from(), window.to);
}

// Spec: Syncing › unread_notifications, unread_thread_notifications.
Result<std::string> RoomSections::unread(const Window& window, const Part& part, EventNumber last) {
    push::RoomKey room{part.row.room, part.row.number};
    PEYK_TRY(auto counts, unread_.of(window.reader.user, window.reader.number, room, last));
    auto text = [](const push::UnreadCount& count) {
        return fmt::format("{{\"highlight_count\":{},\"notification_count\":{}}}", count.highlights,
                           count.notifications);
    };
    bool by_thread = window.filter->timeline.unread_thread_notifications;
    auto out = ",\"unread_notifications\":" + text(by_thread ? counts.main : counts.all);
    if (!by_thread || counts.threads.empty()) return out;
    out += ",\"unread_thread_notifications\":{";
    bool first = true;
    for (const auto& [root, count] : counts.threads) {
        if (!std::exchange(first, false)) out += ',';
        json::write_string(out, root);
        out += ':' + text(count);
    }
    return out + '}';
}

Result<std::string> RoomSections::write(const Window& window, Part& part,
                                        const std::vector<AccountDataItem>& account_data) {
    std::string out = "{\"timeline\":";
    // Spec: Aggregations: where the client may have missed events; otherwise it has seen all that relate.
    bool gap = part.limited || part.entered || !window.since;
    PEYK_CHECK(write_events(out, window, part, part.timeline, gap ? rooms::Bundle::relations : rooms::Bundle::nothing));
    out += ",\"limited\":";
    out += part.limited ? "true" : "false";
    out += ",\"prev_batch\":";
    json::write_string(out, tokens_.encode(part.row.number, part.prev, window.reader.number));
    out += '}';
    out += ",\"";
    out += state_name(window.state_form);
    out += "\":{\"events\":[";
    bool first = true;
    for (const auto& event : part.state) {
        if (!first) out += ',';
        first = false;
        auto start = out.size();
        auto write =
            window.filter->form == EventForm::federation ? rooms::write_federation_event : rooms::write_state_event;
        PEYK_CHECK(write(out, store_, *part.room, *event, window.reader, part.visibility));
        PEYK_CHECK(window.filter->fields.apply(out, start));
    }
    out += "]}";
    out += ",\"account_data\":{\"events\":[";
    first = true;
    for (const auto& item : account_data) {
        if (!window.filter->room_account_data.wants_type(item.type, "")) continue;
        if (!first) out += ',';
        first = false;
        append_item(out, item);
    }
    out += "]}";
    return out;
}

Result<std::string> RoomSections::joined(const Window& window, const rooms::RoomMembership& row,
                                         const std::vector<AccountDataItem>& account_data, bool* has_left) {
    bool entered = window.since && row.entered > window.from();
    bool first = !window.since || entered;
    auto typing = typing_.list(row.number);
    bool typing_news = window.since &&
                       (window.since->process != window.process || typing.changed > window.since->typing) &&
                       typing.changed > 0;
    if (!first && !window.full_state && account_data.empty() && !typing_news) {
        PEYK_TRY(bool nothing, quiet(window, row));
        if (nothing) return std::string{};
    }
    PEYK_TRY(auto room, store_.find(row.number));
    if (!room) return std::string{};
    Part part{row, room, rooms::Visibility(store_, *room, window.reader.number, row, window.ignored)};
    part.whole = first || window.full_state;
    part.entered = entered;
    PEYK_TRY(auto last, store_.last(*room, window.to));
    if (!last) return std::string{};
    part.at_end = last->after;
    PEYK_TRY(auto gone, ended_row(store_, *room, row, window.reader.number, part.at_end));
    if (gone) {
        if (has_left) *has_left = true;
        return left(window, *gone, account_data);
    }
    part.visibility.reveal(part.at_end);
    if (window.since) {
        PEYK_TRY(auto then, store_.last(*room, window.from()));
        if (then) {
            part.at_since = then->after;
            part.since_number = then->number;
        }
    }
    PEYK_CHECK(load_timeline(window, part, last->number + 1));
    PEYK_CHECK(load_summary(part));
    PEYK_CHECK(choose_state(window, part));
    PEYK_TRY(auto events, ephemeral(window, part));
    bool nothing =
        part.timeline.empty() && part.state.empty() && events.empty() && account_data.empty() && !part.limited;
    if (nothing && !first && !window.full_state) {
        PEYK_TRY(bool read, has_read(window, part));
        nothing = !read;
    }
    if (nothing && !first && !window.full_state) return std::string{};
    PEYK_TRY(auto out, write(window, part, account_data));
    out += ",\"ephemeral\":{\"events\":[" + events + "]}";
    PEYK_TRY(auto counts, unread(window, part, last->number));
    out += counts;
    out += ",\"summary\":{";
    if (part.has_summary) {
        if (!part.heroes.empty()) {
            json::Array heroes(part.heroes.begin(), part.heroes.end());
            out += "\"m.heroes\":" + json::write(json::Value(std::move(heroes))) + ',';
        }
        out += "\"m.invited_member_count\":" + std::to_string(part.at_end.invited);
        out += ",\"m.joined_member_count\":" + std::to_string(part.at_end.joined);
    }
    out += "}}";
    return out;
}

Result<std::string> RoomSections::left(const Window& window, const rooms::RoomMembership& row,
                                       const std::vector<AccountDataItem>& account_data) {
    PEYK_TRY(auto room, store_.find(row.number));
    if (!room) return std::string{};
    Part part{row, room, rooms::Visibility(store_, *room, window.reader.number, row, window.ignored)};
    PEYK_TRY(auto leave, store_.event(*room, row.event));
    if (!leave) return std::string{};
    part.at_end = leave->after;
    if (!row.was_joined) {
        // An invitation or knock that ended: only that is the user's to see.
        part.timeline.push_back(leave);
        part.prev = leave->number;
        PEYK_TRY(auto only, write(window, part, account_data));
        return only + "}";
    }
    if (window.since) {
        PEYK_TRY(auto then, store_.last(*room, window.from()));
        if (then) {
            part.at_since = then->after;
            part.since_number = then->number;
        }
        // Told already, by the sync that saw the room's batch before the user's row.
        if (part.since_number >= row.event && !window.full_state) return std::string{};
        PEYK_TRY(auto was, store_.membership(*room, part.at_since, window.reader.number));
        part.entered = was != Membership::join;
    }
    part.whole = !window.since || part.entered || window.full_state;
    PEYK_CHECK(load_timeline(window, part, row.event + 1));
    PEYK_CHECK(choose_state(window, part));
    PEYK_TRY(auto out, write(window, part, account_data));
    return out + "}";
}

Result<std::string> RoomSections::removed(const Window& window, const rooms::RoomMembership& row) const {
    PEYK_TRY(auto event, rooms::removed_event(store_.db(), row, window.reader.user));
    PEYK_CHECK(window.filter->fields.apply(event, 0));
    bool after = window.state_form != StateForm::before;  // the state at the end of the timeline has it too
    return fmt::format(R"({{"timeline":{{"events":[{}],"limited":false}},"{}":{{"events":[{}]}}}})", event,
                       state_name(window.state_form), after ? event : "");
}

std::string RoomSections::stripped(const rooms::RoomMembership& row) const {
    auto events = row.stripped_state.empty() ? std::string("[]") : row.stripped_state;
    auto name = row.membership == Membership::knock ? "knock_state" : "invite_state";
    return std::string("{\"") + name + "\":{\"events\":" + events + "}}";
}

}  // namespace peyk::sync
