#include "privacy/rate_limits.h"

#include <gtest/gtest.h>

#include <set>

#include "http/message.h"

namespace peyk::privacy {
namespace {

constexpr Millis kDay{24 * 3600 * 1000};

// Remembers what it gave: the salts.
class WatchedRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> out) override {
        inner_.fill(out);
        given.emplace(out.begin(), out.end());
    }
    std::set<std::vector<std::uint8_t>> given;

private:
    SeededRandom inner_{7};
};

struct Limiter : testing::Test {
    // One request, and no other for ages.
    static RateLimits limits() {
        RateLimits out;
        out.limits[static_cast<std::size_t>(RateClass::login)] = {1e-9, 1};
        return out;
    }
    ManualClock clock;
    WatchedRandom random;
    RateLimiter limiter{limits(), clock, random};
};

TEST_F(Limiter, TheSaltLivesForADayAndItsCountersGoWithIt) {
    ASSERT_TRUE(limiter.take(RateClass::login, "somebody"));
    EXPECT_FALSE(limiter.take(RateClass::login, "somebody"));
    clock.advance(kDay - Millis{1});
    EXPECT_FALSE(limiter.take(RateClass::login, "somebody"));
    EXPECT_EQ(random.given.size(), 1U);
    clock.advance(Millis{1});
    EXPECT_TRUE(limiter.take(RateClass::login, "somebody"));
    EXPECT_EQ(random.given.size(), 2U) << "a new salt, not the old one again";
    clock.advance(kDay);
    EXPECT_TRUE(limiter.peek(RateClass::login, "somebody"));
    EXPECT_EQ(random.given.size(), 3U);
    for (const auto& salt : random.given) EXPECT_GE(salt.size(), 16U);
}

// What Element Call's guide asks of a server: `rc_message` schedules delayed events, and each client in a call restarts
// its own again and again (`rc_delayed_event_mgmt`).
TEST(DefaultRates, AreEnoughForCallsWithDelayedEvents) {
    struct Need {
        RateClass rate;  // of the routes of delayed events, src/client_api/rooms/delayed.cc
        int burst;
        double per_second;
    };
    for (auto [rate, burst, per_second] : {Need{RateClass::message, 30, 0.5}, Need{RateClass::general, 20, 1}}) {
        ManualClock clock;
        SeededRandom random{7};
        RateLimiter limiter{RateLimits{}, clock, random};
        for (int taken = 0; taken < burst; ++taken) EXPECT_TRUE(limiter.take(rate, "somebody")) << taken;
        int more = 0;
        while (more < 10'000 && limiter.take(rate, "somebody")) ++more;
        EXPECT_LT(more, 10'000) << "there is a limit";
        for (int again = 0; again < 10; ++again) {
            clock.advance(Millis{static_cast<std::int64_t>(1000 / per_second)});
            EXPECT_TRUE(limiter.take(rate, "somebody")) << again;
        }
    }
}

TEST(RateKey, IsTheWholeOfVersion4AndTheNetworkOfVersion6) {
    http::ClientAddress a, b, c;
    std::ranges::fill(a.bytes, std::uint8_t{1});
    b = c = a;
    b.bytes[15] = 2;  // another machine of the network
    c.bytes[7] = 2;   // another network
    EXPECT_EQ(rate_key(a), rate_key(b));
    EXPECT_NE(rate_key(a), rate_key(c));
    auto mapped = [](std::uint8_t last) {
        http::ClientAddress out;
        std::ranges::fill(out.bytes, std::uint8_t{0});
        out.bytes[10] = out.bytes[11] = 0xff;
        out.bytes[12] = 192;
        out.bytes[15] = last;
        return out;
    };
    EXPECT_NE(rate_key(mapped(1)), rate_key(mapped(2)));
    EXPECT_EQ(rate_key(mapped(1)), rate_key(mapped(1)));
}

}  // namespace
}  // namespace peyk::privacy
