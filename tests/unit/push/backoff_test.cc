// How often a push gateway that fails is asked again: over a clock that the test moves.

#include "push/sender.h"

#include "base/bytes.h"
#include "support.h"
#include "unit/async/counted_clock.h"

namespace peyk::push {
namespace {

constexpr std::string_view kOrigin = "https://push.example.org";

// Answers what the test says, and counts.
class FakeGateway final : public http::Outbound {
public:
    explicit FakeGateway(const CountedClock& clock) : attempts(clock) {}
    Task<Result<http::ClientResponse>> send(http::ClientRequest request, std::stop_token) override {
        auto wanted = status.load();
        {
            std::lock_guard lock(mutex_);
            bodies_.push_back(std::move(request.body));
        }
        attempts.note();
        if (wanted == 0) co_return fail(Errc::unavailable, "down");
        http::ClientResponse answer;
        answer.status = wanted;
        answer.body = "{}";
        co_return answer;
    }
    // Whether it was told of the event, from that attempt on.
    bool heard_of(const std::string& event, std::size_t from = 0) const {
        std::lock_guard lock(mutex_);
        return std::any_of(
            bodies_.begin() + static_cast<std::ptrdiff_t>(from), bodies_.end(),
            [&](const std::string& body) { return body.find("\"" + event + "\"") != std::string::npos; });
    }
    std::string last() const {
        std::lock_guard lock(mutex_);
        return bodies_.empty() ? std::string() : bodies_.back();
    }
    std::atomic<int> status{200};  // 0: it cannot be reached
    Attempts attempts;

private:
    mutable std::mutex mutex_;
    std::vector<std::string> bodies_;
};

class OnePusher final : public PusherSource {
public:
    explicit OnePusher(UserNumber user) : user_(user) {}
    Result<std::vector<UserNumber>> owners() const override { return std::vector{user_}; }
    Result<std::vector<Pusher>> of(UserNumber user) const override {
        if (user != user_) return std::vector<Pusher>{};
        return std::vector{Pusher{kAda, std::string(16, 'k'), object(R"({"kind":"http","app_id":"a","pushkey":"p",
            "data":{"url":"https://push.example.org/_matrix/push/v1/notify"}})"),
                                  0}};
    }
    Task<Result<void>> remove(UserNumber, std::string) override { co_return Result<void>{}; }

private:
    UserNumber user_;
};

// No chance in the pauses: zeroes, or the most that is added.
class FixedRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> out) override { std::ranges::fill(out, byte.load()); }
    std::atomic<std::uint8_t> byte = 0;
};

class ASender : public testing::Test {
protected:
    ~ASender() override { stop(); }
    void start(SenderOptions options = {}) {
        options.jitter = Millis{0};
        options.gateways = {std::string(kOrigin)};
        // Those before stay: the feed knows them.
        senders_.push_back(std::make_unique<Sender>(Sender::Parts{.db = world_.test.db,
                                                                  .rooms = world_.rooms,
                                                                  .counts = world_.counts,
                                                                  .pushers = pushers_,
                                                                  .outbound = gateway_,
                                                                  .feed = world_.feed,
                                                                  .timers = timers_,
                                                                  .clock = clock_,
                                                                  .random = random_},
                                                    options));
        ASSERT_TRUE(senders_.back()->start());
    }
    void stop() {
        if (!senders_.empty()) senders_.back()->stop();
    }
    // The place of the pusher is written down behind so many events.
    void wait_for_place(EventNumber number) {
        auto user = world_.number(kAda);
        ASSERT_TRUE(comes_true([&] {
            CountedClock::turn(timers_);
            auto row = world_.test.db.get(kPusherStates, user, std::string(16, 'k'));
            return row && *row && get_u64be((*row)->body.data()) >= number * 10;
        }));
    }
    // A message that notifies, and the first attempt at it.
    std::string say(std::string_view text) {
        auto before = gateway_.attempts.count();
        auto number = world_.rooms.say(kBob, text);
        world_.feed.publish({FeedEntry::Kind::room, kRoom.number, number * 10});
        EXPECT_TRUE(comes_true([&] { return gateway_.attempts.count() > before; })) << text;
        return FakeRooms::id(number).str();
    }
    void expect_pauses(std::initializer_list<int> seconds) {
        for (auto each : seconds) expect_pause(clock_, timers_, gateway_.attempts, std::chrono::seconds(each));
    }
    // The attempt that is due now is taken.
    void take(Millis pause) {
        gateway_.status = 200;
        expect_pause(clock_, timers_, gateway_.attempts, pause);
    }

