#pragma once
// One lane per user for everything in keys/ that reads rows and then writes them.

#include <cstdint>
#include <vector>

#include "async/lane.h"

namespace peyk::keys {

// Purpose:  entering the lanes of several users at once without ever waiting in a circle: always in ascending order.
//           Who holds a lane never enters another one except through enter_all().
// Owner:    Keys.  Runs on: worker threads.
class UserLanes {
public:
    Lanes::Awaiter enter(std::uint64_t user_number) { return lanes_.enter(user_number); }
    // The numbers may repeat. The guards leave the lanes when they are destroyed.
    Task<std::vector<Lanes::Guard>> enter_all(std::vector<std::uint64_t> user_numbers);

private:
    Lanes lanes_;
};

// How many users' lanes one request holds at once; a larger request goes through its users in groups.
inline constexpr std::size_t kLanesAtOnce = 64;

}  // namespace peyk::keys
