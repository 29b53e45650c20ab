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

// The same test must be able to fail.
TEST(PowerCut, WithoutSyncTheSameTestFindsLosses) {
    Scratch scratch;
    auto result = run_power_cuts(scratch.path / "cuts", 30, 7, Durability::relaxed);
    EXPECT_GT(result.lost, 0);
    EXPECT_EQ(result.half, 0);
}

}  // namespace
}  // namespace peyk::storage
