#include "sync/sliding_room.h"

#include <algorithm>

#include "rooms/removal/removed_event.h"

namespace peyk::sync {

using rooms::Membership;
using rooms::StateRoots;
using rooms::StoredEventPtr;

namespace {

std::uint64_t told_hash(rooms::RoomNumber room, rooms::EventNumber event) {
    return (room ^ event * 0x9e3779b97f4a7c15ULL) * 0xff51afd7ed558ccdULL;
}

const std::string* text_in(const StoredEventPtr& event, std::string_view key) {
    const auto* value = event ? event->event->content.find(key) : nullptr;
    return value ? value->string() : nullptr;
}

void member(std::string& out, std::string_view name) {
    out += out.empty() ? "\"" : ",\"";
    out += name;
    out += "\":";
}

// As in /v3/sync without the reader's membership then, which would read a state tree of its own for each event.
Result<std::string> state_text(const rooms::RoomStore& store, const rooms::RoomInfo& room,
                               const std::vector<StoredEventPtr>& events, const rooms::Reader& reader,
                               rooms::Visibility& visibility) {
    std::string out;
    for (const auto& event : events) {
        if (!out.empty()) out += ',';
        PEYK_CHECK(rooms::write_state_event(out, store, room, *event, reader, visibility));
    }
    return out;
}

}  // namespace

// One room while its part is put together.
struct SlidingRooms::Part {
    const ScopedRoom& scoped;
    const KnownRoom& known;
    const rooms::RoomMembership& row;
    bool direct;
    rooms::RoomInfoPtr room;
    rooms::Visibility visibility;
    bool initial = false;
    bool expanded = false;
    StateRoots then, now;
    rooms::EventNumber then_number = 0;
    rooms::EventNumber end = 0;  // boundary behind the last event that counts
    std::vector<StoredEventPtr> timeline;
    bool limited = false;
    rooms::EventNumber prev = 1;
    std::uint32_t timeline_limit = 0;
    std::vector<StoredEventPtr> state;
    std::vector<std::pair<std::string, std::string>> stubs = {};  // places that became empty
    ToldMembers telling = {};

