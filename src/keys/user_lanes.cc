#include "keys/user_lanes.h"

#include <algorithm>

namespace peyk::keys {

Task<std::vector<Lanes::Guard>> UserLanes::enter_all(std::vector<std::uint64_t> user_numbers) {
    std::ranges::sort(user_numbers);
    auto repeated = std::ranges::unique(user_numbers);
    user_numbers.erase(repeated.begin(), repeated.end());
    std::vector<Lanes::Guard> guards;
    guards.reserve(user_numbers.size());
    for (auto number : user_numbers) guards.push_back(co_await lanes_.enter(number));
    co_return guards;
}

}  // namespace peyk::keys
