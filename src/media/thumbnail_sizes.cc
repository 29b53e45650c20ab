#include "media/thumbnail_sizes.h"

#include <array>

namespace peyk::media {
namespace {

using enum ThumbnailMethod;

// The five of the specification, and what clients with fine displays ask for. Smallest first.
constexpr std::array kSizes{
    ThumbnailSize{1, 32, 32, crop},    ThumbnailSize{2, 96, 96, crop},       ThumbnailSize{6, 256, 256, crop},
    ThumbnailSize{7, 512, 512, crop},  ThumbnailSize{8, 320, 240, crop},     ThumbnailSize{9, 640, 480, crop},
    ThumbnailSize{10, 800, 600, crop}, ThumbnailSize{3, 320, 240, scale},    ThumbnailSize{4, 640, 480, scale},
    ThumbnailSize{5, 800, 600, scale}, ThumbnailSize{11, 1600, 1200, scale},
};

bool covers(const ThumbnailSize& size, const ThumbnailRequest& request) {
    return size.width >= request.width && size.height >= request.height;
}

bool same_shape(const ThumbnailSize& size, const ThumbnailRequest& request) {
    // In 64 bits: both factors come from outside.
    return std::uint64_t{size.width} * request.height == std::uint64_t{size.height} * request.width;
}

}  // namespace

std::optional<ThumbnailSize> snap(const ThumbnailRequest& request) {
    if (request.method == crop) {
        for (const auto& size : kSizes)
            if (size.method == crop && covers(size, request) && same_shape(size, request)) return size;
    }
    for (const auto& size : kSizes)
        if (size.method == scale && covers(size, request)) return size;
    return std::nullopt;
}

}  // namespace peyk::media
