#pragma once
// Nodes of a state tree in memory, and what they would cost as rows. For the unit test and for state_bench.

#include <map>

#include "rooms/state/state_tree.h"

namespace peyk::rooms {

// What a row of kStateNodes adds to its body: the key (shard u16, table u8, room and node number u64) and the seal
// (slot, format, nonce and tag).
inline constexpr std::size_t kNodeKeyBytes = 2 + 1 + 8 + 8, kNodeSealBytes = 28;

// Each node is encoded and decoded once, so that the row form is what is tested.
class Nodes final : public NodeSource, public NodeSink {
public:
    Result<StateNodePtr> node(NodeNumber number) const override {
        ++reads;
        auto found = rows.find(number);
        if (found == rows.end()) return fail(Errc::corrupt, "no such node");
        PEYK_TRY(auto decoded, StateNode::decode(found->second));
        return std::make_shared<const StateNode>(std::move(decoded));
    }
    NodeNumber add(StateNode node) override {
        rows[++last] = node.encode();
        ++written;
        written_bytes += kNodeKeyBytes + kNodeSealBytes + rows[last].size();
        return last;
    }

    // Forgets what `root` does not lead to.
    void forget_all_but(NodeNumber root) {
        std::map<NodeNumber, std::string> kept;
        std::vector<NodeNumber> open{root};
        while (!open.empty()) {
            auto number = open.back();
            open.pop_back();
            auto at = rows.find(number);
            if (number == 0 || at == rows.end()) continue;
            auto node = StateNode::decode(at->second);
            if (node && !node->leaf) open.insert(open.end(), node->children.begin(), node->children.end());
            kept.emplace(number, std::move(at->second));
        }
        rows = std::move(kept);
    }

    std::map<NodeNumber, std::string> rows;
    NodeNumber last = 0;
    std::size_t written = 0, written_bytes = 0;
    mutable std::size_t reads = 0;
};

// Per change of one more member in a room of `members`: what is written on the average of `changes`.
struct ChangeCost {
    double rows = 0, bytes = 0;
};
ChangeCost cost_of_change(std::size_t members, std::size_t changes, std::uint64_t seed);

}  // namespace peyk::rooms
