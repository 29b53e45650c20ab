#include "http/compress.h"

#include <brotli/encode.h>
#include <zlib.h>

#include "base/error.h"

namespace peyk::http {
namespace {

constexpr int kGzipLevel = 1;
constexpr int kBrotliQuality = 1;
constexpr int kBrotliWindow = 18;

std::string_view trim(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

// "q=0", "q=0.0", …
bool forbidden(std::string_view parameters) {
    auto weight = parameters.find("q=");
    if (weight == std::string_view::npos) return false;
    auto number = parameters.substr(weight + 2);
    return number.starts_with('0') && number.find_first_of("123456789") == std::string_view::npos;
}

// zlib's state is a quarter of a megabyte: kept per thread and reset.
struct Gzip {
    z_stream stream{};
    bool ready;
    Gzip() : ready(deflateInit2(&stream, kGzipLevel, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK) {}
    ~Gzip() { deflateEnd(&stream); }
};

std::string gzip(std::string_view body) {
    static thread_local Gzip gzip;
    if (!gzip.ready || deflateReset(&gzip.stream) != Z_OK) return {};
    std::string out;
    out.resize(body.size());  // larger than the input is of no use
    auto& stream = gzip.stream;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
    stream.avail_in = static_cast<uInt>(body.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) return {};
    out.resize(stream.total_out);
    return out;
}

std::string brotli(std::string_view body) {
    std::string out;
    out.resize(body.size());
    auto size = out.size();
    auto done = BrotliEncoderCompress(kBrotliQuality, kBrotliWindow, BROTLI_MODE_TEXT, body.size(),
                                      reinterpret_cast<const std::uint8_t*>(body.data()), &size,
                                      reinterpret_cast<std::uint8_t*>(out.data()));
    if (!done) return {};
    out.resize(size);
    return out;
}

}  // namespace

std::string_view encoding_name(Encoding encoding) {
    switch (encoding) {
        case Encoding::gzip: return "gzip";
        case Encoding::brotli: return "br";
        case Encoding::identity: break;
    }
    return "";
}

Encoding accepted_encoding(std::string_view list) {
    auto best = Encoding::identity;
    while (!list.empty()) {
        auto comma = std::min(list.find(','), list.size());
        auto item = list.substr(0, comma);
        list.remove_prefix(std::min(comma + 1, list.size()));
        auto semicolon = std::min(item.find(';'), item.size());
        auto name = trim(item.substr(0, semicolon));
        if (forbidden(item.substr(semicolon))) continue;
        if (name == "br") best = Encoding::brotli;
        if ((name == "gzip" || name == "x-gzip") && best == Encoding::identity) best = Encoding::gzip;
    }
    return best;
}

std::string compress(Encoding encoding, std::string_view body) {
    if (body.size() > 64 * 1024 * 1024) return {};
    switch (encoding) {
        case Encoding::gzip: return gzip(body);
        case Encoding::brotli: return brotli(body);
        case Encoding::identity: break;
    }
    return {};
}

}  // namespace peyk::http
