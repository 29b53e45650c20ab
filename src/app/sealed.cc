#include "app/sealed.h"

#include "app/control.h"
#include "app/options.h"
#include "base/bytes.h"
#include "base/logging.h"
#include "core/json_text.h"
#include "storage/vault.h"

namespace peyk::app {
namespace {

constexpr std::string_view kAnswer =
    R"({"errcode":"ORG.PEYK.SEALED","error":"This server is sealed: it waits for the key of its store"})";

Task<http::Response> refuse(http::Request) {
    auto response = http::Response::json(503, std::string(kAnswer));
    response.headers.set("Retry-After", "30");
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

}  // namespace

bool store_exists(const Config& config) {
    std::error_code error;
    return config.storage.engine == Engine::rocksdb &&
           (std::filesystem::exists(config.store_dir() / "store.header", error) ||
            std::filesystem::exists(config.store_dir() / "store.header.copy", error));
}

std::optional<std::string> missing_key(const Config& config) {
    // Without a store there is nothing to seal: the first start makes the key too.
    if (!store_exists(config)) return std::nullopt;
    if (config.storage.key_source == KeySource::passphrase) {
        if (!config.storage.passphrase.empty()) return std::nullopt;
        return "the store waits for its passphrase";
    }
    std::error_code error;
    if (std::filesystem::exists(config.key_file(), error)) return std::nullopt;
    return fmt::format("the key file {} is not there", config.key_file().string());
}

Sealed::Sealed(Config config, std::string why, std::function<void()> opened)
    : config_(std::move(config)),
      why_(std::move(why)),
      opened_(std::move(opened)),
      workers_("sealed", 2),
      http_(http_config(config_), router_, workers_),
      control_(control_http_config(config_), control_router_, workers_) {
    using enum http::Method;
    for (auto method : {get, post, put, del}) {
        router_.add({.method = method, .pattern = "/{rest...}", .handler = refuse});
    }
    add_control_route(control_router_, "/unlock", [this](json::Object request) { return unlock(std::move(request)); });
    authority_.on_new_leaf([this] { return http_.reload_certificates(); });
    authority_.add_route(control_router_);
    add_control_route(control_router_, "/status", [this](json::Object request) { return status(std::move(request)); });
}

Result<void> Sealed::start() {
    authority_.keep();
    PEYK_CHECK(http_.start());
    return control_.start();
}

void Sealed::stop() {
    control_.stop();
    http_.stop();
    workers_.stop();
}

std::optional<Config> Sealed::take() {
    std::lock_guard lock(mutex_);
    return std::exchange(ready_, std::nullopt);
}

Task<Result<json::Object>> Sealed::status(json::Object) const {
    co_return json::Object{{"state", "sealed"}, {"waits_for", why_}};
}

// The key is proved on the vault's header, which costs a guess what a start costs (Argon2id), and touches no file.
Task<Result<json::Object>> Sealed::unlock(json::Object request) {
    auto passphrase = text_in(request, "passphrase");
    auto key = base64_decode(text_in(request, "key"));
    auto config = config_;
    if (!passphrase.empty()) {
        config.storage.key_source = KeySource::passphrase;
        config.storage.passphrase = Secret(std::move(passphrase));
    } else if (key && !key->empty()) {
        config.storage.key_source = KeySource::key_file;
        config.storage.key_bytes = Secret(*std::move(key));
    } else {
        co_return fail(Errc::bad_request, "neither a passphrase nor a key was given");
    }
    std::unique_lock lock(mutex_);
    auto proved = storage::Vault::master_key(config.store_dir(), key_source(config));
    if (!proved) co_return std::unexpected(std::move(proved).error());
    ready_ = std::move(config);
    lock.unlock();
    opened_();
    co_return json::Object{{"state", "opening"}};
}

}  // namespace peyk::app
