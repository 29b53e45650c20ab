#pragma once
// Which members a device was told of, by room: lazy loading leaves those out. In memory; forgetting costs a repetition.

#include <deque>
#include <unordered_set>

#include "rooms/timeline/room_store.h"

namespace peyk::sync {

// Purpose:  remembers per device.  Runs on: any thread.
// An answer may be lost on its way, and the client then asks again with the token it had. So what an answer tells
// counts only once the token of that very answer comes back.
class LazyMembers {
public:
    // A request of the device has presented the token of the answer that ended at `position`.
    void confirm(std::uint64_t user, const DeviceId& device, storage::Position position);
    // Whether the device has this member event.
    bool knows(std::uint64_t user, const DeviceId& device, rooms::RoomNumber room, rooms::EventNumber member) const;
    // The answer that ends at `position` tells of it.
    void tell(std::uint64_t user, const DeviceId& device, rooms::RoomNumber room, rooms::EventNumber member,
              storage::Position position);
    // The device starts anew with this room.
    void forget(std::uint64_t user, const DeviceId& device, rooms::RoomNumber room);

private:
    using Members = std::unordered_set<rooms::EventNumber>;
    struct Answer {
        storage::Position position = 0;
        std::vector<std::pair<rooms::RoomNumber, rooms::EventNumber>> told;
    };
    struct Device {
        std::unordered_map<rooms::RoomNumber, Members> known;
        std::deque<Answer> answers;  // not presented yet, the newest last
    };
    static constexpr std::size_t kMaxAnswers = 4;        // of a device; older tokens do not come back
    static constexpr std::size_t kMaxTold = 20'000;      // by one answer; of more it is told again
    static constexpr std::size_t kMaxMembers = 500'000;  // of all devices together
    static std::uint64_t key(std::uint64_t user, const DeviceId& device) {
        return std::hash<std::string_view>{}(device.view()) ^ user * 0x9e3779b97f4a7c15ULL;
    }

    mutable std::mutex mutex_;
    std::unordered_map<std::uint64_t, Device> devices_;
    std::size_t members_ = 0;  // that were added since everything was forgotten
};

}  // namespace peyk::sync
