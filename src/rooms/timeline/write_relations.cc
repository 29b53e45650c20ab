// What a new event does to the rows of the event that it relates to.
// Spec: Client-Server API › Forming relationships between events; Avoiding duplicate annotations; Threading.

#include "core/errors.h"
#include "rooms/timeline/room_write.h"

namespace peyk::rooms {

void RoomWrite::Work::each_fresh(const std::function<void(const StoredEvent&)>& look) const {
    state->each_unsettled(look);
    for (const auto& event : events) look(*event);
}

EventNumbers RoomWrite::Work::freshly_gone() const {
    auto out = destroyed;
    state->each_unsettled([&](const StoredEvent& event) {
        if (event.redacted_by) out.insert(event.number);
    });
    for (const auto& form : redacted) out.insert(form->number);
    return out;
}

// The newest event of a thread, counting what is queued.
Result<EventNumber> RoomWrite::Work::newest_in_thread(const EventId& root, EventNumber except) const {
    auto gone = freshly_gone();
    gone.insert(except);
    EventNumber newest = 0;
    each_fresh([&](const StoredEvent& event) {
        if (gone.contains(event.number)) return;
        auto relation = relation_of(*event.event);
        if (relation && relation->kind == RelationKind::thread && relation->parent == root)
            newest = std::max(newest, event.number);
    });
    if (newest) return newest;
    const auto& index = rooms.store_.relations();
    return index.newest_in_thread(state->info->number, index.digest(root), gone);
}

// What a client of this server may not send. Events from elsewhere are not asked: invalid relations are ignored.
Result<void> RoomWrite::Work::check_relation(const Event& event) const {
    auto relation = relation_of(event);
    if (!relation) return {};
    if (relation->kind == RelationKind::thread) {
        PEYK_TRY(auto root, find(relation->parent));
        if (root.event && relation_of(*root.event->event))
            return m::unknown("A thread cannot begin at an event that relates to another");
    }
    if (relation->kind == RelationKind::annotation && relation->key) {
        const auto& index = rooms.store_.relations();
        auto key = index.annotation_key(event, *relation);
        bool twice = false;
        auto gone = freshly_gone();
        each_fresh([&](const StoredEvent& other) {
            if (gone.contains(other.number)) return;
            auto its = relation_of(*other.event);
            twice = twice || (its && its->key && index.annotation_key(*other.event, *its) == key);
        });
        if (!twice) {
            PEYK_TRY(auto holder, index.annotation(state->info->number, key));
            twice = holder != 0 && !gone.contains(holder);
        }
        if (twice)
            return fail(Error{Errc::bad_request, "You have annotated the event with this key already",
                              "M_DUPLICATE_ANNOTATION"});
    }
    return {};
}

Result<void> RoomWrite::Work::write_relation(const StoredEvent& stored) {
    auto relation = relation_of(*stored.event);
    if (!relation) return {};
    const auto& index = rooms.store_.relations();
    auto room = state->info->number;
    index.add(change, room, stored.number, *stored.event, *relation);
    related.push_back(index.digest(relation->parent));
    if (relation->kind != RelationKind::thread) return {};
    PEYK_TRY(auto before, newest_in_thread(relation->parent, stored.number));
    if (before) index.remove_thread(change, room, before);
    index.put_thread(change, room, stored.number, relation->parent);
    return {};
}

// `target` is about to lose its content: the relation goes with it.
Result<void> RoomWrite::Work::drop_relation(const StoredEvent& target) {
    auto relation = relation_of(*target.event);
    if (!relation) return {};
    const auto& index = rooms.store_.relations();
    auto room = state->info->number;
    PEYK_CHECK(index.remove(change, room, target.number, *target.event, *relation, freshly_gone()));
    related.push_back(index.digest(relation->parent));
    if (relation->kind != RelationKind::thread) return {};
    index.remove_thread(change, room, target.number);
    PEYK_TRY(auto newest, newest_in_thread(relation->parent, target.number));
    // A newer one has the thread's row already.
    if (newest && newest < target.number) index.put_thread(change, room, newest, relation->parent);
    return {};
}

}  // namespace peyk::rooms
