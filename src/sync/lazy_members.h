#pragma once
// Which members a device was told of, by room: lazy loading leaves those out. In memory; forgetting costs a repetition.

#include <unordered_set>

#include "rooms/timeline/room_store.h"

namespace peyk::sync {

class LazyMembers {
public:
    // True the first time; `again` is what the client may be missing (another membership event of the same user).
    bool first_time(std::uint64_t user, const DeviceId& device, rooms::RoomNumber room,
                    rooms::EventNumber member_event) {
        auto key = std::hash<std::string_view>{}(device.view()) ^ user * 0x9e3779b97f4a7c15ULL;
        std::lock_guard lock(mutex_);
        auto& told = told_[key ^ room * 0xff51afd7ed558ccdULL];
        if (told.size() > kMaxPerRoom) told.clear();
        if (told_.size() > kMaxRooms) {
            told_.clear();
            return true;
        }
        return told.insert(member_event).second;
    }
    void forget(std::uint64_t user, const DeviceId& device, rooms::RoomNumber room) {
        auto key = std::hash<std::string_view>{}(device.view()) ^ user * 0x9e3779b97f4a7c15ULL;
        std::lock_guard lock(mutex_);
        told_.erase(key ^ room * 0xff51afd7ed558ccdULL);
    }

private:
    static constexpr std::size_t kMaxPerRoom = 2'000, kMaxRooms = 20'000;
    std::mutex mutex_;
    std::unordered_map<std::uint64_t, std::unordered_set<rooms::EventNumber>> told_;
};

}  // namespace peyk::sync
