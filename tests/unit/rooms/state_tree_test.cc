#include "rooms/state/state_tree.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "unit/rooms/state_nodes.h"

namespace peyk::rooms {
namespace {

std::map<std::uint64_t, StateEntry> model_of(const std::vector<StateEntry>& entries) {
    std::map<std::uint64_t, StateEntry> out;
    for (const auto& entry : entries) out[entry.place] = entry;
    return out;
}

TEST(StateTree, holds_what_a_map_holds_and_older_roots_stay_as_they_were) {
    SeededRandom random(1);
    Nodes nodes;
    NodeNumber root = 0;
    std::map<std::uint64_t, StateEntry> model;
    std::vector<std::pair<NodeNumber, std::map<std::uint64_t, StateEntry>>> history;
    for (EventNumber event = 1; event <= 3000; ++event) {
        // Half of the changes hit a place that exists; places share prefixes on purpose.
        std::uint64_t place = random.u64() % 1500 * (random.u64() % 2 ? 0x0001000100010001ULL : 0x9e3779b97f4a7c15ULL);
        StateEntry entry{place, event, static_cast<std::uint8_t>(event % 5)};
        auto next = tree_set(nodes, nodes, root, entry);
        ASSERT_TRUE(next);
        root = *next;
        model[place] = entry;
        if (event % 500 == 0) history.emplace_back(root, model);
        auto found = tree_find(nodes, root, place);
        ASSERT_TRUE(found && *found);
        EXPECT_EQ(**found, entry);
    }
    for (const auto& [old_root, old_model] : history) EXPECT_EQ(model_of(*tree_entries(nodes, old_root)), old_model);
    EXPECT_FALSE(*tree_find(nodes, root, 0xdeadbeefULL));
}

TEST(StateTree, setting_the_same_entry_writes_nothing) {
    Nodes nodes;
    StateEntry entry{42, 7, 1};
    auto root = *tree_set(nodes, nodes, 0, entry);
    auto before = nodes.last;
    EXPECT_EQ(*tree_set(nodes, nodes, root, entry), root);
    EXPECT_EQ(nodes.last, before);
}

TEST(StateTree, a_difference_is_what_two_maps_differ_in) {
    SeededRandom random(2);
    Nodes nodes;
    NodeNumber a = 0;
    for (EventNumber event = 1; event <= 400; ++event) a = *tree_set(nodes, nodes, a, {random.u64(), event, 0});
    NodeNumber b = a;
    std::map<std::uint64_t, StateEntry> changed;
    auto existing = *tree_entries(nodes, a);
    for (EventNumber event = 401; event <= 420; ++event) {
        auto place = event % 2 ? existing[event - 401].place : random.u64();
        StateEntry entry{place, event, 1};
        b = *tree_set(nodes, nodes, b, entry);
        changed[place] = entry;
    }
    auto differences = *tree_diff(nodes, a, b);
    ASSERT_EQ(differences.size(), changed.size());
    for (const auto& difference : differences) {
        ASSERT_TRUE(difference.after);
        EXPECT_EQ(*difference.after, changed.at(difference.after->place));
        auto before = tree_find(nodes, a, difference.after->place);
        EXPECT_EQ(difference.before, *before);
    }
    EXPECT_TRUE(tree_diff(nodes, b, b)->empty());
    auto backward = *tree_diff(nodes, b, a);
    EXPECT_EQ(backward.size(), differences.size());
    EXPECT_EQ(tree_diff(nodes, 0, a)->size(), 400u);
}

TEST(StateTree, comparing_reads_only_what_differs) {
    SeededRandom random(3);
    Nodes nodes;
    NodeNumber a = 0;
    for (EventNumber event = 1; event <= 20'000; ++event) a = *tree_set(nodes, nodes, a, {random.u64(), event, 0});
    auto b = *tree_set(nodes, nodes, a, {random.u64(), 20'001, 0});
    nodes.reads = 0;
    EXPECT_EQ(tree_diff(nodes, a, b)->size(), 1u);
    EXPECT_LT(nodes.reads, 30u);
}

// Keys and seals of the rows are counted. At most one level more for sixteen times the members.
TEST(StateTree, a_change_in_a_room_of_100000_members_writes_less_than_1_kB) {
    auto small = cost_of_change(100'000 / 16, 200, 4), large = cost_of_change(100'000, 200, 4);
    EXPECT_LT(large.bytes, 1024);
    EXPECT_GT(large.bytes, 200) << "something is not counted";
    EXPECT_LE(large.rows, small.rows + 1);
    EXPECT_LE(large.rows, 6);
}

TEST(StateTree, broken_rows_are_corrupt_not_read) {
    for (std::string bytes : {std::string(""), std::string("\x00\x05", 2), std::string("\x01\xff\xff\x01", 4),
                              std::string("\x00\x00junk", 6)})
        EXPECT_FALSE(StateNode::decode(bytes)) << bytes.size();
}

}  // namespace
}  // namespace peyk::rooms
