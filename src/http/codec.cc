#include "http/codec.h"

#include <array>
#include <charconv>
#include <ctime>

namespace peyk::http {
namespace {

constexpr std::size_t kChunkLineBytes = 256;
constexpr std::size_t kTrailerBytes = 4096;

std::unexpected<Refusal> refuse(int status, std::string_view errcode, std::string_view reason) {
    return std::unexpected(Refusal{status, errcode, reason});
}
std::unexpected<Refusal> malformed(std::string_view reason) { return refuse(400, "M_NOT_JSON", reason); }

constexpr std::array<bool, 256> kToken = [] {
    std::array<bool, 256> table{};
    for (char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
        table[static_cast<unsigned char>(c)] = true;
    }
    return table;
}();

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

// Tab, visible characters and bytes above ASCII.
bool is_field_value(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        auto byte = static_cast<unsigned char>(c);
        return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    });
}

bool same_name(std::string_view a, std::string_view lower_case) {
    auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return a.size() == lower_case.size() && std::ranges::equal(a, lower_case, {}, lower);
}

// RFC 3986, 3.2: the characters of a host and its port. Empty where the target has no authority.
bool is_authority(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        return alphanumeric || std::string_view("-._~!$&'()*+,;=:%[]").contains(c);
    });
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool list_contains(std::string_view list, std::string_view lower_case) {
    while (!list.empty()) {
        auto comma = std::min(list.find(','), list.size());
        if (same_name(trim(list.substr(0, comma)), lower_case)) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

Method parse_method(std::string_view text) {
    for (auto method :
         {Method::get, Method::put, Method::post, Method::head, Method::del, Method::options, Method::patch}) {
        if (method_name(method) == text) return method;
    }
    return Method::other;
}

std::expected<void, Refusal> parse_target(std::string_view target, const CodecLimits& limits, Head& head) {
    if (target.size() > limits.target_bytes) return refuse(414, "M_TOO_LARGE", "The request target is too long");
    bool visible = std::ranges::all_of(target, [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
    if (target.empty() || !visible) return malformed("Unencoded characters in the request target");
    if (target == "*" && head.method == Method::options) {
        head.path = "*";
        return {};
    }
    // Absolute form, as sent to proxies; the authority is ignored like the Host field.
    for (std::string_view scheme : {"http://", "https://"}) {
        if (!target.starts_with(scheme)) continue;
        auto path = target.find('/', scheme.size());
        if (path == std::string_view::npos) return malformed("No path in the request target");
        target.remove_prefix(path);
        break;
    }
    if (target.front() != '/') return malformed("The request target is not a path");
    auto question = target.find('?');
    head.path = target.substr(0, question);
    if (question != std::string_view::npos) head.query = target.substr(question + 1);
    return {};
}

std::expected<void, Refusal> parse_request_line(std::string_view line, const CodecLimits& limits, Head& head) {
    auto first = line.find(' ');
    auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return malformed("Bad request line");
    auto method = line.substr(0, first);
    auto version = line.substr(last + 1);
    if (!is_token(method) || method.size() > 32) return malformed("Bad method");
    if (version == "HTTP/1.0") {
        head.http_1_0 = true;
        head.keep_alive = false;
    } else if (version != "HTTP/1.1") {
        if (!version.starts_with("HTTP/") || version.size() > 8) return malformed("Bad request line");
        return refuse(505, "M_UNRECOGNIZED", "Only HTTP/1.0 and HTTP/1.1 are spoken here");
    }
    head.method = parse_method(method);
    return parse_target(line.substr(first + 1, last - first - 1), limits, head);
}

std::expected<std::uint64_t, Refusal> parse_length(std::string_view text) {
    std::uint64_t length = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (text.empty() || text.size() > 18 || error != std::errc() || end != text.data() + text.size()) {
        return malformed("Bad Content-Length");
    }
    return length;
}

// What framing wants to know of one field.
std::expected<void, Refusal> note_field(std::string_view name, std::string_view value, Head& head, int& hosts) {
    switch (name.size()) {
        case 4:
            if (!same_name(name, "host")) break;
            if (++hosts > 1) return malformed("More than one Host field");
            if (!is_authority(value)) return malformed("Bad Host field");
            break;
        case 6:
            if (!same_name(name, "expect") || head.http_1_0) break;
            if (!same_name(value, "100-continue")) return refuse(417, "M_UNRECOGNIZED", "Unknown expectation");
            head.expects_continue = true;
            break;
        case 10:
            if (!same_name(name, "connection")) break;
            if (list_contains(value, "close")) head.keep_alive = false;
            if (head.http_1_0 && list_contains(value, "keep-alive")) head.keep_alive = true;
            break;
        case 14: {
            if (!same_name(name, "content-length")) break;
            if (head.length) return malformed("More than one Content-Length");
            auto length = parse_length(value);
            if (!length) return std::unexpected(length.error());
            head.length = *length;
            break;
        }
        case 17:
            if (!same_name(name, "transfer-encoding")) break;
            if (head.chunked || head.http_1_0 || !same_name(value, "chunked")) {
                return malformed("Unsupported Transfer-Encoding");
            }
            head.chunked = true;
            break;
        default: break;
    }
    return {};
}

std::string_view take_line(std::string_view& text) {
    auto end = text.find("\r\n");
    auto line = text.substr(0, end);
    text.remove_prefix(end + 2);
    return line;
}

// The lines behind the first one.
std::expected<void, Refusal> parse_fields(std::string_view text, Head& head, int& hosts) {
    for (auto line = take_line(text); !line.empty(); line = take_line(text)) {
        if (line.front() == ' ' || line.front() == '\t') return malformed("Folded header field");
        auto colon = line.find(':');
        if (colon == std::string_view::npos) return malformed("A header field without colon");
        auto name = line.substr(0, colon);
        auto value = trim(line.substr(colon + 1));
        if (!is_token(name)) return malformed("Bad header field name");
        if (!is_field_value(value)) return malformed("Control characters in a header field");
        if (auto noted = note_field(name, value, head, hosts); !noted) return std::unexpected(noted.error());
        head.headers.add(std::string(name), std::string(value));
    }
    if (head.chunked && head.length) return malformed("Both Content-Length and Transfer-Encoding");
    return {};
}

}  // namespace

std::expected<std::optional<std::size_t>, Refusal> HeadScanner::scan(std::string_view buffer,
                                                                     const CodecLimits& limits) {
    for (;;) {
        auto feed = buffer.find('\n', scanned_);
        auto seen = std::min(feed, buffer.size());
        if (seen > limits.header_bytes) {
            // RFC 9112, 3: of a target that nobody wants to read to its end, even when its line never ends.
            bool in_target = line_ == 0 && lines_ == 0 && buffer.substr(0, seen).contains(' ');
            if (in_target) return refuse(414, "M_TOO_LARGE", "The request target is too long");
            return refuse(431, "M_TOO_LARGE", "The request header is too large");
        }
        auto piece = buffer.substr(scanned_, seen - scanned_);
        if (piece.find('\0') != std::string_view::npos) return malformed("NUL in the request header");
        scanned_ = seen;
        if (feed == std::string_view::npos) return std::optional<std::size_t>();
        if (feed == line_ || buffer[feed - 1] != '\r') return malformed("A line of the header ends without CR");
        scanned_ = feed + 1;
        if (feed - 1 == line_) {
            if (lines_ > 0) return std::optional(feed + 1);
            // RFC 9112, 2.2: an empty line before the request is passed over. One, not any number.
            if (line_ > 0) return malformed("Empty lines instead of a request");
        } else if (++lines_ > limits.header_count + 1) {
            return refuse(431, "M_TOO_LARGE", "The request header has too many fields");
        }
        line_ = feed + 1;
    }
}

std::expected<Head, Refusal> parse_head(std::string_view text, const CodecLimits& limits) {
    Head head;
    int hosts = 0;
    if (text.starts_with("\r\n")) text.remove_prefix(2);
    if (auto line = parse_request_line(take_line(text), limits, head); !line) return std::unexpected(line.error());
    if (auto fields = parse_fields(text, head, hosts); !fields) return std::unexpected(fields.error());
    if (!head.http_1_0 && hosts == 0) return malformed("No Host field");
    return head;
}

std::expected<AnswerHead, Refusal> parse_answer_head(std::string_view text, const CodecLimits&) {
    auto line = take_line(text);
    Head head;
    int hosts = 0, status = 0;
    bool known = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
    if (!known || line.size() < 12 || (line.size() > 12 && line[12] != ' ') || !is_field_value(line)) {
        return malformed("Bad status line");
    }
    auto [end, error] = std::from_chars(line.data() + 9, line.data() + 12, status);
    if (error != std::errc() || end != line.data() + 12 || status < 100) return malformed("Bad status line");
    head.http_1_0 = line[7] == '0';
    head.keep_alive = !head.http_1_0;
    if (auto fields = parse_fields(text, head, hosts); !fields) return std::unexpected(fields.error());
    return AnswerHead{status, head.keep_alive, head.chunked, head.length, std::move(head.headers)};
}

// Collects one line into line_, without its CR LF. Zero taken bytes never mean progress: `in` is not empty.
std::expected<std::size_t, Refusal> ChunkDecoder::line(std::string_view in) {
    auto feed = in.find('\n');
    auto piece = in.substr(0, feed);
    line_ += piece;
    if (line_.size() > kChunkLineBytes) return malformed("A chunk line is too long");
    // A CR is good only as the last byte before the LF.
    auto cr = line_.find('\r');
    if (cr != std::string::npos && cr + 1 != line_.size()) return malformed("Bad chunk line");
    if (feed == std::string_view::npos) return piece.size();
    if (cr == std::string::npos) return malformed("Bad chunk line");
    line_.pop_back();
    if (!is_field_value(line_)) return malformed("Control characters in a chunk line");
    return piece.size() + 1;
}

std::expected<void, Refusal> ChunkDecoder::size_line() {
    auto digits = std::string_view(line_).substr(0, line_.find_first_of("; \t"));
    auto extension = trim(std::string_view(line_).substr(digits.size()));
    if (!extension.empty() && extension.front() != ';') return malformed("Bad chunk size");
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), left_, 16);
    if (digits.empty() || digits.size() > 15 || error != std::errc() || end != digits.data() + digits.size()) {
        return malformed("Bad chunk size");
    }
    return {};
}

std::expected<std::size_t, Refusal> ChunkDecoder::feed(std::string_view in, std::string& out, std::size_t max) {
    auto whole = in.size();
    while (!in.empty() && !done()) {
        if (state_ == State::data) {
            if (max == 0) break;
            auto take = static_cast<std::size_t>(std::min<std::uint64_t>({in.size(), left_, max}));
            out.append(in.substr(0, take));
            in.remove_prefix(take);
            max -= take;
            left_ -= take;
            if (left_ == 0) state_ = State::data_end;
            continue;
        }
        auto taken = line(in);
        if (!taken) return taken;
        bool complete = in[*taken - 1] == '\n';
        in.remove_prefix(*taken);
        if (!complete) continue;
        switch (state_) {
            case State::size:
                if (auto read = size_line(); !read) return std::unexpected(read.error());
                state_ = left_ == 0 ? State::trailer : State::data;
                break;
            case State::data_end:
                if (!line_.empty()) return malformed("A chunk is longer than its size");
                state_ = State::size;
                break;
            case State::trailer:
                if (line_.empty()) state_ = State::done;
                trailer_bytes_ += line_.size();
                if (trailer_bytes_ > kTrailerBytes) return malformed("The trailer is too large");
                if (!line_.empty() && !is_token(std::string_view(line_).substr(0, line_.find(':')))) {
                    return malformed("Bad trailer field");
                }
                break;
            case State::data:
            case State::done: break;
        }
        line_.clear();
    }
    return whole - in.size();
}

}  // namespace peyk::http
