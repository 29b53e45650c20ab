#include "client_api/media/serving.h"

namespace peyk::client_api {
namespace {

enum class Face : unsigned char { authenticated, open };

Result<std::uint32_t> side(const Call& call, std::string_view name) {
    if (!call.request.parameter(name)) return m::missing_param(fmt::format("'{}' is missing", name));
    PEYK_TRY(const auto value, call.number(name, 0, 1, 1'000'000));
    return static_cast<std::uint32_t>(value);
}

Result<media::ThumbnailRequest> parse(const Call& call) {
    media::ThumbnailRequest request;
    PEYK_TRY(request.width, side(call, "width"));
    PEYK_TRY(request.height, side(call, "height"));
    const auto method = call.request.parameter("method").value_or("scale");
    if (method != "scale" && method != "crop") return m::invalid_param("'method' must be scale or crop");
    request.method = method == "crop" ? media::ThumbnailMethod::crop : media::ThumbnailMethod::scale;
    PEYK_TRY(request.animated, call.flag("animated", false));
    return request;
}

// Spec: GET /_matrix/client/v1/media/thumbnail/{serverName}/{mediaId}; deprecated: GET /_matrix/media/v3/thumbnail/….
class Thumbnail {
public:
    Thumbnail(media::Media& media, MediaEndpointOptions options, Face face)
        : media_(media), options_(std::move(options)), face_(face) {}
    Task<Result<http::Response>> run(Call call) {
        if (face_ == Face::open && !options_.unauthenticated_media) co_return m::not_found("There is no such media");
        PEYK_CO_TRY(auto id, local_media(call, options_));
        PEYK_CO_TRY(const auto request, parse(call));
        PEYK_CO_TRY(auto patience, patience_of(call));
        PEYK_CO_TRY(const auto content, co_await media_.thumbnail(std::move(id), request, std::move(patience)));
        if (face_ == Face::open && !before_freeze(content, options_)) co_return m::not_found("There is no such media");
        co_return serve(call.request, content);
    }

private:
    media::Media& media_;
    MediaEndpointOptions options_;
    Face face_;
};

}  // namespace

void add_thumbnail_endpoints(Api& api, media::Media& media, const MediaEndpointOptions& options) {
    auto add = [&](std::string_view path, Auth auth, Face face) {
        auto endpoint = std::make_shared<Thumbnail>(media, options, face);
        api.add(Route{Method::get, path, auth}, [endpoint](Call call) { return endpoint->run(std::move(call)); });
    };
    add("/_matrix/client/v1/media/thumbnail/{serverName}/{mediaId}", Auth::user, Face::authenticated);
    add("/_matrix/media/v3/thumbnail/{serverName}/{mediaId}", Auth::none, Face::open);
    add("/_matrix/media/v1/thumbnail/{serverName}/{mediaId}", Auth::none, Face::open);
}

}  // namespace peyk::client_api
