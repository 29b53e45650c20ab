#pragma once
// Requests to a service. Spec: Application Service API › Homeserver -> Application Service API.

#include <atomic>
#include <map>
#include <mutex>
#include <stop_token>

#include "appservices/registration.h"
#include "async/task.h"
#include "base/clock.h"
#include "http/message.h"

namespace peyk::http {
class Outbound;
}

namespace peyk::appservices {

struct WireRequest {
    http::Method method = http::Method::get;
    std::string path;         // behind the service's address, encoded: "/_matrix/app/v1/ping"
    std::string legacy = {};  // the same in older services; empty: there is none
    std::string query = {};   // without the question mark, encoded
    std::string body = {};
    Millis time{10'000};
};

struct WireAnswer {
    int status = 0;
    std::string body;
    bool ok() const { return status >= 200 && status < 300; }
};

// What a service said, or why it could not be asked. An interface, so that tests need no network.
class Wire {
public:
    virtual ~Wire() = default;
    // Any status is an answer. Errors: unavailable, timeout, too_large, io, cancelled (`stop`).
    virtual Task<Result<WireAnswer>> send(const Registration& service, WireRequest request, std::stop_token stop) = 0;
};

// Purpose:  Wire over HTTP: the hs_token, limits, no redirects, the older paths for services that know no others.
// Owner:    app::Services.  Runs on: workers.
class HttpWire final : public Wire {
public:
    HttpWire(http::Outbound& outbound, const Clock& clock) : outbound_(outbound), clock_(clock) {}
    Task<Result<WireAnswer>> send(const Registration& service, WireRequest request, std::stop_token stop) override;

private:
    Task<Result<WireAnswer>> once(const Registration& service, const WireRequest& request, std::string path,
                                  std::stop_token stop);
    bool is_old(const std::string& service);
    void remember_old(const std::string& service, bool old);

    http::Outbound& outbound_;
    const Clock& clock_;
    std::mutex mutex_;
    std::map<std::string, Millis> old_until_;  // by id of the service
};

}  // namespace peyk::appservices
