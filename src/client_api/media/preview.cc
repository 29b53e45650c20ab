#include <limits>

#include "client_api/media/endpoints.h"

namespace peyk::client_api {
namespace {

// Spec: GET /_matrix/client/v1/media/preview_url; deprecated: GET /_matrix/media/v3/preview_url
class PreviewUrl {
public:
    static constexpr Route kRoutes[] = {
        {Method::get, "/_matrix/client/v1/media/preview_url", Auth::user, Body::none, RateClass::preview},
        {Method::get, "/_matrix/media/v3/preview_url", Auth::user, Body::none, RateClass::preview},
        {Method::get, "/_matrix/media/v1/preview_url", Auth::user, Body::none, RateClass::preview}};
    explicit PreviewUrl(media::Previews* previews) : previews_(previews) {}

    Task<Result<Reply>> run(Call call) {
        if (!previews_) co_return m::forbidden("URL previews are switched off on this server");
        // Guest access lists what guests may do; sending the server out to fetch something is not among it.
        if (call.who().guest) co_return m::guest_forbidden("Guests get no previews");
        auto url = call.request.parameter("url");
        if (!url || url->empty()) co_return m::missing_param("'url' is missing");
        std::optional<Millis> moment;
        if (call.request.parameter("ts")) {
            PEYK_CO_TRY(const auto ts, call.number("ts", 0, 0, std::numeric_limits<std::int64_t>::max() / 2));
            moment = Millis{ts};
        }
        PEYK_CO_TRY(auto json,
                    co_await previews_->preview(call.who().user_number, *std::move(url), moment, call.request.hangup));
        Reply reply;
        reply.json = std::move(json);
        co_return reply;
    }

private:
    media::Previews* previews_;
};

}  // namespace

void add_preview_endpoints(Api& api, media::Previews* previews) { api.add<PreviewUrl>(previews); }

}  // namespace peyk::client_api
