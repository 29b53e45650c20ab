#include "client_api/media/serving.h"

namespace peyk::client_api {
namespace {

media::UploadInfo upload_info(const Call& call) {
    media::UploadInfo info;
    info.content_type = std::string(call.request.headers.find("content-type").value_or(""));
    info.file_name = call.request.parameter("filename").value_or("");
    info.length = call.request.length;
    return info;
}

std::string uri_of(const MediaEndpointOptions& options, const media::MediaId& id) {
    return fmt::format("mxc://{}/{}", options.server_name, id.str());
}

// Guests may read media, not store it (Guest access lists what they may do); nor may suspended accounts.
Result<void> may_upload(const Call& call) {
    if (call.who().guest) return m::guest_forbidden("Guests cannot upload media");
    return users::check_active(call.who());
}

// Spec: POST /_matrix/media/v3/upload
class Upload {
public:
    Upload(media::Media& media, MediaEndpointOptions options) : media_(media), options_(std::move(options)) {}
    Task<Result<http::Response>> run(Call call) {
        PEYK_CO_CHECK(may_upload(call));
        auto info = upload_info(call);
        PEYK_CO_TRY(const auto id,
                    co_await media_.upload(call.who().user_number, std::move(info), std::move(call.request.stream)));
        json::Object answer{{"content_uri", uri_of(options_, id)}};
        co_return http::Response::json(200, json::write(answer));
    }

private:
    media::Media& media_;
    MediaEndpointOptions options_;
};

// Spec: POST /_matrix/media/v1/create
class Create {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/media/v1/create", Auth::user, Body::optional,
                                  RateClass::media};
    Create(media::Media& media, MediaEndpointOptions options) : media_(media), options_(std::move(options)) {}
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(may_upload(call));
        PEYK_CO_TRY(const auto created, co_await media_.create(call.who().user_number));
        json::Object answer{{"content_uri", uri_of(options_, created.id)}, {"unused_expires_at", created.expires_ms}};
        co_return Reply::of(answer);
    }

private:
    media::Media& media_;
    MediaEndpointOptions options_;
};

// Spec: PUT /_matrix/media/v3/upload/{serverName}/{mediaId}
class UploadTo {
public:
    UploadTo(media::Media& media, MediaEndpointOptions options) : media_(media), options_(std::move(options)) {}
    Task<Result<http::Response>> run(Call call) {
        PEYK_CO_CHECK(may_upload(call));
        PEYK_CO_TRY(auto id, local_media(call, options_));
        auto info = upload_info(call);
        PEYK_CO_CHECK(co_await media_.upload_to(call.who().user_number, std::move(id), std::move(info),
                                                std::move(call.request.stream)));
        co_return http::Response::json(200, "{}");
    }

private:
    media::Media& media_;
    MediaEndpointOptions options_;
};

// The size limit of these routes is a setting, so they cannot be constants.
template <class E>
void add_streaming(Api& api, Method method, std::string_view path, media::Media& media,
                   const MediaEndpointOptions& options) {
    Route route{method, path, Auth::user, Body::stream, RateClass::media};
    route.max_body = static_cast<std::size_t>(media.options().max_upload);
    auto endpoint = std::make_shared<E>(media, options);
    api.add(route, [endpoint](Call call) { return endpoint->run(std::move(call)); });
}

}  // namespace

void add_upload_endpoints(Api& api, media::Media& media, const MediaEndpointOptions& options) {
    for (std::string_view path : {"/_matrix/media/v3/upload", "/_matrix/media/v1/upload"})
        add_streaming<Upload>(api, Method::post, path, media, options);
    add_streaming<UploadTo>(api, Method::put, "/_matrix/media/v3/upload/{serverName}/{mediaId}", media, options);
    api.add<Create>(media, options);
}

}  // namespace peyk::client_api
