#include "web/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "http/compress.h"
#include "web/brotli.h"

namespace peyk::web {
namespace {

// For folders, which are packed at every start: a tenth of the time of the best, and a tenth larger.
constexpr int kQuick = 5;
constexpr std::size_t kSumLetters = 8;

// Nothing from elsewhere. The client's cryptography is WebAssembly, which needs a word of its own; pictures that were
// decrypted in the page are blobs.
constexpr std::string_view kPolicy =
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; frame-ancestors 'none'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'";
// Camera and microphone for messages and calls; what else browsers offer is off.
constexpr std::string_view kPermissions =
    "camera=(self), microphone=(self), accelerometer=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "
    "magnetometer=(), midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=()";

constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kTypes{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".wasm", "application/wasm"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".map", "application/json"},
    {".txt", "text/plain; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".webp", "image/webp"},
    {".jpg", "image/jpeg"},
    {".woff2", "font/woff2"},
    {".ogg", "audio/ogg"},
    {".mp3", "audio/mpeg"},
    {".wav", "audio/wav"},
}};

// Bytes of the pack, copied piece by piece.
class Piecewise final : public http::BodySource {
public:
    explicit Piecewise(std::string_view bytes) : rest_(bytes) {}
    Task<Result<std::string>> read_some(std::size_t max) override {
        std::string piece(rest_.substr(0, max));
        rest_.remove_prefix(piece.size());
        co_return piece;
    }

private:
    std::string_view rest_;
};

// A tag of the list is ours. Weak ones compare like strong ones here. Spec: RFC 9110 › 13.1.2.
bool lists_tag(std::string_view list, std::string_view tag) {
    while (!list.empty()) {
        auto comma = std::min(list.find(','), list.size());
        auto item = list.substr(0, comma);
        list.remove_prefix(std::min(comma + 1, list.size()));
        auto first = item.find_first_not_of(" \t");
        if (first == std::string_view::npos) continue;
        item = item.substr(first, item.find_last_not_of(" \t") - first + 1);
        if (item.starts_with("W/")) item.remove_prefix(2);
        if (item == "*" || item == tag) return true;
    }
    return false;
}

bool accepts_brotli(const http::Request& request) {
    auto accepted = request.headers.find("Accept-Encoding");
    return accepted && http::accepted_encoding(*accepted) == http::Encoding::brotli;
}

void set_headers(http::Response& response, const PackedFile& file, std::string tag) {
    auto& headers = response.headers;
    headers.set("Content-Type", std::string(content_type_of(file.path)));
    headers.set("ETag", std::move(tag));
    headers.set("Cache-Control",
                keep_of(file.path) == Keep::for_ever ? "public, max-age=31536000, immutable" : "no-cache");
    headers.set("Vary", "Accept-Encoding");
    headers.set("Content-Security-Policy", std::string(kPolicy));
    headers.set("Referrer-Policy", "no-referrer");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("X-Frame-Options", "DENY");
    headers.set("Permissions-Policy", std::string(kPermissions));
    headers.set("Cross-Origin-Opener-Policy", "same-origin");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
}

}  // namespace

Keep keep_of(std::string_view path) {
    auto name = path.substr(path.rfind('/') + 1);
    auto is_sum = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
    for (auto dash = name.find('-'); dash != std::string_view::npos; dash = name.find('-', dash + 1)) {
        auto sum = name.substr(dash + 1, kSumLetters);
        auto behind = name.substr(std::min(name.size(), dash + 1 + kSumLetters));
        if (sum.size() == kSumLetters && behind.starts_with('.') && std::ranges::all_of(sum, is_sum))
            return Keep::for_ever;
    }
    return Keep::ask;
}

std::string_view content_type_of(std::string_view path) {
    for (const auto& [ending, type] : kTypes) {
        if (path.ends_with(ending)) return type;
    }
    return "application/octet-stream";
}

Result<Site> Site::make(std::string_view pack) {
    PEYK_TRY(auto files, read_pack(pack));
    if (!std::ranges::binary_search(files, "index.html", {}, &PackedFile::path))
        return fail(Errc::bad_request, "the pack of the web client has no index.html");
    return Site(std::move(files));
}

Result<Site> Site::load(const std::filesystem::path& folder) {
    PEYK_TRY(auto pack, pack_folder(folder, kQuick));
    auto own = std::make_unique<const std::string>(std::move(pack));
    PEYK_TRY(auto site, make(*own));
    site.own_ = std::move(own);
    return site;
}

void Site::add_routes(http::Router& router) const {
    auto add = [&router](std::string pattern, const PackedFile& file) {
        http::Route route{.method = http::Method::get, .pattern = std::move(pattern)};
        route.handler = [&file](http::Request request) { return serve(file, std::move(request)); };
        router.add(std::move(route));
    };
    for (const auto& file : files_) {
        if (file.path != "index.html") {
            add("/" + std::string(file.path), file);
            continue;
        }
        // Places of the client's own: it reads the address when it starts.
        for (auto place : {"/", "/index.html", "/i/{token}", "/room/{place...}"}) add(place, file);
    }
}

Task<http::Response> Site::serve(const PackedFile& file, http::Request request) {
    bool packed = file.coding == Coding::brotli && accepts_brotli(request);
    // A strong tag names bytes, so what is sent decompressed has one of its own.
    auto tag = fmt::format("\"{}{}\"", hex_encode(file.sum), packed ? "-br" : "");
    auto known = request.headers.find("If-None-Match");
    bool unchanged = known && lists_tag(*known, tag);
    http::Response response;
    set_headers(response, file, std::move(tag));
    if (unchanged) {
        response.status = 304;
        co_return response;
    }
    if (packed) response.headers.set("Content-Encoding", "br");
    response.length = packed || file.coding == Coding::identity ? file.packed.size() : file.size;
    if (packed || file.coding == Coding::identity) {
        response.stream = std::make_unique<Piecewise>(file.packed);
    } else {
        response.stream = unpacking(file.packed);
    }
    co_return response;
}

}  // namespace peyk::web
