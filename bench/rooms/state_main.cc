// state_bench: rows and bytes that one state change writes into the tree of members, by the size of the room; one JSON
// object on stdout. Keys and seals are counted, the event is not.

#include <cstdio>

#include "unit/rooms/state_nodes.h"

int main() {
    std::string out;
    for (std::size_t members : {6'250u, 100'000u, 1'600'000u}) {
        auto cost = peyk::rooms::cost_of_change(members, 2000, 4);
        out += fmt::format("{}\"{}\":{{\"rows\":{:.2f},\"bytes\":{:.0f}}}", out.empty() ? "" : ",", members, cost.rows,
                           cost.bytes);
    }
    fmt::print("{{\"members\":{{{}}}}}\n", out);
    return 0;
}
