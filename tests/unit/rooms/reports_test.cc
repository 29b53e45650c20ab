// Reports: how many may wait.

#include "rooms/reports/reports.h"

#include <gtest/gtest.h>

#include "rooms_world.h"

namespace peyk::rooms {
namespace {

TEST(Reports, when_full_nothing_is_taken_until_one_is_dealt_with) {
    World world;
    auto add = [&](Reports& reports) {
        Report report{0, ReportKind::user, 0, kAda};
        report.subject = kBob;
        return run_blocking(world.pool, reports.add(std::move(report)));
    };
    Reports reports(world.test.db, world.clock, 2);
    ASSERT_TRUE(add(reports));
    ASSERT_TRUE(add(reports));
    auto refused = add(reports);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().m_code, "M_LIMIT_EXCEEDED");
    // After a restart they are counted anew.
    Reports again(world.test.db, world.clock, 2);
    EXPECT_FALSE(add(again));
    auto page = *again.list(ReportKind::user, [](const Report&) { return true; }, 0, 10, Reports::Order::newest_first);
    ASSERT_EQ(page.total, 2u);
    ASSERT_TRUE(run_blocking(world.pool, again.remove(page.reports.front().id)));
    EXPECT_TRUE(add(again));
    EXPECT_FALSE(add(again));
}

}  // namespace
}  // namespace peyk::rooms
