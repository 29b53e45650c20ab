#include "client_api/media/serving.h"

namespace peyk::client_api {
namespace {

enum class Face : unsigned char { authenticated, open };

// Spec: GET /_matrix/client/v1/media/download/{serverName}/{mediaId} and …/{fileName}; the deprecated
// GET /_matrix/media/v3/download/… without authentication serves what is older than the freeze.
class Download {
public:
    Download(media::Media& media, MediaEndpointOptions options, Face face)
        : media_(media), options_(std::move(options)), face_(face) {}
    Task<Result<http::Response>> run(Call call) {
        if (face_ == Face::open && !options_.unauthenticated_media) co_return m::not_found("There is no such media");
        PEYK_CO_TRY(auto id, local_media(call, options_));
        PEYK_CO_TRY(auto patience, patience_of(call));
        PEYK_CO_TRY(auto content, co_await media_.download(std::move(id), std::move(patience)));
        if (face_ == Face::open && !before_freeze(content, options_)) co_return m::not_found("There is no such media");
        if (auto name = call.request.capture("fileName"); !name.empty())
            content.file_name = media::clean_name(std::string(name));
        co_return serve(call.request, content);
    }

private:
    media::Media& media_;
    MediaEndpointOptions options_;
    Face face_;
};

}  // namespace

void add_download_endpoints(Api& api, media::Media& media, const MediaEndpointOptions& options) {
    auto add = [&](std::string_view path, Auth auth, Face face) {
        auto endpoint = std::make_shared<Download>(media, options, face);
        api.add(Route{Method::get, path, auth}, [endpoint](Call call) { return endpoint->run(std::move(call)); });
    };
    add("/_matrix/client/v1/media/download/{serverName}/{mediaId}", Auth::user, Face::authenticated);
    add("/_matrix/client/v1/media/download/{serverName}/{mediaId}/{fileName}", Auth::user, Face::authenticated);
    for (std::string_view path : {"/_matrix/media/v3/download/{serverName}/{mediaId}",
                                  "/_matrix/media/v3/download/{serverName}/{mediaId}/{fileName}",
                                  "/_matrix/media/v1/download/{serverName}/{mediaId}",
                                  "/_matrix/media/v1/download/{serverName}/{mediaId}/{fileName}"})
        add(path, Auth::none, Face::open);
}

}  // namespace peyk::client_api
