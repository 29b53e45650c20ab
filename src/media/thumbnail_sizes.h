#pragma once
// Which thumbnails exist.  Spec: Client-Server API › Content repository › Thumbnails.

#include <cstdint>
#include <optional>

namespace peyk::media {

enum class ThumbnailMethod : unsigned char { scale, crop };

struct ThumbnailRequest {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    ThumbnailMethod method = ThumbnailMethod::scale;
    bool animated = false;  // an animated answer is welcome
};

// One of the few sizes that are made and kept. `code` is part of the key of the stored row: never reuse one.
struct ThumbnailSize {
    std::uint8_t code;
    std::uint32_t width;
    std::uint32_t height;
    ThumbnailMethod method;
};

// The smallest size of the list that is not smaller than asked on either side. A crop keeps the aspect ratio that was
// asked for; where the list has no such shape, the whole image is scaled. nullopt: larger than all, serve the original.
std::optional<ThumbnailSize> snap(const ThumbnailRequest& request);

}  // namespace peyk::media
