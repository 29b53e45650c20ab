#pragma once
// A media service over the memory engine, behind a real router.

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "async/one_shot.h"
#include "base/bytes.h"
#include "client_api/media/endpoints.h"
#include "media/media.h"
#include "media/tables.h"
#include "storage/testing.h"

namespace peyk::media::test {

// A folder that goes with the test.
struct Folder {
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "peyk-media-XXXXXX").string();
        path = mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
inline void write_file(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

// Bytes that repeat nowhere nearby.
inline std::string noise(std::size_t size, std::uint64_t seed = 1) {
    std::string bytes(size, '\0');
    SeededRandom(seed).fill({reinterpret_cast<std::uint8_t*>(bytes.data()), size});
    return bytes;
}

// Comes in pieces; can break off, or wait before its end.
class Pieces final : public http::BodySource {
public:
    explicit Pieces(std::string bytes, std::size_t piece = 100'000) : bytes_(std::move(bytes)), piece_(piece) {}
    Task<Result<std::string>> read_some(std::size_t max) override {
        if (gate) {
            auto open = std::exchange(gate, std::nullopt);
            co_await open->get();
        }
        if (fails && at_ >= bytes_.size()) co_return fail(Errc::cancelled, "the peer is gone");
        auto piece = bytes_.substr(std::min(at_, bytes_.size()), std::min(max, piece_));
        at_ += piece.size();
        co_return piece;
    }
    bool fails = false;
    std::optional<OneShot<int>> gate;

private:
    std::string bytes_;
    std::size_t piece_;
    std::size_t at_ = 0;
};

inline std::string png_chunk(std::string type_and_data) {
    std::string out;
    put_u32be(out, static_cast<std::uint32_t>(type_and_data.size() - 4));
    const auto crc =
        crc32(0, reinterpret_cast<const Bytef*>(type_and_data.data()), static_cast<uInt>(type_and_data.size()));
    out += type_and_data;
    put_u32be(out, static_cast<std::uint32_t>(crc));
    return out;
}

// A PNG whose header says width x height, and whose `rows` rows (the default: all) are there. Red, or half transparent.
inline std::string png(std::uint32_t width, std::uint32_t height, bool transparent = false,
                       std::optional<std::uint32_t> rows = {}) {
    std::string pixels;
    for (std::uint32_t y = 0; y < rows.value_or(height); ++y) {
        pixels += '\0';
        for (std::uint32_t x = 0; x < width; ++x) {
            pixels += {static_cast<char>(0xff), static_cast<char>(x), static_cast<char>(y)};
            if (transparent) pixels += static_cast<char>(0x80);
        }
    }
    std::string packed(compressBound(static_cast<uLong>(pixels.size())), '\0');
    auto length = static_cast<uLongf>(packed.size());
    compress(reinterpret_cast<Bytef*>(packed.data()), &length, reinterpret_cast<const Bytef*>(pixels.data()),
             static_cast<uLong>(pixels.size()));
    packed.resize(length);
    std::string header = "IHDR";
    put_u32be(header, width);
    put_u32be(header, height);
    header += {8, transparent ? '\6' : '\2', 0, 0, 0};
    return "\x89PNG\r\n\x1a\n" + png_chunk(header) + png_chunk("IDAT" + packed) + png_chunk("IEND");
}

struct Tokens final : users::Authenticator {
    explicit Tokens(const storage::Db& db) : db(db) {}
    Result<users::Caller> authenticate(std::string_view token) override {
        auto user = UserId::trusted(fmt::format("@{}:example.org", token));
        users::Caller caller{user, DeviceId::trusted("D"), db.number(user.str()), 1};
        caller.guest = token == "guest";
        caller.suspended = token == "suspended";
        return caller;
    }
    const storage::Db& db;
};

struct Answer {
    int status = 0;
    http::Headers headers;
    std::string body;
    std::string header(std::string_view name) const { return std::string(headers.find(name).value_or("-")); }
    json::Object json() const { return json::parse_object(body).value_or(json::Object{}); }
    std::string text(std::string_view key) const {
        const auto object = json();
        const auto* value = object.find(key);
        return value && value->string() ? *value->string() : "";
    }
    std::string errcode() const { return text("errcode"); }
};

class MediaTest : public testing::Test {
protected:
    MediaTest() { options.folder = folder.path / "media"; }
    ~MediaTest() override {
        if (media) media->stop();
        timers.stop();
    }

    // For tests of previews, which have them.
    virtual Previews* previews() { return nullptr; }

    // Builds the service with `options`; again: a restart over the same store and folder.
    void start() {
        options.thumbnailer = PEYK_THUMBNAILER;
        endpoints.server_name = "example.org";
        api.reset();
        media.reset();
        router = std::make_unique<http::Router>();
        media = std::make_unique<Media>(options, test.db, clock, random, timers);
        ASSERT_TRUE(media->start());
        api = std::make_unique<client_api::Api>(*router, tokens, limiter);
        client_api::add_media_endpoints(*api, *media, previews(), endpoints);
    }

    struct Sent {
        std::string user = "ada";
        std::string body = {};
        std::vector<std::pair<std::string, std::string>> headers = {};
        bool declare_length = true;
        std::unique_ptr<http::BodySource> stream = {};
    };
    Task<Answer> exchange(http::Method method, std::string target, Sent sent) {
        const auto question = target.find('?');
        http::Request request;
        request.method = method;
        request.path = target.substr(0, question);
        if (question != std::string::npos) request.query = target.substr(question + 1);
        if (!sent.user.empty()) request.headers.add("Authorization", "Bearer " + sent.user);
        for (auto& [name, value] : sent.headers) request.headers.add(name, value);
        Answer answer;
        const auto match = router->match(method, request.path);
        if (!match.route) co_return answer;
        request.captures = match.captures;
        if (match.route->streams_body) {
            if (sent.declare_length && !sent.stream) request.length = sent.body.size();
            request.stream = sent.stream ? std::move(sent.stream) : std::make_unique<Pieces>(std::move(sent.body));
        } else {
            request.body = std::move(sent.body);
        }
        auto response = co_await match.route->handler(std::move(request));
        answer.status = response.status;
        answer.headers = response.headers;
        answer.body = response.body;
        if (response.stream) {
            for (;;) {
                auto piece = co_await response.stream->read_some(10'000);
                EXPECT_TRUE(piece) << piece.error().detail;
                if (!piece || piece->empty()) break;
                answer.body += *piece;
            }
            EXPECT_EQ(answer.body.size(), response.length);
        }
        co_return answer;
    }
    Answer send(http::Method method, std::string target, Sent sent) {
        return run_blocking(workers, exchange(method, std::move(target), std::move(sent)));
    }
    Answer get(std::string target, std::string user = "ada",
               std::vector<std::pair<std::string, std::string>> headers = {}) {
        return send(http::Method::get, std::move(target), Sent{.user = std::move(user), .headers = std::move(headers)});
    }
    // The part of the mxc:// URI that follows the scheme: "server/id".
    std::string upload(std::string bytes, std::string type = "", std::string query = "", std::string user = "ada") {
        Sent sent{.user = std::move(user), .body = std::move(bytes)};
        if (!type.empty()) sent.headers.emplace_back("Content-Type", std::move(type));
        const auto answer = send(http::Method::post, "/_matrix/media/v3/upload" + query, std::move(sent));
        EXPECT_EQ(answer.status, 200) << answer.body;
        const auto uri = answer.text("content_uri");
        EXPECT_TRUE(uri.starts_with("mxc://example.org/")) << uri;
        return uri.size() > 6 ? uri.substr(6) : "";
    }
    static std::string download_path(const std::string& media) { return "/_matrix/client/v1/media/download/" + media; }
    static std::string thumbnail_path(const std::string& media, const std::string& query) {
        return "/_matrix/client/v1/media/thumbnail/" + media + "?" + query;
    }
    static MediaId id_of(const std::string& media) { return MediaId::trusted(media.substr(media.find('/') + 1)); }

    std::vector<std::filesystem::path> files() const {
        std::vector<std::filesystem::path> found;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(options.folder))
            if (entry.is_regular_file()) found.push_back(entry.path());
        return found;
    }

    Folder folder;
    ManualClock clock;
    SystemRandom random;
    Timers timers{clock, Timers::Mode::manual};
    storage::TestDb test{kTables};
    Tokens tokens{test.db};
    privacy::RateLimiter limiter{privacy::RateLimits{.enabled = false}, clock, random};
    WorkerPool workers{"workers", 4};
    MediaOptions options;
    client_api::MediaEndpointOptions endpoints;
    std::unique_ptr<http::Router> router;
    std::unique_ptr<Media> media;
    std::unique_ptr<client_api::Api> api;
};

}  // namespace peyk::media::test
