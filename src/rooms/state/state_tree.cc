#include "rooms/state/state_tree.h"

#include <algorithm>

#include "base/bytes.h"

namespace peyk::rooms {
namespace {

constexpr int kMaxDepth = 16;  // 64 bits, four at a time

std::size_t slot(std::uint64_t place, int depth) { return place >> (60 - 4 * depth) & 15; }

std::vector<StateEntry>::const_iterator position(const std::vector<StateEntry>& entries, std::uint64_t place) {
    return std::lower_bound(entries.begin(), entries.end(), place,
                            [](const StateEntry& entry, std::uint64_t wanted) { return entry.place < wanted; });
}

// The numbers of a new subtree for sorted entries that all share their first `depth` slots.
NodeNumber build(NodeSink& sink, std::vector<StateEntry> entries, int depth) {
    StateNode node;
    if (entries.size() <= StateNode::kLeafEntries || depth >= kMaxDepth) {
        node.entries = std::move(entries);
        return sink.add(std::move(node));
    }
    node.leaf = false;
    for (std::size_t i = 0; i < entries.size();) {
        auto at = slot(entries[i].place, depth);
        std::vector<StateEntry> part;
        while (i < entries.size() && slot(entries[i].place, depth) == at) part.push_back(entries[i++]);
        node.children[at] = build(sink, std::move(part), depth + 1);
    }
    return sink.add(std::move(node));
}

Result<NodeNumber> set(const NodeSource& source, NodeSink& sink, NodeNumber number, const StateEntry& entry,
                       int depth) {
    if (number == 0) return build(sink, {entry}, depth);
    PEYK_TRY(auto node, source.node(number));
    if (node->leaf) {
        auto entries = node->entries;
        auto at = entries.begin() + (position(entries, entry.place) - entries.cbegin());
        if (at != entries.end() && at->place == entry.place) {
            if (*at == entry) return number;
            *at = entry;
        } else {
            entries.insert(at, entry);
        }
        return build(sink, std::move(entries), depth);
    }
    auto at = slot(entry.place, depth);
    PEYK_TRY(auto child, set(source, sink, node->children[at], entry, depth + 1));
    if (child == node->children[at]) return number;
    StateNode changed = *node;
    changed.children[at] = child;
    return sink.add(std::move(changed));
}

Result<void> collect(const NodeSource& source, NodeNumber number, std::vector<StateEntry>& out) {
    if (number == 0) return {};
    PEYK_TRY(auto node, source.node(number));
    if (node->leaf) {
        out.insert(out.end(), node->entries.begin(), node->entries.end());
        return {};
    }
    for (auto child : node->children) PEYK_CHECK(collect(source, child, out));
    return {};
}

void diff_entries(const std::vector<StateEntry>& before, const std::vector<StateEntry>& after,
                  std::vector<StateDifference>& out) {
    std::size_t b = 0, a = 0;
    while (b < before.size() || a < after.size()) {
        if (a == after.size() || (b < before.size() && before[b].place < after[a].place)) {
            out.push_back({before[b++], std::nullopt});
        } else if (b == before.size() || after[a].place < before[b].place) {
            out.push_back({std::nullopt, after[a++]});
        } else {
            if (before[b] != after[a]) out.push_back({before[b], after[a]});
            ++b, ++a;
        }
    }
}

Result<void> diff(const NodeSource& source, NodeNumber before, NodeNumber after, std::vector<StateDifference>& out) {
    if (before == after) return {};
    StateNodePtr old_node, new_node;
    if (before) {
        PEYK_TRY(old_node, source.node(before));
    }
    if (after) {
        PEYK_TRY(new_node, source.node(after));
    }
    if (old_node && new_node && !old_node->leaf && !new_node->leaf) {
        for (std::size_t i = 0; i < StateNode::kFanOut; ++i)
            PEYK_CHECK(diff(source, old_node->children[i], new_node->children[i], out));
        return {};
    }
    std::vector<StateEntry> old_entries, new_entries;
    PEYK_CHECK(collect(source, before, old_entries));
    PEYK_CHECK(collect(source, after, new_entries));
    diff_entries(old_entries, new_entries, out);
    return {};
}

}  // namespace

// Leaf: 0, count, then per entry place (8), event (varint), note (1). Inner: 1, bit map of children (2), then their
// numbers (varint each).
std::string StateNode::encode() const {
    std::string out;
    put_u8(out, leaf ? 0 : 1);
    if (leaf) {
        put_varint(out, entries.size());
        for (const auto& entry : entries) {
            put_u64be(out, entry.place);
            put_varint(out, entry.event);
            put_u8(out, entry.note);
        }
        return out;
    }
    std::uint16_t present = 0;
    for (std::size_t i = 0; i < kFanOut; ++i) present |= static_cast<std::uint16_t>((children[i] != 0) << i);
    put_u16be(out, present);
    for (auto child : children) {
        if (child) put_varint(out, child);
    }
    return out;
}

Result<StateNode> StateNode::decode(std::string_view bytes) {
    ByteReader reader(bytes);
    StateNode node;
    node.leaf = reader.u8() == 0;
    if (node.leaf) {
        auto count = reader.varint();
        for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
            StateEntry entry;
            entry.place = reader.u64be();
            entry.event = reader.varint();
            entry.note = reader.u8();
            node.entries.push_back(entry);
        }
    } else {
        auto present = reader.u16be();
        for (std::size_t i = 0; i < kFanOut; ++i) {
            if (present >> i & 1) node.children[i] = reader.varint();
        }
    }
    if (!reader.done()) return fail(Errc::corrupt, "a state node does not decode");
    return node;
}

Result<std::optional<StateEntry>> tree_find(const NodeSource& source, NodeNumber root, std::uint64_t place) {
    for (int depth = 0; root != 0; ++depth) {
        PEYK_TRY(auto node, source.node(root));
        if (node->leaf) {
            auto at = position(node->entries, place);
            if (at == node->entries.end() || at->place != place) break;
            return *at;
        }
        root = node->children[slot(place, depth)];
    }
    return std::nullopt;
}

Result<NodeNumber> tree_set(const NodeSource& source, NodeSink& sink, NodeNumber root, const StateEntry& entry) {
    return set(source, sink, root, entry, 0);
}

Result<std::vector<StateEntry>> tree_entries(const NodeSource& source, NodeNumber root) {
    std::vector<StateEntry> out;
    PEYK_CHECK(collect(source, root, out));
    return out;
}

Result<std::vector<StateDifference>> tree_diff(const NodeSource& source, NodeNumber before, NodeNumber after) {
    std::vector<StateDifference> out;
    PEYK_CHECK(diff(source, before, after, out));
    return out;
}

}  // namespace peyk::rooms
