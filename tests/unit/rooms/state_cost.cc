#include "base/random.h"
#include "unit/rooms/state_nodes.h"

namespace peyk::rooms {

ChangeCost cost_of_change(std::size_t members, std::size_t changes, std::uint64_t seed) {
    SeededRandom random(seed);
    Nodes nodes;
    NodeNumber root = 0;
    EventNumber event = 0;
    auto change = [&] { root = tree_set(nodes, nodes, root, {random.u64(), ++event, 1}).value(); };
    for (std::size_t i = 0; i < members; ++i) {
        change();
        if (i % 200'000 == 0) nodes.forget_all_but(root);
    }
    nodes.written = nodes.written_bytes = 0;
    for (std::size_t i = 0; i < changes; ++i) change();
    auto each = static_cast<double>(changes);
    return {static_cast<double>(nodes.written) / each, static_cast<double>(nodes.written_bytes) / each};
}

}  // namespace peyk::rooms