    void expect_let_go(const std::string& event, Millis pause) {
        auto before = gateway_.attempts.count();
        ASSERT_TRUE(comes_true([&] { return gateway_.attempts.pauses(); }));
        gateway_.status = 200;
        clock_.advance(pause);
        wait_for_place(1);
        auto next = say("the next");
        ASSERT_TRUE(comes_true([&] { return gateway_.heard_of(next); }));
        EXPECT_FALSE(gateway_.heard_of(event, before));
    }

    World world_;
    CountedClock clock_;
    Timers timers_{clock_, Timers::Mode::manual};
    FakeGateway gateway_{clock_};
    FixedRandom random_;
    OnePusher pushers_{world_.number(kAda)};
    std::vector<std::unique_ptr<Sender>> senders_;
};

TEST_F(ASender, WaitsTwiceAsLongEachTimeAndAnHourAtMost) {
    start();
    gateway_.status = 503;
    say("one");
    expect_pauses({1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600});
}

TEST_F(ASender, TakesItAsTooMuchOrUnreachableJustSo) {
    for (int status : {500, 502, 429, 408, 0}) {
        SCOPED_TRACE(status);
        start();
        gateway_.status = status;
        say("a message for status " + std::to_string(status));
        expect_pauses({1, 2});
        take(std::chrono::seconds(4));
        wait_for_place(world_.rooms.end());
        stop();
    }
}

TEST_F(ASender, BeginsAnewAfterWhatWasTaken) {
    start();
    gateway_.status = 503;
    auto one = say("one");
    expect_pauses({1, 2, 4, 8});
    take(std::chrono::seconds(16));
    EXPECT_NE(gateway_.last().find(one), std::string::npos);
    gateway_.status = 503;
    auto two = say("two");
    expect_pauses({1, 2, 4});
    EXPECT_NE(gateway_.last().find(two), std::string::npos);
}

// What is let go is not sent any more, but the number of unread messages is, and what comes after it.
TEST_F(ASender, AsksNoMoreThanThreeTimesWhoRefuses) {
    start();
    gateway_.status = 400;
    auto one = say("one");
    expect_pauses({1, 2});
    expect_let_go(one, std::chrono::seconds(4));
}

TEST_F(ASender, LetsGoAfterADay) {
    SenderOptions options;
    options.give_up = std::chrono::seconds(10);
    start(options);
    gateway_.status = 503;
    auto one = say("one");
    expect_pauses({1, 2, 4});
    expect_let_go(one, std::chrono::seconds(8));  // beyond the ten
    EXPECT_EQ(SenderOptions{}.give_up, std::chrono::hours(24));
    EXPECT_EQ(SenderOptions{}.longest_retry, std::chrono::hours(1));
}

// So that a thousand pushers of a gateway that was away do not come back as one.
TEST_F(ASender, AddsAQuarterAtMostByChance) {
    random_.byte = 0x5a;
    start();
    gateway_.status = 503;
    say("one");
    constexpr std::uint64_t chance = 0x5a5a5a5a5a5a5a5a;
    for (std::int64_t pause : {1'000, 2'000, 4'000, 8'000}) {
        auto added = static_cast<std::int64_t>(chance % static_cast<std::uint64_t>(pause / 4 + 1));
        ASSERT_GT(added, 0);
        ASSERT_LE(added, pause / 4);
        expect_pause(clock_, timers_, gateway_.attempts, Millis{pause + added});
    }
}

// What was not taken is sent by the next process, at once; what was taken is not.
TEST_F(ASender, GoesOnAfterARestartWhereItWas) {
    start();
    auto taken = say("taken");
    wait_for_place(1);
    gateway_.status = 503;
    auto kept = say("kept");
    expect_pauses({1, 2, 4, 8, 16});
    stop();
    gateway_.status = 503;
    auto before = gateway_.attempts.count();
    start();
    ASSERT_TRUE(comes_true([&] { return gateway_.attempts.count() > before; })) << "at once";
    EXPECT_NE(gateway_.last().find(kept), std::string::npos);
    EXPECT_EQ(gateway_.last().find(taken), std::string::npos);
    // The pauses begin anew with the process.
    expect_pauses({1, 2});
    take(std::chrono::seconds(4));
    EXPECT_NE(gateway_.last().find(kept), std::string::npos);
    wait_for_place(2);
    stop();
    auto count = gateway_.attempts.count();
    start();
    auto next = say("next");
    EXPECT_EQ(gateway_.attempts.count(), count + 1) << "nothing twice";
    EXPECT_NE(gateway_.last().find(next), std::string::npos);
}

}  // namespace
}  // namespace peyk::push
