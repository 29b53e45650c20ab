#pragma once
// A server's keys over the memory engine, with accounts that are a map and an observer that takes notes.

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>

#include "async/feed.h"
#include "base/clock.h"
#include "client_api/keys/endpoints.h"
#include "core/signing.h"
#include "keys/keys.h"
#include "keys/tables.h"
#include "storage/testing.h"

namespace peyk::keys::testing {

inline UserId user_id(std::string_view name) { return UserId::trusted(fmt::format("@{}:here", name)); }
inline DeviceId device_id(std::string_view name) { return DeviceId::trusted(std::string(name)); }

// The memory engine, which fails from a chosen batch on: what was durable before stays, as with a crash.
class FaultyStore final : public storage::Store {
public:
    // The next `count` batches succeed, the ones behind them fail until heal().
    void fail_after(int count) { left_ = count; }
    void heal() { left_ = kAll; }

    void commit(storage::Batch batch, storage::CommitDone done) override {
        int left = left_;
        while (left != kAll && left > 0 && !left_.compare_exchange_weak(left, left - 1)) {
        }
        if (left == 0) inner_.fail_next(Errc::unavailable);
        inner_.commit(std::move(batch), std::move(done));
    }
    storage::Epoch epoch(storage::Shard shard) const override { return inner_.epoch(shard); }
    Result<storage::Epoch> acquire(storage::Shard shard, storage::Epoch expected) override {
        return inner_.acquire(shard, expected);
    }
    storage::Position visible(storage::Shard shard) const override { return inner_.visible(shard); }
    storage::Position visible() const override { return inner_.visible(); }
    Result<std::optional<std::string>> get(storage::Shard shard, std::string_view key) const override {
        return inner_.get(shard, key);
    }
    Result<std::vector<storage::Row>> scan(storage::Shard shard, std::string_view from, std::string_view to,
                                           std::size_t limit, Order order = Order::forward) const override {
        return inner_.scan(shard, from, to, limit, order);
    }
    std::optional<storage::Shard> next_shard(storage::Shard from) const override { return inner_.next_shard(from); }

private:
    static constexpr int kAll = -1;
    storage::MemoryStore inner_;
    std::atomic<int> left_ = kAll;
};

class FakeAccounts final : public Accounts {
public:
    bool is_local(const UserId& user) const override { return user.server() == "here"; }
    Result<std::vector<DeviceInfo>> devices(const UserId& user) override {
        std::lock_guard lock(mutex_);
        return devices_[user.str()];
    }
    void add(const UserId& user, const DeviceId& device, std::optional<std::string> name = {}) {
        std::lock_guard lock(mutex_);
        devices_[user.str()].push_back({device, std::move(name)});
    }
    void remove(const UserId& user, const DeviceId& device) {
        std::lock_guard lock(mutex_);
        std::erase_if(devices_[user.str()], [&](const DeviceInfo& info) { return info.id == device; });
    }

private:
    std::mutex mutex_;
    std::map<std::string, std::vector<DeviceInfo>> devices_;
};

class RecordingObserver final : public DeviceListObserver {
public:
    Task<Result<void>> device_list_changed(UserId user, storage::Position position) override {
        std::lock_guard lock(mutex_);
        if (failing) co_return fail(Errc::unavailable, "not now");
        changes.emplace_back(user.str(), position);
        co_return Result<void>{};
    }
    std::size_t count(const UserId& user) {
        std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(std::ranges::count(changes, user.str(), &Change::first));
    }
    using Change = std::pair<std::string, storage::Position>;
    std::vector<Change> changes;
    bool failing = false;

private:
    std::mutex mutex_;
};

// Accepts "user|device" as an access token.
class FakeAuthenticator final : public users::Authenticator {
public:
    explicit FakeAuthenticator(storage::Db& db) : db_(db) {}
    Result<users::Caller> authenticate(std::string_view token) override {
        auto bar = token.find('|');
        auto user = user_id(token.substr(0, bar));
        return users::Caller{user, device_id(token.substr(bar + 1)), db_.number(user.view()), 1};
    }

private:
    storage::Db& db_;
};

class FakeInteractiveAuth final : public client_api::InteractiveAuth {
public:
    Task<Result<json::Object>> require(users::UiaRequest request) override {
        ++asked;
        auto body = std::move(request.body);
        if (!body.erase("auth")) co_return fail(Error{Errc::unauthenticated, "", users::kNoErrcode, "\"flows\":[]"});
        co_return body;
    }
    int asked = 0;
};

class FakeHistory final : public client_api::DeviceListHistory {
public:
    Task<Result<client_api::DeviceListDelta>> between(users::Caller, std::string from, std::string to) override {
        asked = from + ".." + to;
        co_return client_api::DeviceListDelta{{user_id("bob")}, {user_id("eve")}};
    }
    std::string asked;
};

struct Answer {
    int status = 0;
    json::Object body;
    std::string errcode() const {
        const auto* code = body.find("errcode");
        return code && code->is_string() ? *code->string() : "";
    }
};

// A value deep inside of an answer, or null.
inline json::Value at(const json::Object& object, std::initializer_list<std::string_view> path) {
    json::Value value(object);
    for (auto key : path) {
        const auto* next = value.get(key);
        if (!next) return {};
        json::Value copy = *next;
        value = std::move(copy);
    }
    return value;
}

inline json::Object object(std::string_view text) { return json::parse_object(text).value(); }

class KeysTest : public ::testing::Test {
protected:
    KeysTest() { start(); }

    // Forgets everything in memory, as a crash would; the store keeps what was durable.
    void restart() { start(); }

