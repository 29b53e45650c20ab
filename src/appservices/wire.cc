#include "appservices/wire.h"

#include "http/client/client.h"

namespace peyk::appservices {
namespace {

constexpr std::size_t kMaxAnswer = 1024 * 1024;
constexpr Millis kOldFor{60 * 60'000};  // how long the older paths are tried first

// Spec: Legacy routes: what may mean that the path is not known.
bool asks_for_legacy(int status) { return status == 404 || status == 405 || status == 500 || status == 501; }

}  // namespace

bool HttpWire::is_old(const std::string& service) {
    std::lock_guard lock(mutex_);
    auto found = old_until_.find(service);
    return found != old_until_.end() && found->second > clock_.monotonic();
}

void HttpWire::remember_old(const std::string& service, bool old) {
    std::lock_guard lock(mutex_);
    if (old) {
        old_until_[service] = clock_.monotonic() + kOldFor;
    } else {
        old_until_.erase(service);
    }
}

// The order is the specification's: the present path first, then the older one; for a while the other way round with a
// service that knows the older one only, so that not every request is made twice.
Task<Result<WireAnswer>> HttpWire::send(const Registration& service, WireRequest request, std::stop_token stop) {
    bool old = !request.legacy.empty() && is_old(service.id);
    auto first = co_await once(service, request, old ? request.legacy : request.path, stop);
    if (!first || first->ok() || request.legacy.empty() || !asks_for_legacy(first->status)) co_return first;
    auto second = co_await once(service, request, old ? request.path : request.legacy, stop);
    if (second && second->ok()) {
        remember_old(service.id, !old);
        co_return second;
    }
    co_return first;
}

Task<Result<WireAnswer>> HttpWire::once(const Registration& service, const WireRequest& request, std::string path,
                                        std::stop_token stop) {
    http::ClientRequest out;
    out.method = request.method;
    PEYK_CO_TRY(out.url, http::Url::parse(service.url + path + (request.query.empty() ? "" : "?" + request.query)));
    out.headers.add("Authorization", "Bearer " + std::string(service.hs_token.reveal()));
    out.headers.add("Accept", "application/json");
    if (!request.body.empty()) out.headers.add("Content-Type", "application/json");
    out.body = request.body;
    out.reach = http::Reach::operator_named;  // the address is in a file of the operator's
    out.repeatable = true;                    // a transaction has an id; the rest only asks
    out.time = request.time;
    out.max_body = kMaxAnswer;
    auto answer = co_await outbound_.send(std::move(out), stop);
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    co_return WireAnswer{answer->status, std::move(answer->body)};
}

}  // namespace peyk::appservices
