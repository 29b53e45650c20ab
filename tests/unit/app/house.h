#pragma once
// A whole server on the disk, its interface, and a clock that the test moves.

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "app/commands/offline.h"
#include "app/housekeeping.h"
#include "app/services.h"

namespace peyk::app {

struct Answer {
    int status = 0;
    json::Value body;
    std::string text(std::string_view key) const { return std::string(body.get_string(key).value_or("<absent>")); }
};

// The services over a store on the disk, without listeners; time stands still unless the test moves it.
class House {
public:
    explicit House(std::filesystem::path folder, std::function<void(Config&)> change) {
        config.server.name = "localhost";
        config.server.data_dir = std::move(folder);
        config.storage.key_file = config.server.data_dir.string() + ".key";
        config.registration.mode = RegistrationMode::open;
        config.outside_tests.enabled = true;
        config.limits.rate_limits = false;
        config.privacy.forced_encryption = false;
        config.auth.password_memory = 8 * 1024;
        config.auth.password_passes = 1;
        config.auth.password_length = 1;
        change(config);
    }
    ~House() { close(); }

    void open(Millis now) {
        clock.emplace(now);
        workers.emplace("test", 2);
        timers.emplace(*clock, Timers::Mode::manual);
        auto opened = open_store(config, *workers, *clock, random);
        ASSERT_TRUE(opened) << opened.error().detail;
        store.emplace(std::move(*opened));
        services.emplace(config, *store, Machine{*clock, random, *timers, *workers, outbound});
        keeping.emplace(Housekeeping::Parts{*store,
                                            services->rooms(),
                                            services->keys(),
                                            services->media(),
                                            *timers,
                                            *clock,
                                            *workers,
                                            Millis{0},
                                            {},
                                            {},
                                            config.storage.rewrite_every,
                                            &services->connections(),
                                            &services->erasure(),
                                            &services->removals()});
        std::filesystem::create_directories(config.media_dir() / "tmp");
        for (int i = 0; i < 256; ++i)
            std::filesystem::create_directories(config.media_dir() / fmt::format("{:02x}", i));
    }
    void close() {
        keeping.reset();
        if (services) services->stop();
        if (workers) workers->stop();
        services.reset();
        if (store) EXPECT_TRUE(store->opened->close());
        store.reset();
        timers.reset();
        workers.reset();
    }
    Answer call(http::Method method, const std::string& target, std::string body = {}) {
        http::Request request;
        request.method = method;
        auto question = target.find('?');
        request.path = target.substr(0, question);
        if (question != std::string::npos) request.query = target.substr(question + 1);
        request.body = std::move(body);
        if (!token.empty()) request.headers.add("Authorization", "Bearer " + token);
        auto match = services->router().match(method, request.path);
        if (!match.route) return {404, {}};
        request.captures = std::move(match.captures);
        auto response = run_blocking(*workers, match.route->handler(std::move(request)));
        return {response.status, json::parse(response.body).value_or(json::Value())};
    }
    Answer get(const std::string& target) { return call(http::Method::get, "/_matrix/client/v3" + target); }
    Answer put(const std::string& target, const std::string& body) {
        return call(http::Method::put, "/_matrix/client/v3" + target, body);
    }
    Answer post(const std::string& target, const std::string& body) {
        return call(http::Method::post, "/_matrix/client/v3" + target, body);
    }
    void sign_up(const std::string& name) {
        auto answer = post("/register", R"({"auth":{"type":"m.login.dummy"},"username":")" + name +
                                            R"(","password":"secret of a test"})");
        ASSERT_EQ(answer.status, 200) << json::write(answer.body);
        token = answer.text("access_token");
        device = answer.text("device_id");
    }
    std::string make_room() { return post("/createRoom", R"({"preset":"public_chat"})").text("room_id"); }
    std::string say(const std::string& room, const std::string& text) {
        return put("/rooms/" + room + "/send/m.room.message/t" + std::to_string(++sent),
                   R"({"msgtype":"m.text","body":")" + text + "\"}")
            .text("event_id");
    }
    std::size_t sweep() {
        auto done = run_blocking(*workers, services->retention().pass());
        EXPECT_TRUE(done) << done.error().detail;
        EXPECT_TRUE(store->db().flush_punctures());
        return done.value_or(0);
    }

    Config config;
    std::optional<ManualClock> clock;
    SeededRandom random{7};
    NoWayOut outbound;
    std::optional<WorkerPool> workers;
    std::optional<Timers> timers;
    std::optional<OpenStore> store;
    std::optional<Services> services;
    std::optional<Housekeeping> keeping;
    std::string token, device;
    int sent = 0;
};

// Bytes in one piece.
class Bytes final : public http::BodySource {
public:
    explicit Bytes(std::string bytes) : bytes_(std::move(bytes)) {}
    Task<Result<std::string>> read_some(std::size_t) override { co_return std::exchange(bytes_, {}); }

private:
    std::string bytes_;
};

}  // namespace peyk::app
