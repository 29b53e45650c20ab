#pragma once
// Reading a room: events by number, id and position, state at a point. Cached; what is read here is durable.

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "rooms/events/event_row.h"
#include "rooms/events/room_info.h"
#include "rooms/events/stored_event.h"
#include "rooms/relations/relation_index.h"
#include "rooms/retention/lifetimes.h"
#include "rooms/tables.h"
#include "rooms/timeline/number_cache.h"
#include "rooms/visibility/erased_users.h"

namespace peyk::rooms {

// Purpose:  the read side of rooms.  Runs on: worker threads (it blocks).  Everything it returns is durable.
// Events have no PDU where they were stored in parts: with_pdu() has it.
// Events past their lifetime (retention/) read as if there were none, from the moment on; the few functions that see
// them say so.
class RoomStore {
public:
    // In the row of a redacted form, where the redaction's number stands: nobody redacted it, it is a husk.
    static constexpr EventNumber kNoRedaction = 0;
    struct Capacity {
        std::size_t events = 20'000;
        std::size_t nodes = 50'000;
        std::size_t names = 10'000;
    };
    explicit RoomStore(storage::Db& db) : RoomStore(db, Capacity{}) {}
    RoomStore(storage::Db& db, Capacity capacity) : RoomStore(db, capacity, {}, nullptr) {}
    // `clock`: outlives this; null when nothing is ever past its time.
    RoomStore(storage::Db& db, Capacity capacity, RetentionRules retention, const Clock* clock);

    storage::Db& db() const { return db_; }
    RoomNumber number(const RoomId& room) const { return db_.number(room.view()); }
    UserNumber number(const UserId& user) const { return db_.number(user.view()); }

    // Null when this server does not know the room, or is removing it.
    Result<RoomInfoPtr> find(const RoomId& room) const;
    Result<RoomInfoPtr> find(RoomNumber number) const;
    // Also of a room that is being removed.
    Result<RoomInfoPtr> find_kept(RoomNumber number) const;

    // Null when there is none of that number or id. An event whose body is gone without a redacted form reads as null.
    Result<StoredEventPtr> event(const RoomInfo& room, EventNumber number) const;
    Result<StoredEventPtr> event(const RoomInfo& room, const EventId& id) const;
    // At most `limit` events with from <= number < to, in the order asked for.
    Result<std::vector<StoredEventPtr>> events(const RoomInfo& room, EventNumber from, EventNumber to,
                                               std::size_t limit, storage::Store::Order order) const;
    // The same for who goes on from there: reads at most `budget` rows, so that it may find fewer, or none, although
    // there are more. `next`: the boundary behind what was read, in the order asked for.
    struct Run {
        std::vector<StoredEventPtr> events;
        EventNumber next = 0;
        std::size_t read = 0;
    };
    Result<Run> run(const RoomInfo& room, EventNumber from, EventNumber to, std::size_t limit, std::size_t budget,
                    storage::Store::Order order) const;
    // The same for those who read much that nobody will ask for again: it passes by the cache of events.
    Result<std::vector<StoredEventPtr>> events_once(const RoomInfo& room, EventNumber from, EventNumber to,
                                                    std::size_t limit, storage::Store::Order order) const;
    // An event that was read here, with its PDU. Null when the row has gone meanwhile.
    Result<EventPtr> with_pdu(const RoomInfo& room, const StoredEvent& event) const;
    // The last event at or before a position, or before a number; null when there is none. Also one that is past its
    // lifetime: these are for places in the room and the state there, not to be shown. Where events were destroyed, the
    // one before them stands for them, whose state after is theirs.
    Result<StoredEventPtr> last(const RoomInfo& room, storage::Position at) const;
    Result<StoredEventPtr> last(const RoomInfo& room) const;
    Result<StoredEventPtr> last_before(const RoomInfo& room, EventNumber number) const;
    // What is still there, whether past its lifetime or not: for who destroys it, or must know that it was.
    Result<StoredEventPtr> kept_event(const RoomInfo& room, EventNumber number) const;
    Result<Run> kept_events(const RoomInfo& room, EventNumber from, EventNumber to, std::size_t limit) const;
    // Of the room's last row, whether its event can still be read or not: after the restore of a backup that was made
    // while keys were destroyed, it may not. Number 0: there is none.
    struct Top {
        EventNumber number = 0;
        StateRoots roots;
        NodeNumber next_node = 1;
    };
    Result<Top> top(const RoomInfo& room) const;

