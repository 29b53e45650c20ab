#pragma once
// HTTP/1.x framing without I/O: bytes in, request heads and body pieces out. Strict on purpose: what two parsers could
// read in two ways is refused, since that is what request smuggling lives on (docs/decisions/0301).

#include <expected>
#include <string>
#include <string_view>

#include "http/message.h"

namespace peyk::http {

struct CodecLimits {
    std::size_t header_bytes = 32 * 1024;
    std::size_t header_count = 100;
    std::size_t target_bytes = 16 * 1024;
};

// Why a request is not served. The connection is closed after saying so.
struct Refusal {
    int status = 400;
    std::string_view errcode = "M_NOT_JSON";
    std::string_view reason;  // a static text
};

// Request line and header fields. The version is 1.0 or 1.1.
struct Head {
    Method method = Method::get;
    bool http_1_0 = false;
    bool keep_alive = true;
    bool chunked = false;
    bool expects_continue = false;
    std::optional<std::uint64_t> length;
    std::string path;   // percent-encoded, begins with '/', or is "*"
    std::string query;  // without '?'
    Headers headers;
};

// Looks for the end of a head, a piece at a time, so that no byte is looked at twice.
class HeadScanner {
public:
    // The size of the head with its empty line, once it is all there. `buffer` holds all bytes since the last reset().
    // Errors: bare CR or LF, NUL, too many bytes or fields.
    std::expected<std::optional<std::size_t>, Refusal> scan(std::string_view buffer, const CodecLimits& limits);
    void reset() { *this = HeadScanner(); }

private:
    std::size_t line_ = 0;     // where the line begins that is being looked at
    std::size_t scanned_ = 0;  // no line feed before here but those that were counted
    std::size_t lines_ = 0;
};

// `head` is what scan() delimited.
std::expected<Head, Refusal> parse_head(std::string_view head, const CodecLimits& limits);

// Status line and header fields of another server's answer.
struct AnswerHead {
    int status = 0;
    bool keep_alive = true;
    bool chunked = false;
    std::optional<std::uint64_t> length;
    Headers headers;
};

// As strict as parse_head(). Only the reason of a refusal has a meaning here.
std::expected<AnswerHead, Refusal> parse_answer_head(std::string_view head, const CodecLimits& limits);

// Undoes the chunked coding. Extensions and trailers are read, bounded and thrown away.
class ChunkDecoder {
public:
    // Takes bytes off the front of `in`, appends at most `max` body bytes to `out`. Returns how many it took.
    std::expected<std::size_t, Refusal> feed(std::string_view in, std::string& out, std::size_t max);
    bool done() const { return state_ == State::done; }

private:
    enum class State : unsigned char { size, data, data_end, trailer, done };
    std::expected<std::size_t, Refusal> line(std::string_view in);
    std::expected<void, Refusal> size_line();

    State state_ = State::size;
    std::uint64_t left_ = 0;  // of the chunk
    std::size_t trailer_bytes_ = 0;
    std::string line_;
};

// Status line and fields of an answer. Fields with control characters are left out: no answer can be split.
struct ResponseHead {
    int status = 200;
    const Headers* headers = nullptr;
    std::optional<std::uint64_t> length;
    bool chunked = false;  // instead of a length
    bool close = false;
    bool say_keep_alive = false;  // to an HTTP/1.0 client
    bool preflight = false;       // answer to OPTIONS
    bool vary_encoding = false;
    std::string_view date;      // IMF-fixdate
    std::string_view encoding;  // Content-Encoding, or empty
};
void write_response_head(std::string& out, const ResponseHead& head);
// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::int64_t unix_seconds);
std::string_view reason_phrase(int status);

}  // namespace peyk::http
