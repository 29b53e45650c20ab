#pragma once
// What is known of devices, kept in memory. Writers hold the user's lane; readers hold nothing.

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace peyk::keys {

// Purpose:  a bounded map (user number, device number) -> immutable state, least recently used out first.
// Runs on:  any thread.
// A reader that loads from the store could put an old state over a newer one: it takes ticket() before it reads, and
// offer() is ignored when a writer came in between.
template <class State>
class DeviceCache {
public:
    struct Key {
        std::uint64_t user;
        std::uint64_t device;
        bool operator==(const Key&) const = default;
    };

    explicit DeviceCache(std::size_t capacity) : capacity_(capacity) {}

    std::shared_ptr<const State> find(const Key& key) {
        std::lock_guard lock(mutex_);
        auto found = entries_.find(key);
        if (found == entries_.end()) return nullptr;
        order_.splice(order_.begin(), order_, found->second.place);
        return found->second.state;
    }
    std::uint64_t ticket(const Key& key) {
        std::lock_guard lock(mutex_);
        return generation(key);
    }
    void offer(const Key& key, std::uint64_t ticket, std::shared_ptr<const State> state) {
        std::lock_guard lock(mutex_);
        if (generation(key) == ticket) set(key, std::move(state));
    }
    // After a commit that changed the device's rows, before the user's lane is left. Null: to be loaded again.
    void replace(const Key& key, std::shared_ptr<const State> state) {
        std::lock_guard lock(mutex_);
        ++generation(key);
        if (state) {
            set(key, std::move(state));
        } else if (auto found = entries_.find(key); found != entries_.end()) {
            order_.erase(found->second.place);
            entries_.erase(found);
        }
    }

private:
    struct Hash {
        std::size_t operator()(const Key& key) const {
            return static_cast<std::size_t>((key.user ^ (key.device * 0x9e3779b97f4a7c15ULL)) * 0xff51afd7ed558ccdULL);
        }
    };
    struct Entry {
        std::shared_ptr<const State> state;
        typename std::list<Key>::iterator place;
    };
    // Shared by many devices: a false match only costs one load more.
    std::uint64_t& generation(const Key& key) { return generations_[(Hash{}(key) >> 32) % generations_.size()]; }
    void set(const Key& key, std::shared_ptr<const State> state) {
        auto [entry, added] = entries_.try_emplace(key);
        entry->second.state = std::move(state);
        if (!added) {
            order_.splice(order_.begin(), order_, entry->second.place);
            return;
        }
        order_.push_front(key);
        entry->second.place = order_.begin();
        if (entries_.size() > capacity_) {
            entries_.erase(order_.back());
            order_.pop_back();
        }
    }

    const std::size_t capacity_;
    std::mutex mutex_;
    std::unordered_map<Key, Entry, Hash> entries_;
    std::list<Key> order_;  // most recently used first
    std::array<std::uint64_t, 256> generations_{};
};

}  // namespace peyk::keys
