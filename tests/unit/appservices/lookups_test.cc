// What is asked of services, with a wire that answers from a table.

#include <gtest/gtest.h>

#include <atomic>
#include <map>

#include "appservices/lookups.h"
#include "async/run_blocking.h"

namespace peyk::appservices {
namespace {

Registration service(const std::string& id, const std::string& protocols) {
    auto yaml = "id: " + id + "\nurl: http://127.0.0.1:1\nas_token: as-token-of-" + id +
                "-000000\nhs_token: hs-token-of-" + id + "-000000\nsender_localpart: _" + id + "_bot\nprotocols: [" +
                protocols + "]\nnamespaces:\n  aliases:\n    - {regex: \"#_" + id + "_\", exclusive: true}\n";
    return *parse_registration(yaml, "test.yaml", "example.org");
}

class TableWire final : public Wire {
public:
    explicit TableWire(Timers& timers) : timers_(timers) {}
    Task<Result<WireAnswer>> send(const Registration& to, WireRequest request, std::stop_token stop) override {
        auto now = ++active;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        ++asked;
        while (hanging && co_await sleep_for(timers_, Millis{2}, stop)) {
        }
        --active;
        auto found = answers.find(to.id + " " + request.path);
        if (found == answers.end()) co_return WireAnswer{404, "{}"};
        co_return found->second;
    }

    std::map<std::string, WireAnswer> answers;
    std::atomic<int> active{0}, most{0}, asked{0};
    std::atomic<bool> hanging{false};

private:
    Timers& timers_;
};

struct World {
    explicit World(const std::string& protocols_of_many = "") {
        std::vector<Registration> services;
        if (!protocols_of_many.empty()) services.push_back(service("many", protocols_of_many));
        services.push_back(service("irc", "irc"));
        services.push_back(service("two", "irc, xmpp"));
        registry.emplace(std::move(services), "example.org");
        lookups.emplace(*registry, wire, pool, timers, clock);
    }
    ~World() { lookups->stop(); }
    static std::string protocol(const std::string& network) {
        return R"({"user_fields":["nick"],"location_fields":[],"icon":"mxc://a/b","field_types":{},"instances":[)"
               R"({"desc":"x","fields":{},"network_id":")" +
               network + "\"}]}";
    }

    SystemClock clock;
    WorkerPool pool{"test", 3};
    Timers timers{clock};
    TableWire wire{timers};
    std::optional<Registry> registry;
    std::optional<Lookups> lookups;
};

RoomAlias alias(int number) { return RoomAlias::trusted("#_irc_" + std::to_string(number) + ":example.org"); }

TEST(Lookups, AskOnceForANameThatWasRefused) {
    World world;
    EXPECT_FALSE(*run_blocking(world.pool, world.lookups->ask_for(alias(1))));
    EXPECT_FALSE(*run_blocking(world.pool, world.lookups->ask_for(alias(1))));
    EXPECT_EQ(world.wire.asked, 1);
    world.wire.answers["irc /_matrix/app/v1/rooms/%23_irc_2%3Aexample.org"] = {200, "{}"};
    EXPECT_TRUE(*run_blocking(world.pool, world.lookups->ask_for(alias(2))));
    EXPECT_FALSE(*run_blocking(world.pool, world.lookups->ask_for(RoomAlias::trusted("#other:example.org"))));
    EXPECT_EQ(world.wire.asked, 2) << "nobody's namespace: nobody is asked";
}

TEST(Lookups, TryAgainAndThenTimeOutWhenThereIsNoClearAnswer) {
    World world;
    world.wire.answers["irc /_matrix/app/v1/rooms/%23_irc_1%3Aexample.org"] = {500, "{}"};
    auto asked = run_blocking(world.pool, world.lookups->ask_for(alias(1)));
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().code, Errc::timeout);
    EXPECT_EQ(world.wire.asked, 3);
}

