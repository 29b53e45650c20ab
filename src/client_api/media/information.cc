#include "client_api/media/endpoints.h"

namespace peyk::client_api {
namespace {

// Spec: GET /_matrix/client/v1/media/config; deprecated: GET /_matrix/media/v3/config
class Config {
public:
    static constexpr Route kRoutes[] = {{Method::get, "/_matrix/client/v1/media/config"},
                                        {Method::get, "/_matrix/media/v3/config"},
                                        {Method::get, "/_matrix/media/v1/config"}};
    explicit Config(media::Media& media) : media_(media) {}
    Task<Result<Reply>> run(Call) {
        json::Object answer{{"m.upload.size", media_.options().max_upload}};
        co_return Reply::of(answer);
    }

private:
    media::Media& media_;
};

// Spec: GET /_matrix/client/v1/media/preview_url; deprecated: GET /_matrix/media/v3/preview_url
// NOTSPEC: always refused. A preview would send the links of private conversations to this server, and from it to the
// linked sites (docs/decisions/0603).
class PreviewUrl {
public:
    static constexpr Route kRoutes[] = {{Method::get, "/_matrix/client/v1/media/preview_url"},
                                        {Method::get, "/_matrix/media/v3/preview_url"},
                                        {Method::get, "/_matrix/media/v1/preview_url"}};
    Task<Result<Reply>> run(Call) { co_return m::forbidden("URL previews are switched off on this server"); }
};

}  // namespace

void add_media_information_endpoints(Api& api, media::Media& media, const MediaEndpointOptions&) {
    api.add<Config>(media);
    api.add<PreviewUrl>();
}

}  // namespace peyk::client_api
