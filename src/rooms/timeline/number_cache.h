#pragma once
// A bounded map in memory for rows of a room by number.

#include <array>
#include <cstdint>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace peyk::rooms {

struct CacheCounts {
    std::uint64_t hits = 0, misses = 0;
};

// A bounded map that forgets what was not used for longest. Sharded by key, any thread.
template <class V>
class NumberCache {
public:
    explicit NumberCache(std::size_t capacity) : capacity_(capacity / kParts + 1) {}
    V get(std::uint64_t room, std::uint64_t number) const {
        auto& part = part_of(room, number);
        std::lock_guard lock(part.mutex);
        auto found = part.map.find({room, number});
        ++(found == part.map.end() ? part.counts.misses : part.counts.hits);
        if (found == part.map.end()) return {};
        part.order.splice(part.order.begin(), part.order, found->second.second);
        return found->second.first;
    }
    void put(std::uint64_t room, std::uint64_t number, V value) {
        auto& part = part_of(room, number);
        std::lock_guard lock(part.mutex);
        Key key{room, number};
        if (auto found = part.map.find(key); found != part.map.end()) {
            found->second.first = std::move(value);
            return;
        }
        add(part, key, std::move(value));
    }
    // What a reader found: it may be older than what a writer has put there meanwhile.
    void offer(std::uint64_t room, std::uint64_t number, const V& value) {
        auto& part = part_of(room, number);
        std::lock_guard lock(part.mutex);
        Key key{room, number};
        if (!part.map.contains(key)) add(part, key, value);
    }
    void drop(std::uint64_t room, std::uint64_t number) {
        auto& part = part_of(room, number);
        std::lock_guard lock(part.mutex);
        if (auto found = part.map.find({room, number}); found != part.map.end()) {
            part.order.erase(found->second.second);
            part.map.erase(found);
        }
    }

    // Everything of a room. Looks at all there is.
    void drop_room(std::uint64_t room) {
        for (auto& part : parts_) {
            std::lock_guard lock(part.mutex);
            for (auto found = part.map.begin(); found != part.map.end();) {
                if (found->first.room != room) {
                    ++found;
                    continue;
                }
                part.order.erase(found->second.second);
                found = part.map.erase(found);
            }
        }
    }

    CacheCounts counts() const {
        CacheCounts sum;
        for (auto& part : parts_) {
            std::lock_guard lock(part.mutex);
            sum.hits += part.counts.hits;
            sum.misses += part.counts.misses;
        }
        return sum;
    }

private:
    static constexpr std::size_t kParts = 16;
    struct Key {
        std::uint64_t room;
        std::uint64_t number;
        bool operator==(const Key&) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const { return key.room ^ key.number * 0x9e3779b97f4a7c15ULL; }
    };
    struct Part {
        std::mutex mutex;
        CacheCounts counts;
        std::list<Key> order;
        std::unordered_map<Key, std::pair<V, typename std::list<Key>::iterator>, Hash> map;
    };
    void add(Part& part, const Key& key, V value) {
        part.order.push_front(key);
        part.map.emplace(key, std::pair{std::move(value), part.order.begin()});
        if (part.map.size() > capacity_) {
            part.map.erase(part.order.back());
            part.order.pop_back();
        }
    }
    Part& part_of(std::uint64_t room, std::uint64_t number) const {
        return parts_[Hash{}({room, number}) >> 7 & (kParts - 1)];
    }

    std::size_t capacity_;
    mutable std::array<Part, kParts> parts_;
};

}  // namespace peyk::rooms
