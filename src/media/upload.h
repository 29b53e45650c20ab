#pragma once
// Inner parts of Media that several of its files need.

#include <string>

#include "base/bytes.h"
#include "media/media.h"

namespace peyk::media {

// Low bits of a row number that are random; above them stands the day.
inline constexpr unsigned kRandomBits = 40;

inline std::string row_key(std::uint64_t row) {
    std::string key;
    put_u64be(key, row);
    return key;
}

// Of kBorrowed: those that go first come first.
inline std::string borrowed_key(std::uint64_t end_ms, std::uint64_t row) {
    std::string key;
    put_u64be(key, end_ms);
    put_u64be(key, row);
    return key;
}

inline std::string encode_usage(const Media::Usage& usage) {
    std::string body;
    put_varint(body, usage.bytes);
    put_varint(body, usage.count);
    return body;
}

inline Media::Usage decode_usage(std::string_view body) {
    ByteReader in(body);
    Media::Usage usage;
    usage.bytes = in.varint();
    usage.count = in.varint();
    return usage;
}

// A finished file that no row knows yet. Unless kept, it goes with this object.
struct Media::Received {
    Media* media = nullptr;
    StoredFile file;

    Received(Media& owner, StoredFile stored) : media(&owner), file(std::move(stored)) {}
    Received(Received&& other) noexcept : media(std::exchange(other.media, nullptr)), file(std::move(other.file)) {}
    Received& operator=(Received&&) = delete;
    ~Received() {
        if (media) media->unlink_file(file.name);
    }
    void keep() { media = nullptr; }
};

// A body that is in memory already.
class StringSource final : public http::BodySource {
public:
    explicit StringSource(std::string text) : text_(std::move(text)) {}
    Task<Result<std::string>> read_some(std::size_t max) override {
        auto piece = text_.substr(std::min(at_, text_.size()), max);
        at_ += piece.size();
        co_return piece;
    }

private:
    std::string text_;
    std::size_t at_ = 0;
};

}  // namespace peyk::media
