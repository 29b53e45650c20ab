#pragma once
// Every service over an open store, by value and in the order of their needs: a member may use those above it.

#include "app/config.h"
#include "app/options.h"
#include "app/store.h"
#include "async/feed.h"
#include "async/timers.h"
#include "client_api/account/endpoints.h"
#include "client_api/endpoint.h"
#include "media/media.h"
#include "pages/pages.h"
#include "privacy/rate_limits.h"
#include "users/users.h"

namespace peyk::app {

// What the process has one of.
struct Machine {
    const Clock& clock;
    Random& random;
    Timers& timers;
    WorkerPool& workers;
};

// Purpose:  the services and their routes.
// Owner:    Server.  Stops by: stop(), after the HTTP server has drained.
class Services {
public:
    Services(const Config& config, OpenStore& store, Machine machine);

    // Before traffic: finishes what a crash interrupted. Errors: what the services say.
    Result<void> start();
    void stop();
    http::Router& router() { return router_; }

private:
    static pages::ResetPassword resetter(users::Users& users);
    void add_routes(const Config& config);

    Machine machine_;
    Feed feed_;
    privacy::RateLimiter limiter_;
    users::Users users_;
    media::Media media_;
    http::Router router_;
    client_api::Api api_;
    pages::Pages pages_;
};

}  // namespace peyk::app
