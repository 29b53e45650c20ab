#pragma once
// The state of a room as an immutable tree that shares. docs: src/rooms/README.md.
//
// A tree maps a 64-bit place (a keyed hash of what it stands for) to the number of an event. Nodes are numbered within
// their room and never change: setting an entry writes only the path to a new root. Two trees are compared by walking
// only the parts that differ. Pure: nodes come from a NodeSource and go to a NodeSink.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace peyk::rooms {

using EventNumber = std::uint64_t;  // a room's events in order of arrival, from 1
using NodeNumber = std::uint64_t;   // a room's tree nodes, from 1; 0 is the empty tree

struct StateEntry {
    std::uint64_t place = 0;
    EventNumber event = 0;
    std::uint8_t note = 0;  // what can be known without the event (the membership, in the tree of members)
    bool operator==(const StateEntry&) const = default;
};

// An inner node has 16 children by the next four bits of the place, from the highest; a leaf has up to kLeafEntries.
struct StateNode {
    static constexpr std::size_t kFanOut = 16;
    static constexpr std::size_t kLeafEntries = 16;
    bool leaf = true;
    std::vector<StateEntry> entries;                // leaf: sorted by place
    std::array<NodeNumber, kFanOut> children = {};  // inner: 0 where there is none

    std::string encode() const;
    static Result<StateNode> decode(std::string_view bytes);
};
using StateNodePtr = std::shared_ptr<const StateNode>;

class NodeSource {
public:
    virtual ~NodeSource() = default;
    virtual Result<StateNodePtr> node(NodeNumber number) const = 0;  // may block
};

class NodeSink {
public:
    virtual ~NodeSink() = default;
    virtual NodeNumber add(StateNode node) = 0;
};

Result<std::optional<StateEntry>> tree_find(const NodeSource& source, NodeNumber root, std::uint64_t place);

// The root of a tree that has `entry` and otherwise what `root` has. The same root when it had exactly that.
Result<NodeNumber> tree_set(const NodeSource& source, NodeSink& sink, NodeNumber root, const StateEntry& entry);

// All entries in order of place.
Result<std::vector<StateEntry>> tree_entries(const NodeSource& source, NodeNumber root);

struct StateDifference {
    std::optional<StateEntry> before, after;  // of one place; never equal
};
// What differs, in order of place. Walks only the subtrees whose numbers differ.
Result<std::vector<StateDifference>> tree_diff(const NodeSource& source, NodeNumber before, NodeNumber after);

}  // namespace peyk::rooms
