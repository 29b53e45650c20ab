#pragma once
// What the lane of a room keeps in memory: the tip, and what is queued but not durable yet. Private to timeline/.

#include <functional>
#include <map>
#include <mutex>
#include <unordered_map>

#include "rooms/timeline/room_store.h"

namespace peyk::rooms {

// What holds a place of the state. Null event: nothing does.
struct StateNow {
    EventPtr event;
    EventNumber number = 0;
};

// Where the next event goes.
struct Tip {
    EventNumber number = 0;  // of the last event; 0 before the first
    std::optional<EventId> id;
    std::string reference_hash = {};  // base64, for room versions that refer to events by it
    std::int64_t depth = 0;
    std::int64_t time = 0;  // origin_server_ts of the last event
    StateRoots roots;
    NodeNumber next_node = 1;
};

// Purpose:  the writer's memory of one room.
// Runs on:  the tip and the state cache only inside the lane; the unsettled maps under the mutex, since commits settle
//           outside of the lane.
class RoomState {
public:
    explicit RoomState(RoomInfoPtr room) : info(std::move(room)) {}

    const RoomInfoPtr info;
    bool loaded = false;
    storage::Epoch epoch = 0;  // of the shard when the tip was loaded
    Tip tip;
    std::unordered_map<std::string, StateNow> state_cache;  // by "type\0key", at the tip

    StoredEventPtr unsettled_event(EventNumber number) const {
        std::lock_guard lock(mutex_);
        auto found = events_.find(number);
        return found == events_.end() ? nullptr : found->second;
    }
    StateNodePtr unsettled_node(NodeNumber number) const {
        std::lock_guard lock(mutex_);
        auto found = nodes_.find(number);
        return found == nodes_.end() ? nullptr : found->second;
    }
    std::optional<EventId> unsettled_transaction(const std::string& key) const {
        std::lock_guard lock(mutex_);
        auto found = transactions_.find(key);
        if (found == transactions_.end()) return std::nullopt;
        return found->second;
    }
    std::optional<EventNumber> unsettled_number(const EventId& id) const {
        std::lock_guard lock(mutex_);
        for (const auto& [number, event] : events_) {
            if (event->event->id == id) return number;
        }
        return std::nullopt;
    }
    // Calls `look` with each queued event. Must not call back here.
    void each_unsettled(const std::function<void(const StoredEvent&)>& look) const {
        std::lock_guard lock(mutex_);
        for (const auto& [number, event] : events_) look(*event);
    }
    void queue(const std::vector<StoredEventPtr>& events, const std::map<NodeNumber, StateNodePtr>& nodes,
               const std::unordered_map<std::string, EventId>& transactions) {
        std::lock_guard lock(mutex_);
        for (const auto& event : events) events_.insert_or_assign(event->number, event);
        nodes_.insert(nodes.begin(), nodes.end());
        transactions_.insert(transactions.begin(), transactions.end());
    }
    // The verdict on a batch is there. `keep` gets, under the mutex, those of its events that no later batch has
    // replaced by a redacted form: the replies of two batches may run in either order, and a cache must not get the
    // original after the form.
    template <class Keep>
    void settle(const std::vector<StoredEventPtr>& events, const std::map<NodeNumber, StateNodePtr>& nodes,
                const std::unordered_map<std::string, EventId>& transactions, Keep keep) {
        std::lock_guard lock(mutex_);
        for (const auto& event : events) {
            auto found = events_.find(event->number);
            if (found == events_.end() || found->second != event) continue;
            keep(event);
            events_.erase(found);
        }
        for (const auto& [number, node] : nodes) nodes_.erase(number);
        for (const auto& [key, id] : transactions) transactions_.erase(key);
    }
    // After a failed batch, inside the lane: everything queued on top of it is fenced.
    void forget_unsettled() {
        std::lock_guard lock(mutex_);
        events_.clear();
        nodes_.clear();
        transactions_.clear();
    }

private:
    mutable std::mutex mutex_;
    std::map<EventNumber, StoredEventPtr> events_;
    std::map<NodeNumber, StateNodePtr> nodes_;
    std::unordered_map<std::string, EventId> transactions_;
};

}  // namespace peyk::rooms
