#pragma once
// The bodies of the rows of tables.h.

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "media/sealed_file.h"

namespace peyk::media {

inline constexpr std::uint64_t kDayMs = 86'400'000;

// The uploader of what the server took from a page by itself. (The numbers of users are 64-bit hashes.)
inline constexpr std::uint64_t kNobody = 0;

// Where sealed bytes lie.
struct StoredFile {
    std::string name;  // 32 hexadecimal characters
    FileKey key;
    std::uint64_t size = 0;  // of the content
};

struct MediaRecord {
    std::string media_id;
    std::uint64_t uploader = kNobody;  // the user's number
    std::uint64_t expires_ms = 0;      // of an id without content, and of a borrowed picture; 0: stays
    std::optional<StoredFile> file;
    std::string content_type;  // as declared; empty: application/octet-stream
    std::string file_name;     // as given; empty: none

    std::string encode() const;
    static Result<MediaRecord> decode(std::string_view body);
};

enum class ThumbnailState : std::uint8_t {
    made = 1,
    original = 2,    // the original is what to serve
    unreadable = 3,  // no image that we decode
    too_large = 4,
};

struct ThumbnailRecord {
    ThumbnailState state = ThumbnailState::unreadable;
    std::uint8_t format = 0;  // thumbnailer::Format of what is served
    std::optional<StoredFile> file;

    std::string encode() const;
    static Result<ThumbnailRecord> decode(std::string_view body);
};

}  // namespace peyk::media
