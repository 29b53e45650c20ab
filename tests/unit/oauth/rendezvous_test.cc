// Sessions of signing in by QR code: how long, how large, how many.

#include "oauth/rendezvous.h"

#include <gtest/gtest.h>

namespace peyk::oauth {
namespace {

using Problem = Rendezvous::Problem;

class RendezvousTest : public testing::Test {
protected:
    void pass(Millis time) { clock.advance(time); }
    ManualClock clock;
    SeededRandom random{7};
    Rendezvous meetings{clock, random};
};

TEST_F(RendezvousTest, TextIsBounded) {
    EXPECT_TRUE(meetings.make(std::string(Rendezvous::kMaxData, 'x')));
    EXPECT_EQ(meetings.make(std::string(Rendezvous::kMaxData + 1, 'x')).error(), Problem::too_large);
    auto made = meetings.make("").value();
    EXPECT_EQ(meetings.replace(made.id, made.view.tag, std::string(Rendezvous::kMaxData + 1, 'x')).error(),
              Problem::too_large);
    EXPECT_EQ(meetings.look(made.id)->data, "");
}

TEST_F(RendezvousTest, EndsFiveMinutesAfterTheLastChange) {
    auto made = meetings.make("a").value();
    EXPECT_EQ(made.view.left, Rendezvous::kLife);
    EXPECT_EQ(made.view.ends, clock.now() + Rendezvous::kLife);
    pass(Rendezvous::kLife - Millis{1});
    auto second = meetings.replace(made.id, made.view.tag, "b");
    ASSERT_TRUE(second);
    EXPECT_EQ(second->left, Rendezvous::kLife);
    pass(Rendezvous::kLife);
    EXPECT_EQ(meetings.look(made.id).error(), Problem::gone);
    EXPECT_EQ(meetings.replace(made.id, second->tag, "c").error(), Problem::gone);
    EXPECT_FALSE(meetings.end(made.id));
}

TEST_F(RendezvousTest, CannotBeKeptAliveForEver) {
    auto made = meetings.make("a").value();
    auto tag = made.view.tag;
    Millis lived{0};
    while (auto next = meetings.replace(made.id, tag, "b")) {
        tag = next->tag;
        pass(Millis{60'000});
        lived += Millis{60'000};
        ASSERT_LE(lived, Rendezvous::kLongest);
    }
    EXPECT_EQ(lived, Rendezvous::kLongest);
}

TEST_F(RendezvousTest, TheOldestGoWhenThereAreTooMany) {
    auto first = meetings.make("first").value();
    for (std::size_t i = 0; i + 1 < Rendezvous::kMaxSessions; ++i) ASSERT_TRUE(meetings.make("x"));
    EXPECT_TRUE(meetings.look(first.id));
    auto last = meetings.make("last").value();
    EXPECT_FALSE(meetings.look(first.id));
    EXPECT_TRUE(meetings.look(last.id));
}

TEST_F(RendezvousTest, OneChangeCountsOfTwoAtOnce) {
    auto made = meetings.make("a").value();
    auto ours = meetings.replace(made.id, made.view.tag, "ours", "t1");
    ASSERT_TRUE(ours);
    EXPECT_EQ(meetings.replace(made.id, made.view.tag, "theirs", "t2").error(), Problem::changed);
    EXPECT_EQ(meetings.replace(made.id, made.view.tag, "ours", "t1")->tag, ours->tag);
    EXPECT_EQ(meetings.look(made.id)->data, "ours");
}

}  // namespace
}  // namespace peyk::oauth