TEST(Lookups, AskAServiceAFewThingsAtOnceOnly) {
    World world;
    world.wire.hanging = true;
    std::atomic<int> ended{0};
    {
        TaskGroup tasks(world.pool);
        struct One {
            static Task<void> ask(Lookups& lookups, int number, std::atomic<int>& done) {
                (void)co_await lookups.ask_for(alias(number));
                ++done;
            }
        };
        for (int i = 0; i < 20; ++i) tasks.spawn("ask", One::ask(*world.lookups, i, ended));
        for (int i = 0; i < 500 && ended < 16; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
        EXPECT_EQ(ended, 16) << "the others are told at once that it is too much";
        EXPECT_EQ(world.wire.active, 4);
        world.wire.hanging = false;
        for (int i = 0; i < 500 && ended < 20; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(ended, 20);
    EXPECT_EQ(world.wire.most, 4);
}

TEST(Lookups, MergeTheInstancesOfANetworkAndKeepThem) {
    World world;
    world.wire.answers["irc /_matrix/app/v1/thirdparty/protocol/irc"] = {200, World::protocol("one")};
    world.wire.answers["two /_matrix/app/v1/thirdparty/protocol/irc"] = {200, World::protocol("two")};
    world.wire.answers["two /_matrix/app/v1/thirdparty/protocol/xmpp"] = {200, R"({"user_fields":"no list"})"};
    auto all = run_blocking(world.pool, world.lookups->protocols());
    ASSERT_NE(all.find("irc"), nullptr);
    EXPECT_EQ(all.find("xmpp"), nullptr) << "nonsense is no network";
    const auto& instances = *all.find("irc")->get_array("instances");
    ASSERT_EQ(instances.size(), 2u);
    EXPECT_EQ(instances[0].get_string("instance_id"), "irc|one");
    EXPECT_EQ(instances[1].get_string("instance_id"), "two|two");
    int before = world.wire.asked;
    EXPECT_TRUE(run_blocking(world.pool, world.lookups->protocol("irc")));
    EXPECT_EQ(world.wire.asked, before);
    EXPECT_FALSE(run_blocking(world.pool, world.lookups->protocol("gopher")));
}

TEST(Lookups, AskAServiceOfManyNetworksForEachOfThem) {
    World world("net0, net1, net2, net3, net4, net5, net6, net7, net8, net9");
    for (int i = 0; i < 10; ++i) {
        world.wire.answers["many /_matrix/app/v1/thirdparty/protocol/net" + std::to_string(i)] = {
            200, World::protocol("main")};
    }
    world.wire.hanging = true;  // until it has as many questions as it is given at once
    std::jthread letting([&world] {
        for (int i = 0; i < 500 && world.wire.active < 7; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        world.wire.hanging = false;
    });
    auto all = run_blocking(world.pool, world.lookups->protocols());
    for (int i = 0; i < 10; ++i) EXPECT_NE(all.find("net" + std::to_string(i)), nullptr) << i;
    EXPECT_LE(world.wire.most, 4 + 3) << "four of many's, and one or two of each of the others";
}

TEST(Lookups, SayWhyAPingFailed) {
    World world;
    auto missing = run_blocking(world.pool, world.lookups->ping("irc", std::nullopt));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().m_code, "M_BAD_STATUS");
    EXPECT_EQ(missing.error().status, 502);
    EXPECT_NE(missing.error().extra.find("\"status\":404"), std::string::npos);
    world.wire.answers["irc /_matrix/app/v1/ping"] = {200, "{}"};
    EXPECT_TRUE(run_blocking(world.pool, world.lookups->ping("irc", "meow")));
    world.wire.answers["irc /_matrix/app/v1/ping"] = {500, "\xff\xfe"};
    auto garbage = run_blocking(world.pool, world.lookups->ping("irc", "meow"));
    EXPECT_EQ(garbage.error().extra, "\"status\":500") << "bytes that are no text are not shown";
}

}  // namespace
}  // namespace peyk::appservices
