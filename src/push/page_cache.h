#pragma once
// A bounded map from a place in a room to an immutable page; forgets what was not used for longest. Any thread.

#include <array>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace peyk::push {

struct PageKey {
    std::uint64_t room = 0;
    std::uint64_t rules = 0;  // 0: facts
    std::uint64_t page = 0;
    bool operator==(const PageKey&) const = default;
};

template <class Page>
class PageCache {
public:
    using Ptr = std::shared_ptr<const Page>;
    explicit PageCache(std::size_t capacity) : capacity_(capacity / kParts + 1) {}

    Ptr get(const PageKey& key) const {
        auto& part = part_of(key);
        std::lock_guard lock(part.mutex);
        auto found = part.map.find(key);
        if (found == part.map.end()) return nullptr;
        part.order.splice(part.order.begin(), part.order, found->second.second);
        return found->second.first;
    }
    // Keeps whichever covers more events.
    void put(const PageKey& key, Ptr page) {
        auto& part = part_of(key);
        std::lock_guard lock(part.mutex);
        auto found = part.map.find(key);
        if (found != part.map.end()) {
            if (page->size() > found->second.first->size()) found->second.first = std::move(page);
            return;
        }
        part.order.push_front(key);
        part.map.emplace(key, std::pair{std::move(page), part.order.begin()});
        if (part.map.size() <= capacity_) return;
        part.map.erase(part.order.back());
        part.order.pop_back();
    }

    // All of one page of a room, under whatever rules. Walks everything.
    void drop(std::uint64_t room, std::uint64_t page) {
        for (auto& part : parts_) {
            std::lock_guard lock(part.mutex);
            for (auto at = part.map.begin(); at != part.map.end();) {
                bool wanted = at->first.room == room && at->first.page == page;
                if (wanted) part.order.erase(at->second.second);
                at = wanted ? part.map.erase(at) : std::next(at);
            }
        }
    }

private:
    static constexpr std::size_t kParts = 16;
    struct Hash {
        std::size_t operator()(const PageKey& key) const {
            return (key.room ^ key.rules * 0xff51afd7ed558ccdULL ^ key.page) * 0x9e3779b97f4a7c15ULL;
        }
    };
    struct Part {
        std::mutex mutex;
        std::list<PageKey> order;
        std::unordered_map<PageKey, std::pair<Ptr, typename std::list<PageKey>::iterator>, Hash> map;
    };
    Part& part_of(const PageKey& key) const { return parts_[Hash{}(key) >> 59 & (kParts - 1)]; }

    std::size_t capacity_;
    mutable std::array<Part, kParts> parts_;
};

}  // namespace peyk::push
