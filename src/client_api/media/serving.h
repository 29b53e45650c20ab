#pragma once
// How media becomes an HTTP answer: ranges, dispositions, headers.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client_api/media/endpoints.h"

namespace peyk::client_api {

// RFC 9110, 14.2. A header that is malformed, has another unit or several ranges is as good as none.
struct ByteRange {
    enum class Kind : unsigned char { whole, part, unsatisfiable };
    Kind kind = Kind::whole;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};
ByteRange parse_range(std::optional<std::string_view> header, std::uint64_t size);

// Spec: Client-Server API › Content repository › Serving inline content: the 26 types that browsers only ever show as
// what they claim to be. Parameters and case do not count.
bool may_be_inline(std::string_view content_type);

// RFC 6266. A name that is not plain ASCII is given twice: with underscores for old clients, and in full.
std::string content_disposition(std::string_view content_type, std::string_view file_name);

// The answer to a request for `content`, with its range honoured. Errors: as Content::read.
Result<http::Response> serve(const http::Request& request, const media::Content& content);

// The media that the path names. Errors: M_NOT_FOUND, also for the media of other servers.
Result<media::MediaId> local_media(const Call& call, const MediaEndpointOptions& options);

// timeout_ms, the hang-up of the peer. Errors: M_INVALID_PARAM.
Result<media::Patience> patience_of(const Call& call);

// Whether the endpoints without authentication may serve this. Spec: the freeze of version 1.12.
bool before_freeze(const media::Content& content, const MediaEndpointOptions& options);

}  // namespace peyk::client_api
