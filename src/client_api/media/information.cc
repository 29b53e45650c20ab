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

}  // namespace

void add_media_information_endpoints(Api& api, media::Media& media) { api.add<Config>(media); }

}  // namespace peyk::client_api
