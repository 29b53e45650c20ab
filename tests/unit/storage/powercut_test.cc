#include "unit/storage/powercut.h"

#include <gtest/gtest.h>

#include "unit/storage/scratch.h"

namespace peyk::storage {
namespace {

TEST(PowerCut, NothingAcknowledgedIsLostWithSync) {
    Scratch scratch;
    auto result = run_power_cuts(scratch.path / "cuts", 60, 7, Durability::sync);
    EXPECT_EQ(result.cuts, 60);
    EXPECT_GT(result.acknowledged, 300);
    EXPECT_EQ(result.lost, 0);
    EXPECT_EQ(result.half, 0);
    EXPECT_EQ(result.positions_back, 0);
    EXPECT_EQ(result.refused, 0) << result.refusal;
    // The cuts have met every part of a commit and some of a start.
    using enum FaultFs::Stage;
    for (auto stage : {append_log, sync_log}) EXPECT_GT(result.by_stage[static_cast<std::size_t>(stage)], 2);
    EXPECT_GT(result.cuts_while_opening, 2);
}

// Over typed tables, keys that are destroyed, the key table and its files, flushes and merges.
TEST(SealedPowerCut, NothingAcknowledgedIsLostAndNothingDestroyedComesBack) {
    Scratch scratch;
    auto result = run_sealed_power_cuts(scratch.path / "cuts", 64, 11, Durability::sync);
    EXPECT_EQ(result.cuts, 64);
    EXPECT_GT(result.acknowledged, 300);
    EXPECT_GT(result.destroyed, 50);
    EXPECT_EQ(result.lost, 0);
    EXPECT_EQ(result.back, 0);
    EXPECT_EQ(result.half, 0);
    EXPECT_EQ(result.positions_back, 0);
    EXPECT_EQ(result.refused, 0) << result.refusal;
    // So few cuts do not surely meet the rarer stages; the thousand of the slow group have to.
    using enum FaultFs::Stage;
    for (auto stage : {append_log, sync_log}) EXPECT_GT(result.by_stage[static_cast<std::size_t>(stage)], 2);
}

TEST(SealedPowerCut, WithoutSyncTheSameTestFindsLosses) {
    Scratch scratch;
    auto result = run_sealed_power_cuts(scratch.path / "cuts", 25, 11, Durability::relaxed);
    EXPECT_GT(result.lost + result.back, 0);
    EXPECT_EQ(result.half, 0);
}

// The same test must be able to fail.
TEST(PowerCut, WithoutSyncTheSameTestFindsLosses) {
    Scratch scratch;
    auto result = run_power_cuts(scratch.path / "cuts", 30, 7, Durability::relaxed);
    EXPECT_GT(result.lost, 0);
    EXPECT_EQ(result.half, 0);
}

}  // namespace
}  // namespace peyk::storage
