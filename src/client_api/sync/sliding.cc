#include "client_api/sync/endpoints.h"
#include "client_api/sync/sliding_request.h"

namespace peyk::client_api {
namespace {

constexpr std::size_t kMaxBody = 512 * 1024;

// Takes what it needs of the call: nothing else is held while it waits.
Task<Result<http::Response>> answer(sync::SlidingSync& sync, std::stop_token hangup,
                                    Result<sync::SlidingRequest> parsed) {
    PEYK_CO_TRY(auto request, std::move(parsed));
    PEYK_CO_TRY(auto json, co_await sync.run(std::move(request), std::move(hangup)));
    auto response = http::Response::json(200, std::move(json));
    response.compressible = true;
    co_return response;
}

// MSC4186: the form that was merged.
class SlidingSync {
public:
    static constexpr Route kRoute{
        Method::post, "/_matrix/client/v4/sync", Auth::user, Body::object, RateClass::none, kMaxBody, true};
    explicit SlidingSync(sync::SlidingSync& sync) : sync_(sync) {}
    Task<Result<http::Response>> run(Call call) {
        auto parsed = parse_merged(call);
        return answer(sync_, std::move(call.request.hangup), std::move(parsed));
    }

private:
    sync::SlidingSync& sync_;
};

// MSC4186: the form that clients use until they have moved to the merged one.
class DeployedSlidingSync {
public:
    static constexpr Route kRoute{Method::post,
                                  "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync",
                                  Auth::user,
                                  Body::object,
                                  RateClass::none,
                                  kMaxBody,
                                  true};
    explicit DeployedSlidingSync(sync::SlidingSync& sync) : sync_(sync) {}
    Task<Result<http::Response>> run(Call call) {
        auto parsed = parse_deployed(call);
        return answer(sync_, std::move(call.request.hangup), std::move(parsed));
    }

private:
    sync::SlidingSync& sync_;
};

}  // namespace

void add_sliding_sync_endpoints(Api& api, sync::SlidingSync& sync) {
    api.add<SlidingSync>(sync);
    api.add<DeployedSlidingSync>(sync);
}

}  // namespace peyk::client_api
