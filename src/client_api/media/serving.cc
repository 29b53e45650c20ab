#include "client_api/media/serving.h"

#include <array>
#include <charconv>

namespace peyk::client_api {
namespace {

// What is not larger than this is sent from memory: avatars and thumbnails, the bulk of all requests.
constexpr std::uint64_t kSmall = 64 * 1024;

constexpr std::array<std::string_view, 26> kInlineTypes{
    "text/css",   "text/plain",  "text/csv",        "application/json", "application/ld+json", "image/jpeg",
    "image/gif",  "image/png",   "image/apng",      "image/webp",       "image/avif",          "video/mp4",
    "video/webm", "video/ogg",   "video/quicktime", "audio/mp4",        "audio/webm",          "audio/aac",
    "audio/mpeg", "audio/ogg",   "audio/wave",      "audio/wav",        "audio/x-wav",         "audio/x-pn-wav",
    "audio/flac", "audio/x-flac"};

std::optional<std::uint64_t> whole_number(std::string_view text) {
    std::uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
}

bool is_plain(char c) { return c >= 0x20 && c < 0x7f; }

}  // namespace

ByteRange parse_range(std::optional<std::string_view> header, std::uint64_t size) {
    const ByteRange whole{ByteRange::Kind::whole, 0, size};
    if (!header) return whole;
    auto text = trimmed(*header);
    if (lower(text.substr(0, 6)) != "bytes=") return whole;
    text = trimmed(text.substr(6));
    const auto dash = text.find('-');
    if (dash == std::string_view::npos || text.find(',') != std::string_view::npos) return whole;
    const auto first = text.substr(0, dash), last = text.substr(dash + 1);
    const auto end = whole_number(last);
    if (!last.empty() && !end) return whole;
    if (first.empty()) {  // the last so many bytes
        if (!end) return whole;
        if (*end == 0 || size == 0) return {ByteRange::Kind::unsatisfiable, 0, 0};
        const auto length = std::min(*end, size);
        return {ByteRange::Kind::part, size - length, length};
    }
    const auto begin = whole_number(first);
    if (!begin || (end && *end < *begin)) return whole;
    if (*begin >= size) return {ByteRange::Kind::unsatisfiable, 0, 0};
    const auto stop = std::min(end.value_or(size - 1), size - 1);
    return {ByteRange::Kind::part, *begin, stop - *begin + 1};
}

bool may_be_inline(std::string_view content_type) {
    const auto type = lower(trimmed(content_type.substr(0, content_type.find(';'))));
    return std::ranges::find(kInlineTypes, type) != kInlineTypes.end();
}

std::string content_disposition(std::string_view content_type, std::string_view file_name) {
    std::string out = may_be_inline(content_type) ? "inline" : "attachment";
    if (file_name.empty()) return out;
    out += "; filename=\"";
    bool exact = true;
    for (std::size_t i = 0; i < file_name.size(); ++i) {
        const char c = file_name[i];
        if (c == '"' || c == '\\') out += '\\';
        if (c == '%') exact = false;  // some clients decode it
        if (is_plain(c)) {
            out += c;
            continue;
        }
        exact = false;
        if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) out += '_';  // one for each character
    }
    out += '"';
    if (!exact) out += "; filename*=UTF-8''" + http::percent_encode(file_name);
    return out;
}

Result<http::Response> serve(const http::Request& request, const media::Content& content) {
    const std::string type = content.content_type.empty() ? "application/octet-stream" : content.content_type;
    http::Response response;
    auto& headers = response.headers;
    headers.add("Content-Type", type);
    headers.add("Content-Disposition", content_disposition(type, content.file_name));
    headers.add("Content-Security-Policy",
                "sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; "
                "style-src 'unsafe-inline'; object-src 'self';");
    headers.add("Cross-Origin-Resource-Policy", "cross-origin");
    // An id never means other bytes; `private`, since who may read is decided by this server.
    headers.add("Cache-Control", "private, max-age=2592000, immutable");
    headers.add("Accept-Ranges", "bytes");
    const auto range = parse_range(request.headers.find("range"), content.size);
    if (range.kind == ByteRange::Kind::unsatisfiable) {
        auto refused = error_response(
            Error{.code = Errc::bad_request, .detail = "The range is behind the end of the content", .status = 416});
        refused.headers.add("Content-Range", fmt::format("bytes */{}", content.size));
        return refused;
    }
    if (range.kind == ByteRange::Kind::part) {
        response.status = 206;
        headers.add("Content-Range",
                    fmt::format("bytes {}-{}/{}", range.offset, range.offset + range.length - 1, content.size));
    }
    response.length = range.length;
    if (range.length > kSmall) {
        response.stream = content.stream(range.offset, range.length);
        return response;
    }
    PEYK_TRY(response.body, content.read(range.offset, range.length));
    return response;
}

Result<media::MediaId> local_media(const Call& call, const MediaEndpointOptions& options) {
    // Spec: Content repository › Security considerations: both parts are checked before anything is looked up.
    const auto server = ServerName::parse(call.request.capture("serverName"));
    if (!server) return m::invalid_param("This is no name of a server");
    PEYK_TRY(auto id, media::MediaId::parse(call.request.capture("mediaId")));
    if (server->str() != options.server_name)
        return m::not_found("This server does not fetch media from other servers");
    return id;
}

Result<media::Patience> patience_of(const Call& call) {
    // Spec: timeout_ms, 20 seconds when absent; the media service imposes the maximum.
    // Nothing is fetched from elsewhere and nobody is sent elsewhere; a word that is neither is wrong all the same.
    for (auto name : {"allow_remote", "allow_redirect"}) PEYK_CHECK(call.flag(name, true));
    PEYK_TRY(const auto timeout, call.number("timeout_ms", 20'000, 0, 3'600'000));
    media::Patience patience;
    patience.timeout = Millis{timeout};
    patience.hangup = call.request.hangup;
    return patience;
}

bool before_freeze(const media::Content& content, const MediaEndpointOptions& options) {
    return options.unauthenticated_media &&
           (!options.frozen_since_day || content.created_day < *options.frozen_since_day);
}

}  // namespace peyk::client_api
