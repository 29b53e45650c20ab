// Removing a file by its id, on the path that existing tools know. NOTSPEC: administrators only.

#include "client_api/media/endpoints.h"
#include "client_api/media/serving.h"

namespace peyk::client_api {
namespace {

// The key goes first, then rows and file. The administrator needs the id: there is no list of anybody's files.
class RemoveMedia {
public:
    static constexpr Route kRoute{Method::del, "/_synapse/admin/v1/media/{serverName}/{mediaId}", Auth::admin,
                                  Body::none, RateClass::general};
    RemoveMedia(media::Media& media, MediaEndpointOptions options) : media_(media), options_(std::move(options)) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto id, local_media(call, options_));
        auto name = call.text("mediaId");
        PEYK_CO_CHECK(co_await media_.remove(std::move(id)));
        json::Array removed;
        removed.emplace_back(std::move(name));
        co_return Reply::of({{"deleted_media", std::move(removed)}, {"total", 1}});
    }

private:
    media::Media& media_;
    MediaEndpointOptions options_;
};

}  // namespace

void add_media_removal_endpoints(Api& api, media::Media& media, const MediaEndpointOptions& options) {
    api.add<RemoveMedia>(media, options);
}

}  // namespace peyk::client_api