    void start() {
        feed_ = std::make_unique<Feed>();
        feed_->listen([this](const FeedEntry& entry) {
            std::lock_guard lock(woken_mutex_);
            woken_.insert(entry.number);
        });
        keys_ = std::make_unique<Keys>(db(), *feed_, clock_, ports(), limits_);
        router_ = std::make_unique<http::Router>();
        limiter_ = std::make_unique<privacy::RateLimiter>(privacy::RateLimits{.enabled = false}, clock_, random_);
        authenticator_ = std::make_unique<FakeAuthenticator>(db());
        api_ = std::make_unique<client_api::Api>(*router_, *authenticator_, *limiter_);
        client_api::add_keys_endpoints(*api_, *keys_, interactive_, history_);
    }

    Ports ports() { return {accounts_, observer_, remote_keys_, remote_inboxes_}; }
    storage::Db& db() { return db_; }
    std::uint64_t number(const UserId& user) { return db().number(user.view()); }

    template <class T>
    T run(Task<T> task) {
        return run_blocking(pool_, std::move(task));
    }

    // One request through the router. `token` is "user|device".
    Answer call(http::Method method, std::string_view target, std::string_view token, std::string body = {}) {
        http::Request request;
        request.method = method;
        auto question = target.find('?');
        request.path = "/_matrix/client/v3" + std::string(target.substr(0, question));
        if (question != std::string_view::npos) request.query = target.substr(question + 1);
        request.headers.add("Authorization", "Bearer " + std::string(token));
        request.body = std::move(body);
        auto match = router_->match(method, request.path);
        if (!match.route) return {404, {}};
        request.captures = std::move(match.captures);
        auto response = run(match.route->handler(std::move(request)));
        auto parsed = json::parse_object(response.body);
        return {response.status, parsed ? *parsed : json::Object{}};
    }
    Answer get(std::string_view target, std::string_view token) { return call(http::Method::get, target, token); }
    Answer del(std::string_view target, std::string_view token) { return call(http::Method::del, target, token); }
    Answer put(std::string_view target, std::string_view token, std::string body) {
        return call(http::Method::put, target, token, std::move(body));
    }
    Answer post(std::string_view target, std::string_view token, std::string body) {
        return call(http::Method::post, target, token, std::move(body));
    }
    bool was_woken(const UserId& user) {
        std::lock_guard lock(woken_mutex_);
        return woken_.contains(number(user));
    }

    // ---- Devices with real keys

    struct Device {
        UserId user;
        DeviceId id;
        SigningKey key;
        std::string token() const { return fmt::format("{}|{}", user.localpart(), id.str()); }
        json::Object keys(std::string_view curve = "curve") const {
            json::Object object{{"user_id", user.str()},
                                {"device_id", id.str()},
                                {"algorithms", json::Array{"m.olm.v1.curve25519-aes-sha2"}},
                                {"keys", json::Object{{"ed25519:" + id.str(), key.public_key_base64()},
                                                      {"curve25519:" + id.str(), std::string(curve)}}}};
            sign(object, *this);
            return object;
        }
    };
    static void sign(json::Object& object, const Device& device) {
        add_signature(object, device.user.view(), "ed25519:" + device.id.str(),
                      device.key.sign_base64(signed_text(object)));
    }
    static void sign(json::Object& object, const UserId& user, const SigningKey& key) {
        add_signature(object, user.view(), "ed25519:" + key.public_key_base64(), key.sign_base64(signed_text(object)));
    }
    SigningKey new_key() { return SigningKey::generate(random_, "ed25519:k"); }

    // An account's device, not yet with keys.
    Device sign_in(std::string_view user, std::string_view device, std::optional<std::string> name = {}) {
        accounts_.add(user_id(user), device_id(device), std::move(name));
        return Device{user_id(user), device_id(device), new_key()};
    }
    Answer upload(const Device& device, json::Object body) {
        return post("/keys/upload", device.token(), json::write(body));
    }
    Device with_keys(std::string_view user, std::string_view device, std::optional<std::string> name = {}) {
        auto made = sign_in(user, device, std::move(name));
        EXPECT_EQ(upload(made, {{"device_keys", made.keys()}}).status, 200);
        return made;
    }
    // The two halves of a device's deletion, as users/ does it.
    void sign_out(const Device& device) {
        remove_only(device);
        run(keys_->removed(device.user, number(device.user)));
    }
    void remove_only(const Device& device) {
        auto user = number(device.user);
        storage::Change change(db(), storage::Owner::user, user, db().epoch(storage::Owner::user, user));
        keys_->removing(change, user, {device.id});
        ASSERT_TRUE(run(db().commit(std::move(change))).has_value());
        accounts_.remove(device.user, device.id);
    }

    SeededRandom random_{7};
    ManualClock clock_;
    Limits limits_;
    FaultyStore store_;
    std::unique_ptr<storage::Vault> vault_ =
        storage::Vault::in_memory(storage::Secret("0123456789abcdef0123456789abcdef"));
    storage::Db db_{store_, *vault_, storage::Catalog{kTables}};
    WorkerPool pool_{"test", 4};
    FakeAccounts accounts_;
    RecordingObserver observer_;
    RemoteKeys* remote_keys_ = nullptr;  // set, then restart()
    RemoteInboxes* remote_inboxes_ = nullptr;
    FakeInteractiveAuth interactive_;
    FakeHistory history_;
    std::unique_ptr<Feed> feed_;
    std::unique_ptr<Keys> keys_;
    std::unique_ptr<http::Router> router_;
    std::unique_ptr<privacy::RateLimiter> limiter_;
    std::unique_ptr<FakeAuthenticator> authenticator_;
    std::unique_ptr<client_api::Api> api_;
    std::mutex woken_mutex_;
    std::set<std::uint64_t> woken_;
};

}  // namespace peyk::keys::testing
