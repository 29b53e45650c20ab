#pragma once

#include <array>
#include <span>

namespace peyk::app {

struct Holding;

using HoldingLists = std::array<std::span<const Holding>, 5>;
HoldingLists holding_lists();

}  // namespace peyk::app
