#include "client_api/sync/endpoints.h"
#include "client_api/sync/sliding_request.h"

namespace peyk::client_api {
namespace {

// Spec: Client-Server API › Syncing.
class Sync {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/sync", Auth::user, Body::none, RateClass::none, 0,
                                  true};
    explicit Sync(sync::SyncV3& sync) : sync_(sync) {}
    // No coroutine, so that nothing of the request is held while it waits.
    Task<Result<http::Response>> run(const Call& call) {
        auto request = read(call);
        if (!request) return refused(std::move(request).error());
        return answer(sync_.run(*request, call.request.hangup));
    }

private:
    static Result<sync::SyncRequest> read(const Call& call) {
        sync::SyncRequest request{call.who().user, call.who().device};
        request.since = call.request.parameter("since");
        if (request.since && request.since->empty()) request.since.reset();
        request.filter = call.request.parameter("filter");
        if (request.filter && request.filter->empty()) request.filter.reset();
        PEYK_TRY(auto timeout, call.number("timeout", 0, 0, 600'000));
        request.timeout = Millis{timeout};
        PEYK_TRY(request.full_state, call.flag("full_state", false));
        PEYK_TRY(bool after, call.flag("use_state_after", false));
        PEYK_TRY(bool older, call.flag("org.matrix.msc4222.use_state_after", false));
        // One name in the answer: the specification's, where a client asks by both.
        if (after) {
            request.state_form = sync::StateForm::after;
        } else if (older) {
            request.state_form = sync::StateForm::after_older;
        }
        PEYK_TRY(request.set_presence, parse_set_presence(call.request.parameter("set_presence")));
        return request;
    }
    static Task<Result<http::Response>> refused(Error error) { co_return std::unexpected(std::move(error)); }
    static Task<Result<http::Response>> answer(Task<Result<std::string>> sync) {
        PEYK_CO_TRY(auto json, co_await std::move(sync));
        auto response = http::Response::json(200, std::move(json));
        response.compressible = true;
        co_return response;
    }

    sync::SyncV3& sync_;
};

}  // namespace

void add_sync_endpoints(Api& api, sync::SyncV3& sync, const RoomServices& services) {
    api.add<Sync>(sync);
    add_event_stream(api, sync, services);
    add_initial_syncs(api, sync, services);
}

}  // namespace peyk::client_api
