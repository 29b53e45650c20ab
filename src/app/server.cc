#include "app/server.h"

#include <future>

#include "app/authority.h"
#include "app/compact.h"
#include "app/control.h"
#include "app/housekeeping.h"
#include "app/services.h"
#include "app/store_metrics.h"
#include "app/token_admin.h"
#include "app/user_admin.h"
#include "app/web_client.h"
#include "base/locked_memory.h"
#include "base/metrics.h"

namespace peyk::app {

// In the order of their needs; stop() goes backwards.
struct Server::Parts {
    Parts(Config given, std::function<void()> waker)
        : config(std::move(given)), wake(std::move(waker)), workers("worker", config.worker_threads()), timers(clock) {}

    Result<void> start();
    Result<void> start_metrics();
    Result<void> start_control();
    void add_http_metrics();
    void stop();

    Config config;
    std::function<void()> wake;
    std::atomic<bool> lock_wanted = false;
    SystemClock clock;
    SystemRandom random;
    WorkerPool workers;
    Timers timers;
    Authority authority{config, clock};
    std::unique_ptr<http::Client> outbound;
    std::optional<OpenStore> store;
    std::optional<Services> services;
    std::optional<http::Server> http;
    metrics::Registry metrics;
    http::Router metrics_router;
    std::optional<http::Server> metrics_http;
    std::optional<Housekeeping> housekeeping;
    // Backups last, and must keep no worker from requests. A thread for each connection: none waits behind a backup.
    WorkerPool control_workers{"control", kControlConnections};
    std::optional<UserAdmin> user_admin;
    std::optional<TokenAdmin> token_admin;
    http::Router control_router;
    std::optional<http::Server> control_http;
};

namespace {

Task<http::Response> exposition(const metrics::Registry& registry) {
    http::Response response;
    response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.body = registry.expose();
    co_return response;
}

Task<Result<json::Object>> answer_verify(Housekeeping& housekeeping) {
    PEYK_CO_TRY(auto check, co_await housekeeping.verify());
    co_return check.to_json();
}

Task<Result<json::Object>> answer_unlock(json::Object) { co_return fail(Errc::conflict, "the server is open already"); }

Task<Result<json::Object>> answer_lock(const std::function<void()>& wake, std::atomic<bool>& wanted) {
    if (!wake) co_return fail(Errc::unsupported, "this server cannot be locked");
    if (!wanted.exchange(true)) wake();  // once: nobody waits for a second signal, which would end the process
    co_return json::Object{{"state", "locking"}};
}

Task<Result<json::Object>> answer_status(const Housekeeping& housekeeping, const storage::Vault& vault) {
    json::Object out{{"state", "open"}};
    json::Array mended;
    for (auto& name : vault.mended()) mended.emplace_back(std::move(name));
    if (!mended.empty()) out.set("mended", std::move(mended));
    PEYK_CO_TRY(auto check, housekeeping.last_check());
    if (check) out.set("verified", check->to_json());
    co_return out;
}

}  // namespace

Result<void> Server::Parts::start() {
    PEYK_TRY(auto registrations,
             appservices::load_registrations(config.appservices.files, config.appservices.folder, config.server.name));
    PEYK_TRY(auto site, web_client(config));
    PEYK_TRY(outbound, http::Client::make(client_options(config)));
    PEYK_TRY(store, open_store(config, workers, clock, random));
    // What opened it is needed no more; the vault has what follows from it, in pages that are not swapped.
    config.storage.passphrase = {};
    config.storage.key_bytes = {};
    if (!memory_is_locked())
        log::warning("app", "the store's keys may be swapped to a disk: the limit of locked memory leaves no room");
    authority.keep();  // before its files are read
    services.emplace(config, *store, Machine{clock, random, timers, workers, *outbound}, std::move(registrations),
                     std::move(site));
    PEYK_CHECK(services->start());
    http.emplace(http_config(config), services->router(), workers);
    PEYK_CHECK(http->start());
    authority.on_new_ca([this] { services->show_authority(config); });
    authority.on_new_leaf([this] { return http->reload_certificates(); });
    housekeeping.emplace(Housekeeping::Parts{*store, services->rooms(), services->keys(), services->media(), timers,
                                             clock, workers, config.storage.verify_every, [this] { authority.keep(); },
                                             [this] { return services->tidy(); }, config.storage.rewrite_every,
                                             &services->connections(), &services->erasure(), &services->removals()});
    housekeeping->start();
    if (config.metrics.enabled) PEYK_CHECK(start_metrics());
    return start_control();
}

Result<void> Server::Parts::start_control() {
    if (config.storage.engine == Engine::memory) return {};  // nothing to copy
    add_backup_route(control_router, config, *store);
    add_compact_route(control_router, *store);
    authority.add_route(control_router);
    user_admin.emplace(services->users());
    for (auto action : kUserActions) {
        add_control_route(control_router, fmt::format("/users/{}", action),
                          [this, name = std::string(action)](json::Object request) {
                              return user_admin->run(name, std::move(request));
                          });
    }
    add_control_route(control_router, "/notice", [this](json::Object request) {
        return answer_notice(services->notices(), services->users().accounts, std::move(request));
    });
    token_admin.emplace(services->users());
    for (auto action : kTokenActions) {
        add_control_route(control_router, fmt::format("/tokens/{}", action),
                          [this, name = std::string(action)](json::Object request) {
                              return token_admin->run(name, std::move(request));
                          });
    }
    add_control_route(control_router, "/verify", [this](json::Object) { return answer_verify(*housekeeping); });
    add_control_route(control_router, "/status",
                      [this](json::Object) { return answer_status(*housekeeping, store->opened->vault()); });
    add_control_route(control_router, "/unlock", answer_unlock);
    add_control_route(control_router, "/lock", [this](json::Object) { return answer_lock(wake, lock_wanted); });
    control_http.emplace(control_http_config(config), control_router, control_workers);
    auto started = control_http->start();
    if (started) return {};
    // Such as a data folder whose path is too long for a socket: the server is of use without it.
    log::warning("app", "commands such as `peyk user` only work while the server is stopped: {}",
                 started.error().detail);
    control_http.reset();
    return {};
}

Result<void> Server::Parts::start_metrics() {
    metrics::add_process_series(metrics);
    add_http_metrics();
    add_store_metrics(metrics, *store->opened);
    services->add_metrics(metrics);
    http::Route route{.method = http::Method::get, .pattern = "/metrics"};
    route.handler = [this](http::Request) { return exposition(metrics); };
    metrics_router.add(std::move(route));
    metrics_http.emplace(metrics_http_config(config), metrics_router, workers);
    return metrics_http->start();
}

void Server::Parts::add_http_metrics() {
    using enum metrics::Registry::Kind;
    auto stat = [this](auto member) { return [this, member] { return static_cast<double>(http->stats().*member); }; };
    using Stats = http::ServerStats;
    metrics.ask(gauge, "peyk_connections_open", "Connections of clients.", stat(&Stats::connections_open));
    metrics.ask(counter, "peyk_connections_total", "Connections since the start.", stat(&Stats::connections_total));
    metrics.ask(counter, "peyk_requests_total", "Requests since the start.", stat(&Stats::requests_total));
    metrics.ask(counter, "peyk_rejected_total", "Requests that were over a limit of framing.",
                stat(&Stats::rejected_total));
    metrics.ask(counter, "peyk_received_bytes_total", "Bytes from clients.", stat(&Stats::bytes_in));
    metrics.ask(counter, "peyk_sent_bytes_total", "Bytes to clients.", stat(&Stats::bytes_out));
    auto answers = [this](std::size_t digit) {
        return [this, digit] { return static_cast<double>(http->stats().responses_by_class[digit]); };
    };
    constexpr std::string_view kHelp = "Answers by class of their status.";
    metrics.ask(counter, "peyk_answers_total", kHelp, answers(2), {"class", "2xx"});
    metrics.ask(counter, "peyk_answers_total", kHelp, answers(3), {"class", "3xx"});
    metrics.ask(counter, "peyk_answers_total", kHelp, answers(4), {"class", "4xx"});
    metrics.ask(counter, "peyk_answers_total", kHelp, answers(5), {"class", "5xx"});
    auto bridges = [this](auto member) {
        return [this, member] { return static_cast<double>(services->bridges().*member); };
    };
    using Totals = appservices::QueueTotals;
    metrics.ask(counter, "peyk_appservice_events_total", "Events that application services have taken.",
                bridges(&Totals::sent));
    metrics.ask(counter, "peyk_appservice_failures_total", "Transactions that application services did not take.",
                bridges(&Totals::failures));
    metrics.ask(gauge, "peyk_appservices_failing", "Application services whose last transaction failed.",
                bridges(&Totals::failing));
    metrics.ask(gauge, "peyk_workers_queued", "Jobs that wait for a worker.",
                [this] { return static_cast<double>(workers.queued()); });
}

void Server::Parts::stop() {
    if (store && store->opened->rocks()) store->opened->rocks()->stop_compacting();
    if (control_http) control_http->stop();
    if (metrics_http) metrics_http->stop();
    authority.stop();  // it works on `http`
    if (http) http->stop();
    if (housekeeping) housekeeping->stop();
    if (services) services->stop();
    if (outbound) outbound->stop();
    timers.stop();
    control_workers.stop();
    workers.stop();
    control_http.reset();
    metrics_http.reset();
    http.reset();
    user_admin.reset();
    token_admin.reset();
    housekeeping.reset();
    services.reset();
    if (!store) return;
    if (auto closed = store->opened->close(); !closed)
        log::error("app", "closing the store: {}", closed.error().detail);
    store.reset();
}

Server::Server(Config config, std::function<void()> wake)
    : parts_(std::make_unique<Parts>(std::move(config), std::move(wake))) {}
Server::~Server() { stop(); }

Result<void> Server::start() {
    auto started = parts_->start();
    if (!started) parts_->stop();
    return started;
}

void Server::stop() { parts_->stop(); }

Result<void> Server::reload() { return parts_->http->reload_certificates(); }

bool Server::lock_wanted() const { return parts_->lock_wanted; }

bool Server::responds(Millis limit) {
    auto taken = std::make_shared<std::promise<void>>();
    auto future = taken->get_future();
    parts_->workers.post([taken] { taken->set_value(); });
    return future.wait_for(limit) == std::future_status::ready;
}

std::vector<std::uint16_t> Server::ports() const { return parts_->http->ports(); }
const Config& Server::config() const { return parts_->config; }

std::optional<std::string> Server::first_invitation() const {
    const auto& token = parts_->services->first_invitation();
    if (!token) return std::nullopt;
    return fmt::format("{}/i/{}", parts_->config.base_url(), *token);
}

}  // namespace peyk::app
