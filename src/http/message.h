#pragma once
// Requests and responses as the handlers see them. No type of the HTTP library appears here.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/task.h"
#include "base/error.h"

namespace peyk::http {

enum class Method : unsigned char { get, head, post, put, del, options, patch, other };
std::string_view method_name(Method method);

// Names compare without case. Order and repetition are kept.
class Headers {
public:
    std::optional<std::string_view> find(std::string_view name) const;  // the first one
    void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
    void set(std::string name, std::string value);
    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }
    std::size_t size() const { return fields_.size(); }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

// The client's address, for rate limits only. Has no formatter, so it cannot be logged.
struct ClientAddress {
    std::array<std::uint8_t, 16> bytes{};  // IPv6, or IPv4 mapped
    bool operator==(const ClientAddress&) const = default;
};

// Bytes that arrive or leave piece by piece.
class BodySource {
public:
    virtual ~BodySource() = default;
    // The next piece, at most `max` bytes; empty at the end. Errors: too_large, timeout, cancelled (peer gone).
    virtual Task<Result<std::string>> read_some(std::size_t max) = 0;
};

struct Request {
    Method method = Method::get;
    std::string path;  // as sent, still percent-encoded, without the query
    std::string query;
    Headers headers;
    std::string body;                     // whole, unless the route streams
    std::unique_ptr<BodySource> stream;   // set when the route streams; reads until the handler has returned
    std::optional<std::uint64_t> length;  // Content-Length, when given
    ClientAddress client;
    bool tls = false;
    // Stopped when the peer hangs up or the server drains: long polls answer then.
    std::stop_token hangup;

    // Captures of the route's pattern, percent-decoded and valid UTF-8, by name.
    std::vector<std::pair<std::string, std::string>> captures;
    std::string_view capture(std::string_view name) const;  // empty when absent
    // Decoded query parameters. Invalid encodings read as absent.
    std::optional<std::string> parameter(std::string_view name) const;
    std::vector<std::string> parameters(std::string_view name) const;
    // Whether all names and values of the query decode.
    bool query_is_text() const;
};

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    std::shared_ptr<const std::string> shared_body;  // instead of body, when set: one buffer for many answers
    std::unique_ptr<BodySource> stream;              // instead of body, with `length`
    std::uint64_t length = 0;
    bool compressible = false;  // may be sent with gzip or brotli when the client accepts it and it is large

    static Response json(int status, std::string body);
    static Response html(int status, std::string body);
};

// Percent-decoding; nullopt on a bad escape, invalid UTF-8, overlong forms or NUL.
std::optional<std::string> percent_decode(std::string_view text);
// Everything but unreserved characters is escaped.
std::string percent_encode(std::string_view text);

}  // namespace peyk::http
