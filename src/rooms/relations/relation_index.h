#pragma once
// Which events relate to which: rows of the parent, written in the child's own batch and deleted with its redaction.

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "rooms/events/room_info.h"
#include "rooms/relations/relation.h"
#include "rooms/state/state_tree.h"
#include "rooms/timeline/number_cache.h"
#include "storage/db.h"

namespace peyk::rooms {

using EventNumbers = std::set<EventNumber>;

// One event that relates to a parent, as the parent's rows have it: enough to count without reading the event.
struct Child {
    EventNumber number = 0;
    RelationKind kind = RelationKind::other;
    UserNumber sender = 0;
    std::string rel_type;  // of kind `other`; see relation_type()
    std::string type;      // of the event
    std::string digest;    // of the event's id: where its own children are

    std::string_view relation_type() const { return kind == RelationKind::other ? rel_type : relation_text(kind); }
};
using Children = std::vector<Child>;  // in order of arrival
using ChildrenPtr = std::shared_ptr<const Children>;

// Purpose:  reads the rows, with a cache that knows rooms and events without relations, so that those cost nothing.
// Owner:    RoomStore.  Runs on: workers (blocks).  What it returns is durable.
class RelationIndex {
public:
    explicit RelationIndex(storage::Db& db) : db_(db) {}

    std::string digest(const EventId& id) const { return db_.digest("event", id.view()); }
    UserNumber number(std::string_view user) const { return db_.number(user); }
    // What relates to the event directly; of more than kMaxChildren the newest. Never null.
    static constexpr std::size_t kMaxChildren = 20'000;
    Result<ChildrenPtr> children(RoomNumber room, std::string_view parent_digest) const;
    Result<ChildrenPtr> children(RoomNumber room, const EventId& parent) const {
        return children(room, digest(parent));
    }

    // Threads by their newest event, the newest first, from before event number `before` on. A row whose thread has a
    // newer event by now may be among them (see RoomWrite): readers compare with children().
    struct Thread {
        EventNumber newest;
        EventId root;
    };
    Result<std::vector<Thread>> threads(RoomNumber room, EventNumber before, std::size_t limit) const;
    // The newest event of a thread but for those of `except`; 0 when there is none.
    Result<EventNumber> newest_in_thread(RoomNumber room, std::string_view root_digest,
                                         const EventNumbers& except) const;
    // The event that carries this annotation already; 0 when there is none.
    Result<EventNumber> annotation(RoomNumber room, std::string_view key) const;
    // What makes two annotations the same: target, sender, event type and key.
    std::string annotation_key(const Event& event, const Relation& relation) const;

    // For the writer. Rows of an event that relates to `relation.parent`; the thread's own row is separate. `gone`:
    // events whose rows a queued change deletes.
    void add(storage::Change& change, RoomNumber room, EventNumber number, const Event& event,
             const Relation& relation) const;
    Result<void> remove(storage::Change& change, RoomNumber room, EventNumber number, const Event& event,
                        const Relation& relation, const EventNumbers& gone) const;
    void put_thread(storage::Change& change, RoomNumber room, EventNumber newest, const EventId& root) const;
    void remove_thread(storage::Change& change, RoomNumber room, EventNumber newest) const;
    // Around a commit that touches rows of these parents: begin() before it is queued, end() after its verdict.
    void begin(RoomNumber room) const;
    void end(RoomNumber room, std::span<const std::string> parent_digests) const;
    // The room is no more: nothing of it stays in memory.
    void forget(RoomNumber room) const {
        cache_.drop_room(room);
        rooms_.drop(0, room);
    }

private:
    Result<ChildrenPtr> load(RoomNumber room, std::string_view parent_digest) const;
    Result<bool> room_has_any(RoomNumber room) const;
    // As in Memberships: a commit is visible before the cache can be told. Shared by many rooms: a false match costs
    // one read.
    struct Writing {
        std::atomic<std::uint32_t> writers{0};
        std::atomic<std::uint64_t> written{0};
    };
    Writing& writing(RoomNumber room) const { return writing_[room % writing_.size()]; }

    storage::Db& db_;
    mutable std::array<Writing, 256> writing_;
    mutable NumberCache<ChildrenPtr> cache_{50'000};
    mutable NumberCache<std::optional<bool>> rooms_{20'000};
};

}  // namespace peyk::rooms