    bool has(const StoredEventPtr& event) const {
        return std::any_of(state.begin(), state.end(),
                           [&](const auto& other) { return other->number == event->number; });
    }
};

// The two points of the room's history that the answer lies between.
Result<void> SlidingRooms::fix_points(const SlidingWindow& window, Part& part) const {
    StoredEventPtr last;
    if (part.row.membership == Membership::join) {
        PEYK_TRY(last, store_.last(*part.room, window.to));
    } else {
        PEYK_TRY(last, store_.event(*part.room, part.row.event));
    }
    if (!last) return {};
    part.now = last->after;
    part.end = last->number + 1;
    if (part.initial) return {};
    PEYK_TRY(auto then, store_.last(*part.room, part.known.position));
    if (!then) return {};
    // What came after the user's leaving is not the user's to see, and no difference.
    bool behind_the_end = then->number + 1 >= part.end;
    part.then = behind_the_end ? part.now : then->after;
    part.then_number = behind_the_end ? part.end - 1 : then->number;
    return {};
}

// Spec: Changing room configs › Changes to timeline_limit.
Result<void> SlidingRooms::load_timeline(Part& part) const {
    auto limit = part.scoped.timeline_limit;
    auto before = part.known.record ? part.known.record->timeline_limit : 0;
    part.prev = part.end;
    rooms::HistoryPage page;
    auto load = [&](rooms::EventNumber low) -> Result<void> {
        PEYK_TRY(auto filter, rooms::EventFilter::parse(nullptr, limit, limit));
        PEYK_TRY(page, rooms::history_page(store_, *part.room, part.visibility, filter, part.end, low,
                                           rooms::Direction::backward));
        return {};
    };
    bool deeper = !part.initial && limit > before;
    if (deeper) {
        PEYK_CHECK(load(1));
        auto fresh = std::count_if(page.events.begin(), page.events.end(),
                                   [&](const auto& event) { return event->number > part.then_number; });
        part.expanded = page.events.size() - static_cast<std::size_t>(fresh) > before;
    }
    if (!part.expanded) PEYK_CHECK(load(part.initial ? 1 : part.then_number + 1));
    part.timeline = std::move(page.events);
    std::reverse(part.timeline.begin(), part.timeline.end());
    part.limited = page.more;
    if (!part.timeline.empty()) part.prev = part.timeline.front()->number;
    bool gap = part.initial || part.limited || deeper;
    part.timeline_limit = static_cast<std::uint32_t>(gap ? limit : std::max<std::size_t>(limit, before));
    return {};
}

// The state events at `roots` that are wanted; reads no more of the state than the wish makes necessary.
Result<std::vector<StoredEventPtr>> SlidingRooms::matching(const rooms::RoomInfo& room, const StateRoots& roots,
                                                           const RequiredStates& wanted) const {
    std::vector<StoredEventPtr> found;
    if (auto named = wanted.named_others()) {
        for (const auto& [type, key] : *named) {
            PEYK_TRY(auto event, store_.state(room, roots, type, key));
            if (event) found.push_back(std::move(event));
        }
    } else {
        PEYK_TRY(auto entries, store_.others(room, roots));
        PEYK_TRY(found, store_.load(room, entries));
    }
    if (wanted.wants_all_members()) {
        PEYK_TRY(auto entries, store_.members(room, roots));
        PEYK_TRY(auto members, store_.load(room, entries));
        found.insert(found.end(), members.begin(), members.end());
    } else {
        for (const auto& user : wanted.named_members()) {
            PEYK_TRY(auto event, store_.state(room, roots, "m.room.member", user));
            if (event) found.push_back(std::move(event));
        }
    }
    std::erase_if(found,
                  [&](const auto& event) { return !wanted.wants(event->event->type, *event->event->state_key); });
    return found;
}

// What became different since the client was told.
Result<void> SlidingRooms::add_changes(Part& part) const {
    const auto& wanted = part.scoped.wish->required;
    // Spec: Lazy loaded memberships, rule 3: all changes, unless there is a gap.
    bool lazy = wanted.lazy_members() && !part.limited;
    std::vector<rooms::StateDifference> changes;
    auto nodes = store_.nodes(*part.room);
    if (part.then.others != part.now.others) {
        PEYK_TRY(changes, rooms::tree_diff(nodes, part.then.others, part.now.others));
    }
    bool members = lazy || wanted.wants_all_members() || !wanted.named_members().empty();
    if (members && part.then.members != part.now.members) {
        PEYK_TRY(auto more, rooms::tree_diff(nodes, part.then.members, part.now.members));
        changes.insert(changes.end(), more.begin(), more.end());
    }
    for (const auto& change : changes) {
        PEYK_TRY(auto event, store_.event(*part.room, change.after ? change.after->event : change.before->event));
        if (!event) continue;
        const auto& type = event->event->type;
        const auto& key = *event->event->state_key;
        if (!wanted.wants(type, key) && !(lazy && type == "m.room.member")) continue;
        if (change.after) {
            part.state.push_back(std::move(event));
        } else {
            part.stubs.emplace_back(type, key);
        }
    }
    return {};
}

// Spec: Lazy loaded memberships: who speaks in the timeline and whom it is about, each once.
Result<void> SlidingRooms::add_lazy_members(const SlidingWindow& window, Part& part) const {
    std::vector<std::string> needed;
    for (const auto& event : part.timeline) {
        needed.push_back(event->event->sender.str());
        if (event->event->is("m.room.member") && event->event->state_key) needed.push_back(*event->event->state_key);
    }
    std::sort(needed.begin(), needed.end());
    needed.erase(std::unique(needed.begin(), needed.end()), needed.end());
    for (const auto& user : needed) {
        PEYK_TRY(auto event, store_.state(*part.room, part.now, "m.room.member", user));
        if (!event) continue;
        auto hash = told_hash(part.row.number, event->number);
        bool told = !part.initial && window.told && std::binary_search(window.told->begin(), window.told->end(), hash);
        if (!told && !part.has(event)) part.state.push_back(event);
        if (!told) part.telling.push_back(hash);
    }
    return {};
}

Result<void> SlidingRooms::load_state(const SlidingWindow& window, Part& part) const {
    const auto& wanted = part.scoped.wish->required;
    if (part.initial) {
        PEYK_TRY(part.state, matching(*part.room, part.now, wanted));
    } else {
        PEYK_CHECK(add_changes(part));
        // Spec: Changes to required_state: what the new wish matches and the old one did not.
        if (part.known.required && *part.known.required != wanted) {
            PEYK_TRY(auto all, matching(*part.room, part.now, wanted));
            for (auto& event : all) {
                bool asked = part.known.required->wants(event->event->type, *event->event->state_key);
                if (!asked && !part.has(event)) part.state.push_back(std::move(event));
            }
        }
    }
    if (wanted.lazy_members()) PEYK_CHECK(add_lazy_members(window, part));
    std::sort(part.state.begin(), part.state.end(), [](const auto& a, const auto& b) { return a->number < b->number; });
    return {};
}

Result<std::string> SlidingRooms::events(const SlidingWindow& window, Part& part,
                                         const std::vector<StoredEventPtr>& list, rooms::Bundle bundle) const {
    std::string out;
    for (const auto& event : list) {
        if (!out.empty()) out += ',';
        PEYK_CHECK(rooms::write_client_event(out, store_, *part.room, *event, window.reader, part.visibility,
                                             rooms::RoomIdMember::leave_out, bundle));
    }
    return out;
}

// Name, picture, counts and heroes, as far as they changed.
Result<std::string> SlidingRooms::summary(const SlidingWindow& window, Part& part) const {
    std::string out;
    bool others = part.initial || part.then.others != part.now.others;
    bool members = part.initial || part.then.members != part.now.members;
    StoredEventPtr name;
    if (others || members) {
        PEYK_TRY(name, store_.state(*part.room, part.now, "m.room.name"));
    }
    const auto* text = text_in(name, "name");
    bool named = text && !text->empty();
    bool renamed = part.initial;
    for (auto [type, key, json] : {std::tuple{"m.room.name", "name", "name"}, {"m.room.avatar", "url", "avatar"}}) {
        if (!others) break;
        PEYK_TRY(auto now, store_.state(*part.room, part.now, type));
        const auto* value = text_in(now, key);
        if (value && value->empty()) value = nullptr;
        if (part.initial && !value) continue;
        if (!part.initial) {
            PEYK_TRY(auto then, store_.state(*part.room, part.then, type));
            const auto* old = text_in(then, key);
            if (old && old->empty()) old = nullptr;
            if (value ? old && *old == *value : !old) continue;
            renamed = true;
        }
        member(out, json);
        if (value) {
            json::write_string(out, *value);
        } else {
            out += "null";
        }
    }
    if (members) {
        member(out, "joined_count");
        out += std::to_string(part.now.joined);
        member(out, "invited_count");
        out += std::to_string(part.now.invited);
    }
    if ((members || renamed) && !named && part.scoped.heroes) {
        PEYK_TRY(auto heroes, read_heroes(store_, *part.room, part.now, window.reader.number));
        json::Writer writer;
        writer.begin_array();
        for (const auto& hero : heroes) {
            writer.begin_object().key("user_id").string(*hero->event->state_key);
            if (const auto* shown = text_in(hero, "displayname")) writer.key("displayname").string(*shown);
            if (const auto* avatar = text_in(hero, "avatar_url")) writer.key("avatar_url").string(*avatar);
            writer.end_object();
        }
        writer.end_array();
        member(out, "heroes");
        out += writer.text();
    }
    return out;
}

void SlidingRooms::common_members(std::string& out, const ScopedRoom& scoped, Membership membership,
                                  std::int64_t bump_stamp, SlidingShape shape) const {
    member(out, "bump_stamp");
    out += std::to_string(bump_stamp);
    member(out, "membership");
    json::write_string(out, rooms::membership_text(membership));
    if (shape == SlidingShape::merged && !scoped.lists.empty()) {
        member(out, "lists");
        out += '[';
        for (std::size_t i = 0; i < scoped.lists.size(); ++i) {
            if (i) out += ',';
            json::write_string(out, scoped.lists[i]);
        }
        out += ']';
    }
}

// Read on another device: the counts are others, and nothing else is.
Result<bool> SlidingRooms::has_read(const SlidingWindow& window, const Part& part) const {
    bool counts = window.shape == SlidingShape::deployed && part.row.membership == Membership::join;
    if (!counts) return false;
    return own_receipts_moved(stream_, part.row.number, window.reader, part.known.position, window.to);
}

Result<std::string> SlidingRooms::assemble(const SlidingWindow& window, Part& part) const {
    bool deployed = window.shape == SlidingShape::deployed;
    PEYK_TRY(auto out, summary(window, part));
    bool dm_changed = part.initial ? part.direct || deployed : part.direct != part.known.direct;
    bool news = part.initial || part.expanded || dm_changed || !out.empty() || !part.timeline.empty() ||
                !part.state.empty() || !part.stubs.empty() || part.limited;
    // That the stay ended is told whatever else the client asks for.
    news = news || (is_end(part.row.membership) && part.row.event > part.then_number);
    if (!news) {
        PEYK_TRY(news, has_read(window, part));
    }
    if (!news) return std::string{};
    if (dm_changed) {
        member(out, "is_dm");
        out += part.direct ? "true" : "false";
    }
    if (part.initial) {
        member(out, "initial");
        out += "true";
    }
    if (part.expanded) {
        member(out, deployed ? "unstable_expanded_timeline" : "expanded_timeline");
        out += "true";
    }
    bool history = part.initial || part.expanded || part.limited;
    if (!part.timeline.empty() || history) {
        PEYK_TRY(auto timeline,
                 events(window, part, part.timeline, history ? rooms::Bundle::relations : rooms::Bundle::nothing));
        member(out, "timeline");
        out += '[' + timeline + ']';
        member(out, "limited");
        out += part.limited ? "true" : "false";
        member(out, "prev_batch");
        json::write_string(out, tokens_.encode(part.row.number, part.prev, window.reader.number));
        auto live = window.first ? 0
                                 : std::count_if(part.timeline.begin(), part.timeline.end(),
                                                 [&](const auto& event) { return event->position > window.from; });
        member(out, "num_live");
        out += std::to_string(live);
    }
    PEYK_TRY(auto state, state_text(store_, *part.room, part.state, window.reader, part.visibility));
    for (const auto& [type, key] : part.stubs) {
        if (deployed) break;
        if (!state.empty()) state += ',';
        state += json::write(json::Object{{"type", type}, {"state_key", key}});
    }
    if (!state.empty() || part.initial) {
        member(out, "required_state");
        out += '[' + state + ']';
    }
    if (deployed && part.row.membership == Membership::join) {
        push::RoomKey room{part.row.room, part.row.number};
        PEYK_TRY(auto unread,
                 unread_.of(window.reader.user, window.reader.number, room, part.end > 0 ? part.end - 1 : 0));
        member(out, "notification_count");
        out += fmt::format("{},\"highlight_count\":{}", unread.all.notifications, unread.all.highlights);
    }
    std::int64_t bump = 0;
    if (part.scoped.room.facts && part.row.membership == Membership::join) {
        bump = part.scoped.room.facts->bump_stamp;
    } else {
        PEYK_TRY(auto own, store_.event(*part.room, part.row.event));
        if (own) bump = own->event->origin_server_ts;
    }
    common_members(out, part.scoped, part.row.membership, bump, window.shape);
    return '{' + out + '}';
}

// Invitations, knocks, and how they ended: nothing but what the user was told of the room.
Result<RoomResult> SlidingRooms::write_stripped(const SlidingWindow& window, const ScopedRoom& scoped,
                                                const rooms::RoomMembership& row, const KnownRoom& known,
                                                bool direct) const {
    RoomResult result;
    result.initial = !known.record || row.entered > known.position;
    bool dm_changed = known.record && direct != known.direct;
    if (known.record && row.changed <= known.position && !dm_changed) return result;
    PEYK_TRY(auto room, store_.find(row.number));
    if (!room) return result;
    PEYK_TRY(auto own, store_.event(*room, row.event));
    if (!own) return result;
    bool ended = is_end(row.membership);
    std::string out;
    auto stripped = row.stripped_state;
    if (stripped.empty()) {
        const auto& event = *own->event;
        stripped = '[' +
                   json::write(json::Object{{"type", event.type},
                                            {"sender", event.sender.str()},
                                            {"state_key", *event.state_key},
                                            {"content", event.content}}) +
                   ']';
    }
    member(out, window.shape == SlidingShape::merged ? "stripped_state" : "invite_state");
    if (ended && window.shape == SlidingShape::deployed) {
        // There the client learns of the end from its own member event.
        rooms::Visibility visibility(store_, *room, window.reader.number, row, window.ignored);
        out.clear();
        std::string event;
        PEYK_CHECK(rooms::write_client_event(event, store_, *room, *own, window.reader, visibility,
                                             rooms::RoomIdMember::leave_out, rooms::Bundle::nothing));
        member(out, "required_state");
        out += '[' + event + ']';
        member(out, "timeline");
        out += '[' + event + ']';
    } else {
        out += stripped;
    }
    if (result.initial) {
        member(out, "initial");
        out += "true";
    }
    if (direct || dm_changed) {
        member(out, "is_dm");
        out += direct ? "true" : "false";
    }
    common_members(out, scoped, row.membership, own->event->origin_server_ts, window.shape);
    result.json = '{' + out + '}';
    return result;
}

// A room that an administrator has removed, for a client that was told of it.
Result<RoomResult> SlidingRooms::write_removed(const SlidingWindow& window, const ScopedRoom& scoped,
                                               const rooms::RoomMembership& row, const KnownRoom& known) const {
    RoomResult result;
    if (!known.record || row.changed <= known.position) return result;
    PEYK_TRY(auto event, rooms::removed_event(store_.db(), row, window.reader.user));
    PEYK_TRY(auto at, rooms::removed_at(row));
    auto out = fmt::format(R"("required_state":[{0}],"timeline":[{0}],"limited":false,"num_live":1)", event);
    common_members(out, scoped, row.membership, at, window.shape);
    result.json = '{' + out + '}';
    return result;
}

Result<RoomResult> SlidingRooms::write(const SlidingWindow& window, const ScopedRoom& scoped, const KnownRoom& known,
                                       bool direct) const {
    auto row = *scoped.room.row;
    if (row.removed) return write_removed(window, scoped, row, known);
    RoomResult result;
    result.timeline_limit = known.record ? known.record->timeline_limit : 0;
    PEYK_TRY(auto room, store_.find(row.number));
    if (!room) return result;
    bool ended = false;
    if (row.membership == Membership::join) {
        PEYK_TRY(auto last, store_.last(*room, window.to));
        if (!last) return result;
        PEYK_TRY(auto gone, ended_row(store_, *room, row, window.reader.number, last->after));
        if (gone) {
            ended = true;
            row = *std::move(gone);
            row.changed = window.to;
        }
    }
    bool joined = row.membership == Membership::join;
    if (!joined && !row.was_joined) {
        PEYK_TRY(result, write_stripped(window, scoped, row, known, direct));
        result.ended = ended;
        return result;
    }
    result.ended = ended;
    Part part{scoped, known, row,
              direct, room,  rooms::Visibility(store_, *room, window.reader.number, row, window.ignored)};
    // A room that was joined since is new to the client, whatever it knew before.
    part.initial = !known.record || (joined && row.entered > known.position);
    PEYK_CHECK(fix_points(window, part));
    if (part.end == 0) return result;
    PEYK_CHECK(load_timeline(part));
    PEYK_CHECK(load_state(window, part));
    PEYK_TRY(result.json, assemble(window, part));
    result.telling = std::move(part.telling);
    result.initial = part.initial;
    result.timeline_limit = part.timeline_limit;
    if (part.initial) {
        for (const auto& event : part.timeline) result.timeline.push_back(event->event->id);
    }
    return result;
}

}  // namespace peyk::sync
