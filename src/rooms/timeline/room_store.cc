#include "rooms/timeline/room_store.h"

#include "base/bytes.h"
#include "core/errors.h"

namespace peyk::rooms {

using Order = storage::Store::Order;

namespace {
constexpr std::size_t kMostAtOnce = 1'000;
}

std::string number_key(std::uint64_t number) {
    std::string out;
    put_u64be(out, number);
    return out;
}

RoomStore::RoomStore(storage::Db& db, Capacity capacity, RetentionRules retention, const Clock* clock)
    : db_(db),
      relations_(db),
      erased_(db),
      lifetimes_(retention, clock),
      events_(capacity.events),
      nodes_(capacity.nodes),
      names_(capacity.names) {}

Result<RoomInfoPtr> RoomStore::find(const RoomId& room) const {
    PEYK_TRY(auto info, find(number(room)));
    if (info && info->id != room) return nullptr;  // two ids with one number: the later one does not exist here
    return info;
}

Result<RoomInfoPtr> RoomStore::find(RoomNumber number) const {
    {
        std::lock_guard lock(rooms_mutex_);
        if (closed_.contains(number)) return nullptr;
        if (auto found = rooms_.find(number); found != rooms_.end()) return found->second;
    }
    PEYK_TRY(auto info, read_info(number));
    std::lock_guard lock(rooms_mutex_);
    if (!info || closed_.contains(number)) return nullptr;
    return rooms_.try_emplace(number, std::move(info)).first->second;
}

Result<RoomInfoPtr> RoomStore::find_kept(RoomNumber number) const {
    PEYK_TRY(auto info, find(number));
    return info ? std::move(info) : read_info(number);
}

Result<RoomInfoPtr> RoomStore::read_info(RoomNumber number) const {
    PEYK_TRY(auto entry, db_.get(kRoomInfo, number, ""));
    if (!entry || entry->gone) return nullptr;
    ByteReader reader(entry->body);
    auto id = RoomId::trusted(std::string(reader.bytes()));
    const auto* rules = find_room_rules(reader.bytes());
    auto key_id = reader.rest().empty() ? std::string_view{} : reader.bytes();  // absent before format 3
    if (!reader.done() || !rules) return fail(Errc::corrupt, "a room's info does not decode");
    return std::make_shared<const RoomInfo>(RoomInfo{std::move(id), number, rules, std::string(key_id)});
}

void RoomStore::keep(RoomInfoPtr room) {
    std::lock_guard lock(rooms_mutex_);
    rooms_.try_emplace(room->number, std::move(room));
}

void RoomStore::close(RoomNumber room) {
    std::lock_guard lock(rooms_mutex_);
    closed_.insert(room);
    rooms_.erase(room);
}

void RoomStore::forget(RoomNumber room) {
    events_.drop_room(room);
    nodes_.drop_room(room);
    names_.drop_room(room);
    relations_.forget(room);
    lifetimes_.forget(room);
}

class RoomStore::Names final : public EventNames {
public:
    Names(const RoomStore& store, const RoomInfo& room) : store_(store), room_(room) {}
    Result<EventNamePtr> name(EventNumber number) const override {
        PEYK_TRY(auto found, store_.name(room_, number));
        if (!found) return fail(Errc::corrupt, "an event refers to one that is not there");
        return found;
    }

private:
    const RoomStore& store_;
    const RoomInfo& room_;
};

// As read() says, through the cache, which keeps nothing that is past its time. `cutoff` null: not asked for yet. It is
// not asked for state, because the answer lies in the state.
Result<StoredEventPtr> RoomStore::decode(const RoomInfo& room, const storage::Entry& entry,
                                         const Cutoff* cutoff) const {
    auto number = get_u64be(entry.rest.data());
    if (auto cached = events_.get(room.number, number)) return cached;
    PEYK_TRY(auto stored, read(room, entry));
    if (!stored) return stored;
    std::optional<Cutoff> looked_up;
    if (!cutoff && !stored->event->is_state()) {
        PEYK_TRY(looked_up, lifetimes_.cutoff(*this, room));
        cutoff = &*looked_up;
    }
    if (!cutoff || !cutoff->hides(*stored)) events_.offer(room.number, number, stored);
    return stored;
}

Result<StoredEventPtr> RoomStore::read(const RoomInfo& room, const storage::Entry& entry, Detail detail) const {
    auto number = get_u64be(entry.rest.data());
    auto stored = std::make_shared<StoredEvent>();
    stored->number = number;
    stored->position = entry.position;
    PEYK_CHECK(decode_header(entry.header, *stored));
    // A redacted form, if there is one, stands in for the original, whose key is destroyed.
    if (entry.gone) {
        PEYK_TRY(auto redacted, db_.get(kRedactedEvents, room.number, number_key(number)));
        if (!redacted) return nullptr;
        ByteReader reader(redacted->body);
        stored->redacted_by = reader.varint();
        stored->husk = stored->redacted_by == kNoRedaction;
        PEYK_CHECK(decode_body(reader.rest(), room, Names(*this, room), detail, *stored));
    } else {
        PEYK_CHECK(decode_body(entry.body, room, Names(*this, room), detail, *stored));
    }
    return stored;
}

Result<EventNamePtr> RoomStore::name(const RoomInfo& room, EventNumber number) const {
    if (auto cached = names_.get(room.number, number)) return cached;
    PEYK_TRY(auto entry, db_.get(kStateNames, room.number, number_key(number)));
    if (!entry || entry->gone) return nullptr;
    PEYK_TRY(auto name, decode_name(entry->body));
    names_.put(room.number, number, name);
    return name;
}

Result<StoredEventPtr> RoomStore::kept_event(const RoomInfo& room, EventNumber number) const {
    if (auto cached = events_.get(room.number, number)) return cached;
    PEYK_TRY(auto entry, db_.get(kEvents, room.number, number_key(number)));
    if (!entry) return nullptr;
    entry->rest = number_key(number);
    return decode(room, *entry, nullptr);
}

Result<StoredEventPtr> RoomStore::event(const RoomInfo& room, EventNumber number) const {
    PEYK_TRY(auto found, kept_event(room, number));
    if (!found || found->event->is_state()) return found;
    PEYK_TRY(auto cutoff, lifetimes_.cutoff(*this, room));
    return cutoff.hides(*found) ? nullptr : found;
}

Result<EventPtr> RoomStore::with_pdu(const RoomInfo& room, const StoredEvent& event) const {
    if (event.event->pdu) return event.event;
    auto key = number_key(event.number);
    PEYK_TRY(auto entry, db_.get(kEvents, room.number, key));
    if (!entry) return nullptr;
    entry->rest = std::move(key);
    PEYK_TRY(auto stored, read(room, *entry, Detail::pdu));
    return stored ? stored->event : nullptr;
}

Result<storage::Position> RoomStore::position_of(RoomNumber room, EventNumber number) const {
    PEYK_TRY(auto entry, db_.get(kEvents, room, number_key(number)));
    return entry ? entry->position : 0;
}

Result<StoredEventPtr> RoomStore::event(const RoomInfo& room, const EventId& id) const {
    for (const auto& key : index_keys(id)) {
        PEYK_TRY(auto entry, db_.get(kEventIndex, room.number, key));
        if (!entry) continue;
        ByteReader reader(entry->body);
        PEYK_TRY(auto found, event(room, reader.varint()));
        if (found && found->event->id == id) return found;
    }
    return nullptr;
}

// Ten bytes: that two of a hundred million events of a room are alike has a chance below one to a hundred million.
std::vector<std::string> RoomStore::index_keys(const EventId& id) const {
    constexpr std::size_t kBytes = 10;
    auto digest = db_.digest("event", id.view());
    std::vector<std::string> keys{digest.substr(0, kBytes)};
    if (db_.made_with() < kFormatOfShortKeys) keys.push_back(std::move(digest));
    return keys;
}

Result<RoomStore::Run> RoomStore::run(const RoomInfo& room, EventNumber from, EventNumber to, std::size_t limit,
                                      std::size_t budget, Order order) const {
    bool forward = order == Order::forward;
    PEYK_TRY(auto cutoff, lifetimes_.cutoff(*this, room));
    Run out;
    // True when that was the last one wanted.
    auto take = [&](EventNumber number, StoredEventPtr event) {
        (forward ? from : to) = forward ? number + 1 : number;
        if (event && !cutoff.hides(*event)) out.events.push_back(std::move(event));
        return out.events.size() == limit;
    };
    std::size_t passed = 0;
    while (from < to && out.events.size() < limit && out.read < budget) {
        // FAST-PATH: numbers are consecutive but where events were destroyed, so what is cached needs no scan.
        auto at = forward ? from : to - 1;
        if (auto cached = events_.get(room.number, at)) {
            ++out.read;
            if (take(at, std::move(cached))) break;
            continue;
        }
        // Many that are past their time and not destroyed yet are passed in steps that grow.
        auto wanted = std::min({std::max(limit - out.events.size(), passed), budget - out.read, kMostAtOnce});
        PEYK_TRY(auto rows, db_.scan(kEvents, room.number, number_key(from), number_key(to), wanted, order));
        bool end = rows.size() < wanted;
        passed += rows.size();
        for (const auto& row : rows) {
            ++out.read;
            PEYK_TRY(auto stored, decode(room, row, &cutoff));
            if (!take(get_u64be(row.rest.data()), std::move(stored))) continue;
            end = false;
            break;
        }
        if (end) (forward ? from : to) = forward ? to : from;
    }
    out.next = forward ? from : to;
    return out;
}

Result<std::vector<StoredEventPtr>> RoomStore::events(const RoomInfo& room, EventNumber from, EventNumber to,
                                                      std::size_t limit, Order order) const {
    PEYK_TRY(auto found, run(room, from, to, limit, ~std::size_t{0}, order));
    return std::move(found.events);
}

Result<RoomStore::Run> RoomStore::kept_events(const RoomInfo& room, EventNumber from, EventNumber to,
                                              std::size_t limit) const {
    Run out;
    out.next = from;
    if (from >= to || limit == 0) return out;
    PEYK_TRY(auto rows, db_.scan(kEvents, room.number, number_key(from), number_key(to), limit, Order::forward));
    for (const auto& row : rows) {
        PEYK_TRY(auto stored, read(room, row));
        if (stored) out.events.push_back(std::move(stored));
    }
    out.read = rows.size();
    out.next = rows.size() < limit ? to : get_u64be(rows.back().rest.data()) + 1;
    return out;
}

Result<RoomStore::Top> RoomStore::top(const RoomInfo& room) const {
    PEYK_TRY(auto rows, db_.scan(kEvents, room.number, "", "", 1, Order::reverse));
    if (rows.empty()) return Top{};
    StoredEvent header;
    PEYK_CHECK(decode_header(rows.front().header, header));
    return Top{get_u64be(rows.front().rest.data()), header.after, header.next_node};
}

Result<std::vector<StoredEventPtr>> RoomStore::events_once(const RoomInfo& room, EventNumber from, EventNumber to,
                                                           std::size_t limit, Order order) const {
    std::vector<StoredEventPtr> out;
    if (from >= to || limit == 0) return out;
    PEYK_TRY(auto cutoff, lifetimes_.cutoff(*this, room));
    PEYK_TRY(auto rows, db_.scan(kEvents, room.number, number_key(from), number_key(to), limit, order));
    for (const auto& row : rows) {
        PEYK_TRY(auto stored, read(room, row));
        if (stored && !cutoff.hides(*stored)) out.push_back(std::move(stored));
    }
    return out;
}

Result<StoredEventPtr> RoomStore::last(const RoomInfo& room) const { return below(room, ""); }

Result<StoredEventPtr> RoomStore::last_before(const RoomInfo& room, EventNumber number) const {
    if (number <= 1) return nullptr;
    if (auto cached = events_.get(room.number, number - 1)) return cached;
    return below(room, number_key(number));
}

// The last event before a key. Whether it is past its time is not asked, since that question leads here; so what might
// be does not go into the cache.
Result<StoredEventPtr> RoomStore::below(const RoomInfo& room, std::string to) const {
    for (;;) {
        PEYK_TRY(auto rows, db_.scan(kEvents, room.number, "", to, 1, Order::reverse));
        if (rows.empty()) return nullptr;
        auto number = get_u64be(rows.front().rest.data());
        if (auto cached = events_.get(room.number, number)) return cached;
        PEYK_TRY(auto stored, read(room, rows.front()));
        if (stored && (!lifetimes_.enabled() || stored->event->is_state())) events_.offer(room.number, number, stored);
        if (stored) return stored;
        to = std::move(rows.front().rest);
    }
}

Result<StoredEventPtr> RoomStore::last(const RoomInfo& room, storage::Position at) const {
    PEYK_TRY(auto newest, last(room));
    if (!newest || newest->position <= at) return newest;
    // Positions rise with numbers: first steps back that double, since most questions are about the recent past. Of
    // numbers without a row the one below answers. `low`: nothing between it and `found`; `high`: too new.
    EventNumber high = newest->number, low = 0, step = 1;
    StoredEventPtr found;
    while (high > 1 && !found) {
        low = high > step ? high - step : 1;
        PEYK_TRY(auto probe, last_before(room, low + 1));
        if (!probe) break;
        if (probe->position <= at) {
            found = probe;
        } else {
            high = probe->number;
            step *= 2;
        }
    }
    while (high - low > 1 && low < high) {
        auto middle = low + (high - low) / 2;
        PEYK_TRY(auto probe, last_before(room, middle + 1));
        if (!probe || probe->number <= low) {
            low = middle;
        } else if (probe->position <= at) {
            low = middle;
            found = probe;
        } else {
            high = probe->number;
        }
    }
    return found;
}

std::uint64_t RoomStore::place(std::string_view type, std::string_view key) const {
    std::string text = "state";
    text.push_back('\0');
    text += type;
    text.push_back('\0');
    text += key;
    return db_.number(text);
}

Result<StateNodePtr> RoomStore::Nodes::node(NodeNumber number) const {
    if (auto cached = store_.nodes_.get(room_, number)) return cached;
    PEYK_TRY(auto entry, store_.db_.get(kStateNodes, room_, number_key(number)));
    if (!entry || entry->gone) return fail(Errc::corrupt, "a state node is missing");
    PEYK_TRY(auto decoded, StateNode::decode(entry->body));
    auto node = std::make_shared<const StateNode>(std::move(decoded));
    store_.nodes_.put(room_, number, node);
    return node;
}

Result<StoredEventPtr> RoomStore::state(const RoomInfo& room, const StateRoots& roots, std::string_view type,
                                        std::string_view key) const {
    bool member = type == "m.room.member";
    auto source = nodes(room);
    PEYK_TRY(auto entry, member ? tree_find(source, roots.members, db_.number(key))
                                : tree_find(source, roots.others, place(type, key)));
    if (!entry) return nullptr;
    PEYK_TRY(auto found, event(room, entry->event));
    if (found && !found->event->is(type, key)) return nullptr;
    return found;
}

Result<Membership> RoomStore::membership(const RoomInfo& room, const StateRoots& roots, UserNumber user) const {
    auto source = nodes(room);
    PEYK_TRY(auto entry, tree_find(source, roots.members, user));
    return entry ? static_cast<Membership>(entry->note) : Membership::none;
}

Result<std::vector<StateEntry>> RoomStore::members(const RoomInfo& room, const StateRoots& roots) const {
    return tree_entries(nodes(room), roots.members);
}

Result<std::vector<StateEntry>> RoomStore::others(const RoomInfo& room, const StateRoots& roots) const {
    return tree_entries(nodes(room), roots.others);
}

// A few events come one by one, through the cache. Many, such as all members of a room, are read in runs of rows that
// lie close to each other, and pass the cache by: a first sync would throw everything else out of it and gain nothing.
Result<std::vector<StoredEventPtr>> RoomStore::load(const RoomInfo& room, std::span<const StateEntry> entries) const {
    constexpr std::size_t kMany = 32, kRun = 256;
    constexpr EventNumber kGap = 4;
    std::vector<StoredEventPtr> out(entries.size());
    std::vector<std::pair<EventNumber, std::size_t>> missing;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (entries.size() < kMany) {
            PEYK_TRY(out[i], event(room, entries[i].event));
        } else if (out[i] = events_.get(room.number, entries[i].event); !out[i]) {
            missing.emplace_back(entries[i].event, i);
        }
    }
    std::ranges::sort(missing);
    for (std::size_t from = 0; from < missing.size();) {
        auto to = from + 1;
        while (to < missing.size() && to - from < kRun && missing[to].first - missing[to - 1].first <= kGap) ++to;
        auto first = missing[from].first, last = missing[to - 1].first;
        PEYK_TRY(auto rows, db_.scan(kEvents, room.number, number_key(first), number_key(last + 1), last + 1 - first));
        for (const auto& row : rows) {
            auto number = get_u64be(row.rest.data());
            while (from < to && missing[from].first < number) ++from;
            for (; from < to && missing[from].first == number; ++from) {
                PEYK_TRY(out[missing[from].second], read(room, row));
            }
        }
        from = to;
    }
    std::erase(out, nullptr);
    return out;
}

Result<std::vector<StoredEventPtr>> RoomStore::all_state(const RoomInfo& room, const StateRoots& roots) const {
    PEYK_TRY(auto entries, others(room, roots));
    PEYK_TRY(auto member_entries, members(room, roots));
    entries.insert(entries.end(), member_entries.begin(), member_entries.end());
    return load(room, entries);
}

Result<std::vector<StateDifference>> RoomStore::changes(const RoomInfo& room, const StateRoots& before,
                                                        const StateRoots& after) const {
    auto source = nodes(room);
    PEYK_TRY(auto out, tree_diff(source, before.others, after.others));
    PEYK_TRY(auto members, tree_diff(source, before.members, after.members));
    out.insert(out.end(), members.begin(), members.end());
    return out;
}

}  // namespace peyk::rooms
