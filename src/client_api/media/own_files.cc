// The uploader's own list of files, and deleting from it. peyk's own: the server cannot know which file an encrypted
// message shows, but its uploader can.

#include <charconv>

#include "client_api/media/serving.h"

namespace peyk::client_api {
namespace {

constexpr std::int64_t kMostFiles = 1000;
constexpr std::uint64_t kDayMs = 86'400'000;

class OwnFiles {
public:
    static constexpr Route kRoute{Method::get, "/_peyk/client/v1/media", Auth::user, Body::none, RateClass::media};
    OwnFiles(const media::Media& media, MediaEndpointOptions options) : media_(media), options_(std::move(options)) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto limit, call.number("limit", 100, 1, kMostFiles));
        std::uint64_t from = 0;
        if (auto text = call.request.parameter("from")) {
            auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), from);
            if (error != std::errc() || end != text->data() + text->size() || from == 0)
                co_return m::invalid_param("'from' is not from an answer of this server");
        }
        auto user = call.who().user_number;
        PEYK_CO_TRY(auto files, media_.list_uploads(user, from, static_cast<std::size_t>(limit)));
        PEYK_CO_TRY(auto usage, media_.usage(user));
        json::Array chunk;
        for (const auto& file : files) {
            json::Object one{{"media_id", file.id.str()},
                             {"content_uri", fmt::format("mxc://{}/{}", options_.server_name, file.id.str())},
                             {"day_ts", file.day * kDayMs},
                             {"size", file.size}};
            if (!file.content_type.empty()) one.set("content_type", file.content_type);
            if (!file.file_name.empty()) one.set("name", file.file_name);
            chunk.emplace_back(std::move(one));
        }
        json::Object answer{{"chunk", std::move(chunk)}, {"total_size", usage.bytes}, {"total_count", usage.count}};
        if (from != 0) answer.set("next_batch", std::to_string(from));
        co_return Reply::of(answer);
    }

private:
    const media::Media& media_;
    const MediaEndpointOptions options_;
};

class DeleteOwnFile {
public:
    static constexpr Route kRoute{Method::del, "/_peyk/client/v1/media/{mediaId}", Auth::user, Body::none,
                                  RateClass::media};
    explicit DeleteOwnFile(media::Media& media) : media_(media) {}

    Task<Result<Reply>> run(Call call) {
        auto id = media::MediaId::parse(call.request.capture("mediaId"));
        if (!id) co_return m::not_found("There is no such file of yours");
        PEYK_CO_CHECK(co_await media_.remove_own(call.who().user_number, *std::move(id)));
        co_return Reply::empty();
    }

private:
    media::Media& media_;
};

}  // namespace

void add_own_file_endpoints(Api& api, media::Media& media, const MediaEndpointOptions& options) {
    api.add<OwnFiles>(media, options);
    api.add<DeleteOwnFile>(media);
}

}  // namespace peyk::client_api
