#include "media/previews/previews.h"

#include <algorithm>
#include <array>
#include <functional>

#include "base/logging.h"
#include "core/errors.h"
#include "core/json.h"
#include "media/thumbnail_process.h"
#include "media/thumbnailer/protocol.h"

namespace peyk::media {
namespace {

constexpr std::size_t kChildren = 2;
constexpr int kRedirects = 5;
constexpr std::uint64_t kPerUser = 3;        // fetches at one time
constexpr std::size_t kImagesTried = 2;      // of those that a page names
constexpr std::uint32_t kSmallestSide = 16;  // what is smaller counts visitors and shows nothing
// How much older than the wanted moment an answer may be.
constexpr Millis kFresh{3'600'000};
constexpr Millis kFailureKept{60'000};

// One error for all: what was forbidden, dead, slow, or there but no page, is not told apart.
Error no_preview() {
    return Error{
        .code = Errc::unavailable, .detail = "This address cannot be previewed", .m_code = "M_UNKNOWN", .status = 502};
}

// "Text/HTML; charset=x" -> "text/html".
std::string media_type(const http::ClientResponse& response) {
    auto type = std::string(response.headers.find("Content-Type").value_or(""));
    type.resize(std::min(type.find(';'), type.size()));
    std::erase_if(type, [](char c) { return c == ' ' || c == '\t'; });
    std::ranges::transform(type, type.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return type;
}

std::string charset_of(const http::ClientResponse& response) {
    auto type = std::string(response.headers.find("Content-Type").value_or(""));
    std::ranges::transform(type, type.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const auto at = type.find("charset=");
    if (at == std::string::npos) return {};
    auto charset = type.substr(at + 8);
    std::erase_if(charset, [](char c) { return c == '"' || c == '\'' || c == ' '; });
    return charset.substr(0, charset.find(';'));
}

bool is_page(const http::ClientResponse& response) {
    const auto type = media_type(response);
    return type == "text/html" || type == "application/xhtml+xml";
}

bool is_picture(const http::ClientResponse& response) {
    constexpr std::array kTypes{"image/jpeg", "image/jpg", "image/png", "image/apng", "image/gif", "image/webp"};
    return std::ranges::find(kTypes, media_type(response)) != kTypes.end();
}

bool is_good(const http::ClientResponse& response) { return response.status >= 200 && response.status < 300; }

// We ask for no coding; what comes coded nevertheless is not unfolded, however small it says it is.
bool is_coded(const http::ClientResponse& response) {
    const auto coding = response.headers.find("Content-Encoding");
    return coding && !coding->empty() && *coding != "identity";
}

const char* type_name(std::uint8_t format) {
    switch (static_cast<thumbnailer::Format>(format)) {
        case thumbnailer::Format::jpeg: return "image/jpeg";
        case thumbnailer::Format::png: return "image/png";
        case thumbnailer::Format::webp: return "image/webp";
        case thumbnailer::Format::gif: return "image/gif";
    }
    return "application/octet-stream";
}

}  // namespace

Previews::Previews(PreviewOptions options, Media& media, http::Outbound& outbound, const Clock& clock)
    : options_(std::move(options)),
      media_(media),
      outbound_(outbound),
      clock_(clock),
      policy_(options_.links),
      children_("previews", kChildren),
      cache_(options_.cache),
      turns_(options_.at_once) {
    if (options_.reader.empty()) options_.reader = find_child("peyk-pagereader");
    std::error_code error;
    if (!std::filesystem::is_regular_file(options_.reader, error))
        log::warning("media", "no previews: {} is missing", options_.reader.string());
}

void Previews::stop() { children_.stop(); }

// An answer that is young enough, or that is from after the moment that is asked about.
std::optional<PreviewAnswer> Previews::remembered(const std::string& url, Millis moment) {
    auto answer = cache_.find(url);
    if (!answer) return std::nullopt;
    const auto now = clock_.now(), age = now - answer->at;
    if (!answer->json) return age < kFailureKept ? std::move(answer) : std::nullopt;
    const bool picture_stays = age < media_.options().borrowed_life / 2;
    if (!picture_stays || answer->at + kFresh < std::min(moment, now)) return std::nullopt;
    // A picture may have had to make room for newer ones.
    if (answer->image && !media_.has(*answer->image)) return std::nullopt;
    return answer;
}

Task<Result<std::string>> Previews::preview(std::uint64_t user, std::string link, std::optional<Millis> moment,
                                            std::stop_token hangup) {
    auto url = parse_link(link);
    if (!url) co_return m::invalid_param("'url' is no address that could be fetched");
    if (!policy_.allows(*url)) co_return fail(no_preview());
    const auto name = url->str();
    const auto wanted = moment.value_or(clock_.now());
    if (auto answer = remembered(name, wanted)) co_return std::move(answer->json);
    // Always in this order, so that nobody waits in a circle: the address, the user, everybody.
    const auto hash = std::hash<std::string>{}(name);
    const auto lane = co_await urls_.enter(hash);
    if (auto answer = remembered(name, wanted)) co_return std::move(answer->json);
    const auto of_user = co_await users_.enter(user * kPerUser + hash % kPerUser);
    const auto turn = co_await turns_.enter();
    if (hangup.stop_requested()) co_return fail(Errc::cancelled, "the client has gone");
    auto answer = co_await make(*std::move(url), std::move(hangup));
    const bool cancelled = !answer.json && answer.json.error().code == Errc::cancelled;
    if (!cancelled) cache_.put(name, answer);
    co_return std::move(answer.json);
}

Task<Result<http::ClientResponse>> Previews::fetch(http::Url url, Millis time, bool only_pictures,
                                                   std::stop_token hangup) {
    http::ClientRequest request;
    request.url = std::move(url);
    request.reach = http::Reach::strangers;
    request.redirects = kRedirects;
    request.time = time;
    request.max_body = options_.max_bytes;
    request.allowed = [this](const http::Url& next) { return policy_.allows(next); };
    request.wants_body = [only_pictures](const http::ClientResponse& response) {
        return is_good(response) && !is_coded(response) &&
               (is_picture(response) || (!only_pictures && is_page(response)));
    };
    request.headers.add("Accept", only_pictures ? "image/webp,image/png,image/jpeg,image/gif"
                                                : "text/html,application/xhtml+xml,image/*;q=0.5");
    request.headers.add("Accept-Encoding", "identity");
    // The same for all servers, so that it does not say which one asks.
    request.headers.add("User-Agent", "Mozilla/5.0 (compatible; peyk link preview bot)");
    auto response = co_await outbound_.send(std::move(request), std::move(hangup));
    if (response && (!is_good(*response) || is_coded(*response))) co_return fail(no_preview());
    co_return response;
}

Task<PreviewAnswer> Previews::make(http::Url url, std::stop_token hangup) {
    PreviewAnswer answer;
    answer.at = clock_.now();
    const auto until = clock_.monotonic() + options_.time;
    auto response = co_await fetch(std::move(url), options_.time, false, hangup);
    if (!response) {
        const bool cancelled = response.error().code == Errc::cancelled;
        answer.json = cancelled ? fail(std::move(response.error())) : fail(no_preview());
        co_return answer;
    }
    json::Object object;
    std::optional<Borrowed> image;
    if (is_picture(*response)) {
        image = co_await keep_image(std::move(response->body));
    } else if (is_page(*response)) {
        auto job = [this, &response] {
            return read_page(options_.reader, response->body, charset_of(*response), options_.reading_time);
        };
        const auto findings = co_await offload(children_, std::move(job));
        if (!findings) {
            answer.json = fail(no_preview());
            co_return answer;
        }
        auto card = make_card(*findings, response->url);
        response->body = {};
        for (auto& [key, value] : card.properties) object.set(key, std::move(value));
        image = co_await first_image(std::move(card.images), until, hangup);
        // Not a preview without a picture, but half of one: whoever asks next begins anew.
        if (hangup.stop_requested()) {
            answer.json = fail(Errc::cancelled, "the client has gone");
            co_return answer;
        }
    }
    if (image) {
        object.set("og:image", fmt::format("mxc://{}/{}", options_.server_name, image->id.str()));
        object.set("og:image:type", type_name(image->shape.format));
        object.set("og:image:width", image->shape.width);
        object.set("og:image:height", image->shape.height);
        object.set("matrix:image:size", image->size);
        answer.image = std::move(image->id);
    }
    answer.json = json::write(object);
    co_return answer;
}

Task<std::optional<Previews::Borrowed>> Previews::first_image(std::vector<http::Url> urls, Millis until,
                                                              std::stop_token hangup) {
    std::size_t tried = 0;
    for (auto& url : urls) {
        const auto left = until - clock_.monotonic();
        if (!policy_.allows(url)) continue;
        if (left <= Millis{0} || tried++ == kImagesTried) break;
        auto response = co_await fetch(std::move(url), left, true, hangup);
        if (!response || !is_picture(*response)) continue;
        auto image = co_await keep_image(std::move(response->body));
        if (image) co_return image;
    }
    co_return std::nullopt;
}

// Nothing is kept but what the sandboxed decoder takes for a picture, with the type that it found.
Task<std::optional<Previews::Borrowed>> Previews::keep_image(std::string bytes) {
    if (bytes.empty()) co_return std::nullopt;
    auto job = [this, &bytes]() -> Result<MadeThumbnail> {
        PEYK_TRY(auto plain, MemoryFile::create("image"));
        PEYK_CHECK(plain.append(bytes));
        PEYK_CHECK(plain.seal());
        const DecoderOptions decoder{media_.options().thumbnailer, media_.options().thumbnail_time};
        return run_decoder(decoder, plain, kWhole, true);  // animated or not: the header is all that is looked at
    };
    auto shape = co_await offload(children_, std::move(job));
    if (!shape || shape->state != ThumbnailState::original) co_return std::nullopt;
    if (std::min(shape->width, shape->height) < kSmallestSide) co_return std::nullopt;
    const std::uint64_t size = bytes.size();
    auto id = co_await media_.borrow(std::move(bytes), type_name(shape->format));
    if (!id) co_return std::nullopt;
    co_return Borrowed{*std::move(id), size, *std::move(shape)};
}

}  // namespace peyk::media
