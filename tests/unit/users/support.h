#pragma once
// A server's account endpoints over the memory engine, called as the HTTP server would call them.

#include <gtest/gtest.h>

#include "client_api/account/endpoints.h"
#include "core/errors.h"
#include "storage/testing.h"
#include "users/tables.h"

namespace peyk::users {

struct Answer {
    int status = 0;
    json::Value body;
    std::string text;

    std::string string(std::string_view key) const { return std::string(body.get_string(key).value_or("<absent>")); }
    std::string errcode() const { return std::string(body.get_string("errcode").value_or("<none>")); }
};

inline Options test_options() {
    Options options;
    options.server_name = "test.example";
    options.registration = RegistrationMode::open;
    options.registration_shared_secret = "shared";
    options.passwords = PasswordOptions::cheap();
    return options;
}

// Everything but the stored rows: may be made anew over the same rows, as after a restart.
struct Server {
    Server(storage::Db& db, const Clock& clock, Random& random, Options options, Observers observers,
           privacy::RateLimits limits, ThirdPartyPorts ports)
        : limiter(limits, clock, random),
          users(std::move(options), db, feed, limiter, clock, random, observers, std::move(ports)),
          api(router, users.sessions, limiter) {
        client_api::add_account_endpoints(api, users);
    }

    WorkerPool pool{"test", 2};
    Feed feed;
    privacy::RateLimiter limiter;
    Users users;
    http::Router router;
    client_api::Api api;
};

inline privacy::RateLimits no_limits() {
    privacy::RateLimits limits;
    for (auto& limit : limits.limits) limit = {0, 0};
    limits.limits[static_cast<std::size_t>(privacy::RateClass::login_failure)] = {0.02, 10};
    return limits;
}

class World : public testing::Test {
protected:
    World() { start(test_options()); }

    void start(Options options, Observers observers = {}, privacy::RateLimits limits = no_limits(),
               ThirdPartyPorts ports = {}) {
        server.reset();
        server =
            std::make_unique<Server>(store.db, clock, random, std::move(options), observers, limits, std::move(ports));
    }

    template <class T>
    T wait(Task<T> task) {
        return run_blocking(server->pool, std::move(task));
    }

    // `target` may have a query. `body` empty: none.
    Answer call(http::Method method, std::string target, std::string body = {}, std::string token = {}) {
        http::Request request;
        request.method = method;
        auto question = target.find('?');
        request.path = target.substr(0, question);
        if (question != std::string::npos) request.query = target.substr(question + 1);
        request.body = std::move(body);
        if (!token.empty()) request.headers.add("Authorization", "Bearer " + token);
        auto match = server->router.match(method, request.path);
        if (!match.route) return {404, {}, "no such route"};
        request.captures = std::move(match.captures);
        auto response = wait(match.route->handler(std::move(request)));
        auto parsed = json::parse(response.body);
        return {response.status, parsed ? *parsed : json::Value(), response.body};
    }
    Answer get(std::string target, std::string token = {}) {
        return call(http::Method::get, std::move(target), {}, std::move(token));
    }
    Answer post(std::string target, std::string body, std::string token = {}) {
        return call(http::Method::post, std::move(target), std::move(body), std::move(token));
    }
    Answer put(std::string target, std::string body, std::string token = {}) {
        return call(http::Method::put, std::move(target), std::move(body), std::move(token));
    }
    Answer del(std::string target, std::string body = {}, std::string token = {}) {
        return call(http::Method::del, std::move(target), std::move(body), std::move(token));
    }

    // A new account, signed in.
    Answer sign_up(std::string name, std::string more = {}) {
        return post("/_matrix/client/v3/register", R"({"auth":{"type":"m.login.dummy"},"username":")" + name +
                                                       R"(","password":"secret of )" + name + "\"" + more + "}");
    }
    std::string token_of(std::string name) { return sign_up(std::move(name)).string("access_token"); }
    std::string admin_token(std::string name) {
        NewAccount wanted{.localpart = name, .password = "secret of " + name, .admin = true};
        auto account = wait(server->users.registration.create(std::move(wanted)));
        EXPECT_TRUE(account);
        SignIn sign_in{*account};
        return wait(server->users.sessions.sign_in(std::move(sign_in)))->access_token;
    }
    Answer log_in(std::string name, std::string password, std::string more = {}) {
        return post("/_matrix/client/v3/login",
                    R"({"type":"m.login.password","identifier":{"type":"m.id.user","user":")" + name +
                        R"("},"password":")" + password + "\"" + more + "}");
    }
    // An auth dict with the password of `name`.
    static std::string password_of(std::string name, std::string session = {}) {
        std::string in = session.empty() ? "" : R"(,"session":")" + session + "\"";
        return R"("auth":{"type":"m.login.password","identifier":{"type":"m.id.user","user":")" + name +
               R"("},"password":"secret of )" + name + "\"" + in + "}";
    }
    std::uint64_t number(std::string name) { return store.db.number("@" + name + ":test.example"); }
    static UserId user(std::string name) { return UserId::trusted("@" + name + ":test.example"); }
    std::size_t rows(const Table& table, std::uint64_t owner) {
        return store.db.scan(table, owner, "", "", 100'000)->size();
    }

    ManualClock clock;
    SeededRandom random{7};
    storage::TestDb store{tables()};
    std::unique_ptr<Server> server;
};

}  // namespace peyk::users
