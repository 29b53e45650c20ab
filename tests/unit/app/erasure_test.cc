// Erasing an account with its messages.

#include "app/erasure.h"

#include <gtest/gtest.h>

#include <thread>

#include "app/tables.h"
#include "rooms/tables.h"
#include "unit/app/scene.h"

namespace peyk::app {
namespace {

// The member's own messages go, also in rooms that others write to, and the server may stop in between.
TEST(Erasure, RedactsInTheBackgroundAndGoesOnAfterARestart) {
    Scene scene("account erased");
    auto& house = scene.house;
    scene.person("bob");
    auto room = house.make_room();
    auto of_bob = house.say(room, "a message of bob's");
    scene.person("ada");
    ASSERT_EQ(house.post("/join/" + room, "{}").status, 200);
    std::vector<std::string> own;
    for (int i = 0; i < 30; ++i) own.push_back(house.say(room, kText));
    auto alone = house.make_room();
    own.push_back(house.say(alone, kText));
    auto left = house.make_room();
    house.say(left, "left behind");
    house.post("/rooms/" + left + "/leave", "{}");

    auto id = deactivate(house, "ada", R"("erase":true,"org.peyk.redact_events":true)");
    // Stopped wherever it is just now, and started again.
    auto now = house.clock->now();
    house.close();
    house.open(now);
    ASSERT_TRUE(house.services->start());
    auto state = [&] {
        auto receipt = house.services->erasure().receipt(id);
        return receipt && *receipt ? json::Value(**receipt) : json::Value();
    };
    for (int i = 0; i < 500 && state().get_string("state") != "done"; ++i) std::this_thread::sleep_for(20ms);
    auto receipt = state();
    ASSERT_EQ(receipt.get_string("state"), "done") << json::write(receipt);
    const auto* redaction = receipt.get("redaction");
    ASSERT_TRUE(redaction);
    EXPECT_EQ(redaction->get_integer("rooms"), 2);
    EXPECT_EQ(redaction->get_integer("rooms_done"), 2);
    EXPECT_EQ(redaction->get_integer("rooms_left_before"), 1);
    EXPECT_GE(redaction->get_integer("events").value_or(0), 1);

    scene.as("bob");
    for (const auto& event : own) {
        auto shown = json::write(house.get("/rooms/" + room + "/event/" + event).body);
        EXPECT_FALSE(shown.contains(kText));
    }
    EXPECT_TRUE(json::write(house.get("/rooms/" + room + "/event/" + of_bob).body).contains("bob's"));
    auto members = json::write(house.get("/rooms/" + room + "/members").body);
    EXPECT_TRUE(members.contains(R"("membership":"leave")")) << members;
    std::string next;
    EXPECT_TRUE(house.store->db().walk(kErasureJobs, next, 10)->empty());
    EXPECT_TRUE(house.store->db().scan(rooms::kMemberships, scene.number("ada"), "", "", 10)->empty());
    auto account = house.services->users().accounts.find(UserId::trusted("@ada:localhost"));
    ASSERT_TRUE(account && *account);
    EXPECT_TRUE((*account)->deactivated && (*account)->erased);
}

}  // namespace
}  // namespace peyk::app
