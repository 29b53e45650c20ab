#include <ctime>

#include "base/logging.h"
#include "http/codec.h"

namespace peyk::http {
namespace {

// Spec: Client-Server API › Web browser clients. HEAD is ours on top; Retry-After and ETag are readable for scripts.
constexpr std::pair<std::string_view, std::string_view> kEverywhere[] = {
    {"Access-Control-Allow-Origin", "*"},
    {"Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE, OPTIONS"},
    {"Access-Control-Allow-Headers", "X-Requested-With, Content-Type, Authorization, If-Match, If-None-Match"},
    {"Access-Control-Expose-Headers", "Retry-After, ETag, Content-Disposition"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
};

void add(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

bool clean(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f; });
}

}  // namespace

void write_response_head(std::string& out, const ResponseHead& head) {
    out.reserve(out.size() + 640);
    fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", head.status, reason_phrase(head.status));
    add(out, "Date", head.date);
    for (const auto& [name, value] : kEverywhere) {
        if (!head.headers || !head.headers->find(name)) add(out, name, value);
    }
    if (head.preflight) add(out, "Access-Control-Max-Age", "86400");
    if (head.vary_encoding) add(out, "Vary", "Accept-Encoding");
    if (!head.encoding.empty()) add(out, "Content-Encoding", head.encoding);
    if (head.headers) {
        for (const auto& [name, value] : *head.headers) {
            if (name.empty() || !clean(name) || !clean(value)) {
                log::error("http", "a handler's header field with control characters was left out");
            } else {
                add(out, name, value);
            }
        }
    }
    if (head.length) fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", *head.length);
    if (head.chunked) out += "Transfer-Encoding: chunked\r\n";
    if (head.close) {
        add(out, "Connection", "close");
    } else if (head.say_keep_alive) {
        add(out, "Connection", "keep-alive");
    }
    out += "\r\n";
}

std::string http_date(std::int64_t unix_seconds) {
    static constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::time_t time = unix_seconds;
    std::tm parts{};
    gmtime_r(&time, &parts);
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[parts.tm_wday], parts.tm_mday,
                       kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string_view reason_phrase(int status) {
    switch (status) {
        case 100: return "Continue";
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 416: return "Range Not Satisfiable";
        case 417: return "Expectation Failed";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        default: return "Status";
    }
}

}  // namespace peyk::http
