#include "app/services.h"

namespace peyk::app {

Services::Services(const Config& config, OpenStore& store, Machine machine)
    : machine_(machine),
      limiter_(config.rate_limits(), machine.clock, machine.random),
      users_(user_options(config), store.db(), feed_, limiter_, machine.clock, machine.random),
      media_(media_options(config), store.db(), machine.clock, machine.random, machine.timers),
      api_(router_, users_.sessions, limiter_, api_options(config)),
      pages_(page_facts(config, store.identity), resetter(users_)) {
    add_routes(config);
}

void Services::add_routes(const Config& config) {
    client_api::add_account_endpoints(api_, users_);
    client_api::add_media_endpoints(api_, media_, media_endpoint_options(config));
    pages_.add_routes(router_);
}

namespace {

// A coroutine of its own: the handler of the page may not capture across a suspension.
Task<Result<void>> use_link(users::Users& users, std::string token, std::string password) {
    auto used = co_await users.lifecycle.use_reset_link(std::move(token), std::move(password), false);
    if (!used) co_return std::unexpected(std::move(used).error());
    co_return Result<void>{};
}

}  // namespace

pages::ResetPassword Services::resetter(users::Users& users) {
    return [&users](std::string token, std::string password) {
        return use_link(users, std::move(token), std::move(password));
    };
}

Result<void> Services::start() {
    PEYK_CHECK(media_.start());
    return run_blocking(machine_.workers, users_.lifecycle.resume());
}

void Services::stop() {
    media_.stop();
    users_.stop();
}

}  // namespace peyk::app
