#include "rooms/relations/relation_index.h"

#include <algorithm>

#include "base/bytes.h"
#include "rooms/tables.h"

namespace peyk::rooms {
namespace {

using Order = storage::Store::Order;

constexpr std::size_t kPage = 1000;
constexpr std::size_t kMaxCached = 4096;  // children; the few events with more are read each time

std::string event_key(EventNumber number) {
    std::string out;
    put_u64be(out, number);
    return out;
}

// Row: kind, relation type (kind `other` only), sender's number, digest of the child's id, event type.
std::string encode(const storage::Db& db, const Event& event, const Relation& relation, std::string_view digest) {
    std::string out;
    put_u8(out, static_cast<std::uint8_t>(relation.kind));
    put_bytes(out, relation.kind == RelationKind::other ? std::string_view(relation.type) : std::string_view());
    put_u64be(out, db.number(event.sender.view()));
    put_bytes(out, digest);
    put_bytes(out, event.type);
    return out;
}

Result<Child> decode(EventNumber number, std::string_view bytes) {
    ByteReader reader(bytes);
    Child out;
    out.number = number;
    out.kind = static_cast<RelationKind>(reader.u8());
    out.rel_type = reader.bytes();
    out.sender = reader.u64be();
    out.digest = reader.bytes();
    out.type = reader.bytes();
    if (!reader.done()) return fail(Errc::corrupt, "a relation does not decode");
    return out;
}

EventNumber number_in(const storage::Entry& entry) { return get_u64be(entry.rest.data() + entry.rest.size() - 8); }

}  // namespace

Result<bool> RelationIndex::room_has_any(RoomNumber room) const {
    PEYK_TRY(auto rows, db_.scan(kRelations, room, "", "", 1));
    return !rows.empty();
}

Result<ChildrenPtr> RelationIndex::load(RoomNumber room, std::string_view parent_digest) const {
    static const auto kNone = std::make_shared<const Children>();
    auto out = std::make_shared<Children>();
    auto to = storage::prefix_end(parent_digest);
    while (out->size() < kMaxChildren) {
        auto limit = std::min(kPage, kMaxChildren - out->size());
        PEYK_TRY(auto rows, db_.scan(kRelations, room, parent_digest, to, limit, Order::reverse));
        for (const auto& row : rows) {
            PEYK_TRY(auto child, decode(number_in(row), row.body));
            out->push_back(std::move(child));
        }
        if (rows.size() < limit) break;
        to = rows.back().rest;
    }
    if (out->empty()) return kNone;
    std::ranges::reverse(*out);
    return out;
}

Result<ChildrenPtr> RelationIndex::children(RoomNumber room, std::string_view parent_digest) const {
    auto slot = get_u64be(parent_digest.data());
    auto& marks = writing(room);
    auto ticket = marks.written.load();
    bool calm = marks.writers.load() == 0;
    auto keep = [&] { return calm && marks.writers.load() == 0 && marks.written.load() == ticket; };
    if (calm) {
        if (auto cached = cache_.get(room, slot)) return cached;
    }
    auto any = calm ? rooms_.get(0, room) : std::nullopt;
    if (!any) {
        PEYK_TRY(any, room_has_any(room));
        if (keep()) {
            rooms_.put(0, room, any);
            if (!keep()) rooms_.drop(0, room);
        }
    }
    if (!*any) return std::make_shared<const Children>();
    PEYK_TRY(auto loaded, load(room, parent_digest));
    if (keep() && loaded->size() <= kMaxCached) {
        cache_.put(room, slot, loaded);
        // A writer that came in between has not seen this entry, and would not drop it.
        if (!keep()) cache_.drop(room, slot);
    }
    return loaded;
}

Result<std::vector<RelationIndex::Thread>> RelationIndex::threads(RoomNumber room, EventNumber before,
                                                                  std::size_t limit) const {
    PEYK_TRY(auto rows, db_.scan(kThreads, room, "", event_key(before), limit, Order::reverse));
    std::vector<Thread> out;
    for (const auto& row : rows) out.push_back({number_in(row), EventId::trusted(row.body)});
    return out;
}

Result<EventNumber> RelationIndex::newest_in_thread(RoomNumber room, std::string_view root_digest,
                                                    const EventNumbers& except) const {
    constexpr std::size_t kAtOnce = 20;  // the newest child of a root is nearly always in its thread
    auto to = storage::prefix_end(root_digest);
    for (;;) {
        PEYK_TRY(auto rows, db_.scan(kRelations, room, root_digest, to, kAtOnce, Order::reverse));
        for (const auto& row : rows) {
            PEYK_TRY(auto child, decode(number_in(row), row.body));
            if (child.kind == RelationKind::thread && !except.contains(child.number)) return child.number;
        }
        if (rows.size() < kAtOnce) return 0;
        to = rows.back().rest;
    }
}

Result<EventNumber> RelationIndex::annotation(RoomNumber room, std::string_view key) const {
    PEYK_TRY(auto entry, db_.get(kAnnotations, room, key));
    return entry ? ByteReader(entry->body).varint() : 0;
}

std::string RelationIndex::annotation_key(const Event& event, const Relation& relation) const {
    std::string text;
    put_bytes(text, relation.parent.view());
    put_bytes(text, event.sender.view());
    put_bytes(text, event.type);
    put_bytes(text, relation.key.value_or(""));
    return db_.digest("annotation", text);
}

void RelationIndex::add(storage::Change& change, RoomNumber room, EventNumber number, const Event& event,
                        const Relation& relation) const {
    change.put(kRelations, room, digest(relation.parent) + event_key(number),
               encode(db_, event, relation, digest(event.id)));
    if (!relation.key) return;
    std::string body;
    put_varint(body, number);
    change.put(kAnnotations, room, annotation_key(event, relation), body);
}

Result<void> RelationIndex::remove(storage::Change& change, RoomNumber room, EventNumber number, const Event& event,
                                   const Relation& relation, const EventNumbers& gone) const {
    change.del(kRelations, room, digest(relation.parent) + event_key(number));
    if (!relation.key) return {};
    // A twin that came from elsewhere may hold the row. No row at all, or that of an event which is gone already, may
    // be one that is queued.
    auto key = annotation_key(event, relation);
    PEYK_TRY(auto holder, annotation(room, key));
    if (holder == 0 || holder == number || gone.contains(holder)) change.del(kAnnotations, room, key);
    return {};
}

void RelationIndex::put_thread(storage::Change& change, RoomNumber room, EventNumber newest,
                               const EventId& root) const {
    change.put(kThreads, room, event_key(newest), root.view());
}

void RelationIndex::remove_thread(storage::Change& change, RoomNumber room, EventNumber newest) const {
    change.del(kThreads, room, event_key(newest));
}

void RelationIndex::begin(RoomNumber room) const {
    auto& marks = writing(room);
    ++marks.writers;
    ++marks.written;
}

void RelationIndex::end(RoomNumber room, std::span<const std::string> parent_digests) const {
    for (const auto& digest : parent_digests) cache_.drop(room, get_u64be(digest.data()));
    rooms_.drop(0, room);
    auto& marks = writing(room);
    ++marks.written;
    --marks.writers;
}

}  // namespace peyk::rooms