    // State at `roots`. Null when the place is empty.
    Result<StoredEventPtr> state(const RoomInfo& room, const StateRoots& roots, std::string_view type,
                                 std::string_view key = "") const;
    Result<Membership> membership(const RoomInfo& room, const StateRoots& roots, UserNumber user) const;
    Result<std::vector<StoredEventPtr>> all_state(const RoomInfo& room, const StateRoots& roots) const;
    Result<std::vector<StateEntry>> members(const RoomInfo& room, const StateRoots& roots) const;
    Result<std::vector<StateEntry>> others(const RoomInfo& room, const StateRoots& roots) const;
    // Places whose event differs, members and others together.
    Result<std::vector<StateDifference>> changes(const RoomInfo& room, const StateRoots& before,
                                                 const StateRoots& after) const;
    Result<std::vector<StoredEventPtr>> load(const RoomInfo& room, std::span<const StateEntry> entries) const;

    // What a state event is called that others refer to by number; null when none does yet.
    Result<EventNamePtr> name(const RoomInfo& room, EventNumber number) const;

    // The keys under which kEventIndex may have an event: the first is the one to write.
    std::vector<std::string> index_keys(const EventId& id) const;

    // The place of a state event in its tree.
    std::uint64_t place(std::string_view type, std::string_view key) const;

    // Which events relate to which.
    const RelationIndex& relations() const { return relations_; }

    ErasedUsers& erased() const { return erased_; }
    const Lifetimes& lifetimes() const { return lifetimes_; }

    // For the writer, after a change is durable.
    void keep(RoomNumber room, StoredEventPtr event) { events_.put(room, event->number, std::move(event)); }
    void keep(RoomNumber room, NodeNumber number, StateNodePtr node) { nodes_.put(room, number, std::move(node)); }
    void keep(RoomInfoPtr room);
    void drop(RoomNumber room, EventNumber event) { events_.drop(room, event); }
    // For the removal of a room: from now on it is not found, until the next start; and nothing of it is in memory.
    void close(RoomNumber room);
    void forget(RoomNumber room);
    // When an event became visible, from its row: also of an event whose body is gone. 0: there is no such event.
    Result<storage::Position> position_of(RoomNumber room, EventNumber number) const;

    CacheCounts event_cache() const { return events_.counts(); }
    CacheCounts node_cache() const { return nodes_.counts(); }

    // A NodeSource over the durable nodes of one room.
    class Nodes final : public NodeSource {
    public:
        Nodes(const RoomStore& store, RoomNumber room) : store_(store), room_(room) {}
        Result<StateNodePtr> node(NodeNumber number) const override;

    private:
        const RoomStore& store_;
        RoomNumber room_;
    };
    Nodes nodes(const RoomInfo& room) const { return Nodes(*this, room.number); }

private:
    Result<StoredEventPtr> decode(const RoomInfo& room, const storage::Entry& entry, const Cutoff* cutoff) const;
    Result<StoredEventPtr> below(const RoomInfo& room, std::string to) const;
    Result<RoomInfoPtr> read_info(RoomNumber number) const;
    // Without the cache.
    Result<StoredEventPtr> read(const RoomInfo& room, const storage::Entry& entry,
                                Detail detail = Detail::client) const;
    class Names;

    storage::Db& db_;
    RelationIndex relations_;
    mutable ErasedUsers erased_;
    Lifetimes lifetimes_;
    mutable NumberCache<StoredEventPtr> events_;
    mutable NumberCache<StateNodePtr> nodes_;
    mutable NumberCache<EventNamePtr> names_;
    mutable std::mutex rooms_mutex_;
    mutable std::unordered_map<RoomNumber, RoomInfoPtr> rooms_;
    std::unordered_set<RoomNumber> closed_;
};

std::string number_key(std::uint64_t number);  // 8 bytes, big-endian

}  // namespace peyk::rooms
