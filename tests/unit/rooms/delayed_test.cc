// Delayed events over the memory engine, with a clock that stands still until it is moved.

#include "rooms/delayed/delayed_events.h"

#include <gtest/gtest.h>

#include "rooms/events/client_event.h"
#include "rooms_world.h"

namespace peyk::rooms {
namespace {

struct Senders final : DelayedSenders {
    bool suspended = false;
    Result<void> check_may_send(const UserId&) const override {
        if (!suspended) return {};
        return fail(Error{Errc::forbidden, "suspended", "M_USER_SUSPENDED"});
    }
};

struct Delayed : testing::Test {
    World world;
    Senders senders;
    Timers timers{world.clock, Timers::Mode::manual};
    RoomId room = world.make_room();
    std::unique_ptr<DelayedEvents> delayed = make();

    std::unique_ptr<DelayedEvents> make() {
        return std::make_unique<DelayedEvents>(world.rooms, world.test.db, senders, timers, world.clock, world.random,
                                               world.pool);
    }
    std::string schedule(Millis delay, const std::string& transaction = "") {
        DelayedDraft draft{room, "m.room.message", std::nullopt, {{"body", "later"}}, delay};
        if (!transaction.empty()) draft.transaction = Transaction{kAda, DeviceId::trusted("PHONE"), "d", transaction};
        auto id = run_blocking(world.pool, delayed->schedule(kAda, std::move(draft)));
        EXPECT_TRUE(id) << id.error().detail;
        return *id;
    }
    // The clock goes on, and what is due then is done.
    void pass(Millis time) {
        world.clock.advance(time);
        timers.run_due();
        for (int i = 0; i < 200 && busy(); ++i) std::this_thread::sleep_for(Millis{5});
    }
    bool busy() {
        for (const auto& event : *delayed->list(world.store.number(kAda))) {
            if (event.state == DelayedState::scheduled && event.due() <= world.clock.now()) return true;
        }
        return false;
    }
    DelayedEvent find(const std::string& id) { return **delayed->find(world.store.number(kAda), id); }
    std::size_t messages() {
        auto info = *world.store.find(room);
        auto all = *world.store.events(*info, 1, 100, 100, storage::Store::Order::forward);
        return static_cast<std::size_t>(
            std::ranges::count_if(all, [](const auto& event) { return event->event->is("m.room.message"); }));
    }
    Result<void> act(const std::string& id, DelayedAction action) {
        return run_blocking(world.pool, delayed->act(id, action));
    }
};

TEST_F(Delayed, nothing_is_sent_before_its_time_and_a_restart_puts_it_off) {
    auto id = schedule(Millis{1000});
    pass(Millis{900});
    EXPECT_EQ(find(id).state, DelayedState::scheduled);
    ASSERT_TRUE(act(id, DelayedAction::restart));
    pass(Millis{900});
    EXPECT_EQ(find(id).state, DelayedState::scheduled);
    EXPECT_EQ(messages(), 0u);
    pass(Millis{200});
    EXPECT_EQ(find(id).state, DelayedState::sent);
    EXPECT_EQ(messages(), 1u);
}

TEST_F(Delayed, what_was_sent_before_a_crash_is_not_sent_again) {
    auto id = schedule(Millis{1000});
    // The event is durable, the note that it was sent is not: as if the process had ended between the two.
    Transaction transaction{kAda, delayed_event_device(), "delayed", id};
    auto sent = world.say(room, "later", transaction);
    ASSERT_TRUE(sent);
    delayed->stop();
    delayed = make();
    ASSERT_TRUE(delayed->start());
    pass(Millis{1000});
    EXPECT_EQ(find(id).event, *sent);
    EXPECT_EQ(messages(), 1u);
}

TEST_F(Delayed, a_full_store_puts_the_sending_off) {
    auto id = schedule(Millis{1000});
    world.clock.advance(Millis{1000});
    world.test.store.fail_next(Errc::full);
    timers.run_due();
    std::this_thread::sleep_for(Millis{100});
    EXPECT_EQ(find(id).state, DelayedState::scheduled);
    pass(Millis{10'000});
    EXPECT_EQ(find(id).state, DelayedState::sent);
    EXPECT_EQ(messages(), 1u);
}

TEST_F(Delayed, of_a_sent_event_no_content_is_kept) {
    auto id = schedule(Millis{1000});
    EXPECT_EQ(find(id).content, R"({"body":"later"})");
    pass(Millis{1000});
    ASSERT_EQ(find(id).state, DelayedState::sent);
    EXPECT_EQ(find(id).content, "{}");
    auto by_hand = schedule(Millis{1000});
    ASSERT_TRUE(act(by_hand, DelayedAction::send));
    EXPECT_EQ(find(by_hand).content, "{}");
}

TEST_F(Delayed, content_that_no_event_can_hold_is_refused) {
    DelayedDraft draft{room, "m.room.message", std::nullopt, {{"body", std::string(65'536, 'x')}}, Millis{1000}};
    auto refused = run_blocking(world.pool, delayed->schedule(kAda, std::move(draft)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().m_code, "M_TOO_LARGE");
}

TEST_F(Delayed, a_hundred_finalised_ones_are_kept_and_those_for_seven_days) {
    for (std::size_t i = 0; i < DelayedEvents::kMaxFinalised + 5; ++i)
        ASSERT_TRUE(act(schedule(Millis{1000}), DelayedAction::cancel));
    EXPECT_EQ(delayed->list(world.store.number(kAda))->size(), DelayedEvents::kMaxFinalised);
    world.clock.advance(DelayedEvents::kKept + Millis{1});
    auto scheduled = schedule(Millis{3'600'000});
    // The user does nothing more; the next start sweeps, and after that every day does.
    delayed->stop();
    delayed = make();
    ASSERT_TRUE(delayed->start());
    auto left_alone = [&] {
        timers.run_due();
        for (int i = 0; i < 200; ++i) {
            auto left = *delayed->list(world.store.number(kAda));
            if (left.size() == 1 && left.front().id == scheduled) return true;
            std::this_thread::sleep_for(Millis{5});
        }
        return false;
    };
    EXPECT_TRUE(left_alone());
}

TEST_F(Delayed, nothing_of_a_suspended_sender_is_sent) {
    auto id = schedule(Millis{1000});
    auto other = schedule(Millis{60'000});
    senders.suspended = true;
    for (auto action : {DelayedAction::send, DelayedAction::restart}) {
        auto refused = act(other, action);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().m_code, "M_USER_SUSPENDED");
    }
    EXPECT_TRUE(act(other, DelayedAction::cancel));
    pass(Millis{1000});
    EXPECT_EQ(find(id).state, DelayedState::failed);
    EXPECT_NE(find(id).error.find("M_USER_SUSPENDED"), std::string::npos);
    EXPECT_EQ(messages(), 0u);
}

TEST_F(Delayed, the_same_transaction_is_the_same_delayed_event) {
    EXPECT_EQ(schedule(Millis{1000}, "t"), schedule(Millis{1000}, "t"));
    EXPECT_NE(schedule(Millis{1000}, "t"), schedule(Millis{1000}, "u"));
    EXPECT_NE(schedule(Millis{1000}), schedule(Millis{1000}));
}

TEST_F(Delayed, a_user_has_a_hundred_of_them_at_most_and_none_after_the_account) {
    for (std::size_t i = 0; i < DelayedEvents::kMaxScheduled; ++i) schedule(Millis{60'000});
    DelayedDraft draft{room, "m.room.message", std::nullopt, {{"body", "later"}}, Millis{1000}};
    auto refused = run_blocking(world.pool, delayed->schedule(kAda, std::move(draft)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::rate_limited);
    ASSERT_TRUE(run_blocking(world.pool, delayed->forget_user(world.store.number(kAda))));
    pass(Millis{60'000});
    EXPECT_TRUE(delayed->list(world.store.number(kAda))->empty());
    EXPECT_EQ(messages(), 0u);
}

}  // namespace
}  // namespace peyk::rooms
