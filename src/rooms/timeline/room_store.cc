#include "rooms/timeline/room_store.h"

#include "base/bytes.h"
#include "core/errors.h"

namespace peyk::rooms {

using Order = storage::Store::Order;

std::string number_key(std::uint64_t number) {
    std::string out;
    put_u64be(out, number);
    return out;
}

RoomStore::RoomStore(storage::Db& db, Capacity capacity)
    : db_(db), relations_(db), erased_(db), events_(capacity.events), nodes_(capacity.nodes) {}

Result<RoomInfoPtr> RoomStore::find(const RoomId& room) const {
    PEYK_TRY(auto info, find(number(room)));
    if (info && info->id != room) return nullptr;  // two ids with one number: the later one does not exist here
    return info;
}

Result<RoomInfoPtr> RoomStore::find(RoomNumber number) const {
    {
        std::lock_guard lock(rooms_mutex_);
        if (auto found = rooms_.find(number); found != rooms_.end()) return found->second;
    }
    PEYK_TRY(auto entry, db_.get(kRoomInfo, number, ""));
    if (!entry || entry->gone) return nullptr;
    ByteReader reader(entry->body);
    auto id = RoomId::trusted(std::string(reader.bytes()));
    const auto* rules = find_room_rules(reader.bytes());
    if (!reader.done() || !rules) return fail(Errc::corrupt, "a room's info does not decode");
    auto info = std::make_shared<const RoomInfo>(RoomInfo{std::move(id), number, rules});
    std::lock_guard lock(rooms_mutex_);
    return rooms_.try_emplace(number, std::move(info)).first->second;
}

void RoomStore::keep(RoomInfoPtr room) {
    std::lock_guard lock(rooms_mutex_);
    rooms_.try_emplace(room->number, std::move(room));
}

Result<StoredEventPtr> RoomStore::decode(const RoomInfo& room, storage::Entry entry) const {
    auto number = get_u64be(entry.rest.data());
    if (auto cached = events_.get(room.number, number)) return cached;
    PEYK_TRY(auto stored, read(room, entry));
    if (stored) events_.offer(room.number, number, stored);
    return stored;
}

Result<StoredEventPtr> RoomStore::read(const RoomInfo& room, const storage::Entry& entry) const {
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
        PEYK_CHECK(decode_body(reader.rest(), *room.rules, *stored));
    } else {
        PEYK_CHECK(decode_body(entry.body, *room.rules, *stored));
    }
    return stored;
}

Result<StoredEventPtr> RoomStore::event(const RoomInfo& room, EventNumber number) const {
    if (auto cached = events_.get(room.number, number)) return cached;
    PEYK_TRY(auto entry, db_.get(kEvents, room.number, number_key(number)));
    if (!entry) return nullptr;
    entry->rest = number_key(number);
    return decode(room, *std::move(entry));
}

Result<storage::Position> RoomStore::position_of(RoomNumber room, EventNumber number) const {
    PEYK_TRY(auto entry, db_.get(kEvents, room, number_key(number)));
    return entry ? entry->position : 0;
}

Result<StoredEventPtr> RoomStore::event(const RoomInfo& room, const EventId& id) const {
    PEYK_TRY(auto entry, db_.get(kEventNumbers, room.number, db_.digest("event", id.view())));
    if (!entry) return nullptr;
    ByteReader reader(entry->body);
    PEYK_TRY(auto found, event(room, reader.varint()));
    if (found && found->event->id != id) return nullptr;
    return found;
}

Result<std::vector<StoredEventPtr>> RoomStore::events(const RoomInfo& room, EventNumber from, EventNumber to,
                                                      std::size_t limit, Order order) const {
    std::vector<StoredEventPtr> out;
    if (from >= to || limit == 0) return out;
    auto count = std::min<EventNumber>(limit, to - from);
    // FAST-PATH: numbers are consecutive, so what is cached needs no scan.
    EventNumber at = order == Order::forward ? from : to - 1;
    while (out.size() < count) {
        auto cached = events_.get(room.number, at);
        if (!cached) break;
        out.push_back(std::move(cached));
        at = order == Order::forward ? at + 1 : at - 1;
    }
    if (out.size() == count) return out;
    auto low = order == Order::forward ? at : from;
    auto high = order == Order::forward ? to : at + 1;
    PEYK_TRY(auto rows, db_.scan(kEvents, room.number, number_key(low), number_key(high), count - out.size(), order));
    for (auto& row : rows) {
        PEYK_TRY(auto stored, decode(room, std::move(row)));
        if (stored) out.push_back(std::move(stored));
    }
    return out;
}

Result<std::vector<StoredEventPtr>> RoomStore::events_once(const RoomInfo& room, EventNumber from, EventNumber to,
                                                           std::size_t limit, Order order) const {
    std::vector<StoredEventPtr> out;
    if (from >= to || limit == 0) return out;
    PEYK_TRY(auto rows, db_.scan(kEvents, room.number, number_key(from), number_key(to), limit, order));
    for (const auto& row : rows) {
        PEYK_TRY(auto stored, read(room, row));
        if (stored) out.push_back(std::move(stored));
    }
    return out;
}

Result<StoredEventPtr> RoomStore::last(const RoomInfo& room) const {
    PEYK_TRY(auto rows, db_.scan(kEvents, room.number, "", "", 1, Order::reverse));
    if (rows.empty()) return nullptr;
    return decode(room, std::move(rows.front()));
}

Result<StoredEventPtr> RoomStore::last(const RoomInfo& room, storage::Position at) const {
    PEYK_TRY(auto newest, last(room));
    if (!newest || newest->position <= at) return newest;
    // Positions rise with numbers: first steps back that double, since most questions are about the recent past.
    EventNumber high = newest->number, low = 0, step = 1;
    StoredEventPtr found;
    while (high > 1) {
        low = high > step ? high - step : 1;
        PEYK_TRY(auto probe, event(room, low));
        if (probe && probe->position <= at) {
            found = probe;
            break;
        }
        high = low;
        step *= 2;
    }
    if (!found) return nullptr;
    while (high - low > 1) {
        auto middle = low + (high - low) / 2;
        PEYK_TRY(auto probe, event(room, middle));
        if (probe && probe->position <= at) {
            low = middle;
            found = probe;
        } else {
            high = middle;
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
