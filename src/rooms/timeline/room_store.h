#pragma once
// Reading a room: events by number, id and position, state at a point. Cached; what is read here is durable.

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/room_rules.h"
#include "rooms/events/stored_event.h"
#include "rooms/tables.h"

namespace peyk::rooms {

using RoomNumber = std::uint64_t;
using UserNumber = std::uint64_t;

struct RoomInfo {
    RoomId id;
    RoomNumber number;
    const RoomRules* rules;
};
using RoomInfoPtr = std::shared_ptr<const RoomInfo>;

// A bounded map that forgets what was not used for longest. Sharded by key, any thread.
template <class V>
class NumberCache {
public:
    explicit NumberCache(std::size_t capacity) : capacity_(capacity / kParts + 1) {}
    V get(RoomNumber room, std::uint64_t number) const {
        auto& part = part_of(room, number);
        std::lock_guard lock(part.mutex);
        auto found = part.map.find({room, number});
        if (found == part.map.end()) return {};
        part.order.splice(part.order.begin(), part.order, found->second.second);
        return found->second.first;
    }
    void put(RoomNumber room, std::uint64_t number, V value) {
        auto& part = part_of(room, number);
        std::lock_guard lock(part.mutex);
        Key key{room, number};
        if (auto found = part.map.find(key); found != part.map.end()) {
            found->second.first = std::move(value);
            return;
        }
        part.order.push_front(key);
        part.map.emplace(key, std::pair{std::move(value), part.order.begin()});
        if (part.map.size() > capacity_) {
            part.map.erase(part.order.back());
            part.order.pop_back();
        }
    }
    void drop(RoomNumber room, std::uint64_t number) {
        auto& part = part_of(room, number);
        std::lock_guard lock(part.mutex);
        if (auto found = part.map.find({room, number}); found != part.map.end()) {
            part.order.erase(found->second.second);
            part.map.erase(found);
        }
    }

private:
    static constexpr std::size_t kParts = 16;
    struct Key {
        RoomNumber room;
        std::uint64_t number;
        bool operator==(const Key&) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const { return key.room ^ key.number * 0x9e3779b97f4a7c15ULL; }
    };
    struct Part {
        std::mutex mutex;
        std::list<Key> order;
        std::unordered_map<Key, std::pair<V, typename std::list<Key>::iterator>, Hash> map;
    };
    Part& part_of(RoomNumber room, std::uint64_t number) const {
        return parts_[Hash{}({room, number}) >> 7 & (kParts - 1)];
    }

    std::size_t capacity_;
    mutable std::array<Part, kParts> parts_;
};

// Purpose:  the read side of rooms.  Runs on: worker threads (it blocks).  Everything it returns is durable.
class RoomStore {
public:
    struct Capacity {
        std::size_t events = 20'000;
        std::size_t nodes = 50'000;
    };
    explicit RoomStore(storage::Db& db) : RoomStore(db, Capacity{}) {}
    RoomStore(storage::Db& db, Capacity capacity);

    storage::Db& db() const { return db_; }
    RoomNumber number(const RoomId& room) const { return db_.number(room.view()); }
    UserNumber number(const UserId& user) const { return db_.number(user.view()); }

    // Null when this server does not know the room.
    Result<RoomInfoPtr> find(const RoomId& room) const;
    Result<RoomInfoPtr> find(RoomNumber number) const;

    // Null when there is none of that number or id. An event whose body is gone without a redacted form reads as null.
    Result<StoredEventPtr> event(const RoomInfo& room, EventNumber number) const;
    Result<StoredEventPtr> event(const RoomInfo& room, const EventId& id) const;
    // At most `limit` events with from <= number < to, in the order asked for.
    Result<std::vector<StoredEventPtr>> events(const RoomInfo& room, EventNumber from, EventNumber to,
                                               std::size_t limit, storage::Store::Order order) const;
    // The last event at or before a position; null when there is none.
    Result<StoredEventPtr> last(const RoomInfo& room, storage::Position at) const;
    Result<StoredEventPtr> last(const RoomInfo& room) const;

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

    // The place of a state event in its tree.
    std::uint64_t place(std::string_view type, std::string_view key) const;

    // For the writer, after a change is durable.
    void keep(RoomNumber room, StoredEventPtr event) { events_.put(room, event->number, std::move(event)); }
    void keep(RoomNumber room, NodeNumber number, StateNodePtr node) { nodes_.put(room, number, std::move(node)); }
    void keep(RoomInfoPtr room);
    void forget_event(RoomNumber room, EventNumber number) { events_.drop(room, number); }

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
    Result<StoredEventPtr> decode(const RoomInfo& room, storage::Entry entry) const;

    storage::Db& db_;
    mutable NumberCache<StoredEventPtr> events_;
    mutable NumberCache<StateNodePtr> nodes_;
    mutable std::mutex rooms_mutex_;
    mutable std::unordered_map<RoomNumber, RoomInfoPtr> rooms_;
};

std::string number_key(std::uint64_t number);  // 8 bytes, big-endian

}  // namespace peyk::rooms
