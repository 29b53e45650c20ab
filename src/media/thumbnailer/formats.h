#pragma once
// The four formats, and how the library reads them.

#include <memory>
#include <optional>
#include <string_view>

#include "media/thumbnailer/protocol.h"

typedef struct _VipsImage VipsImage;

namespace peyk::media::thumbnailer {

struct Unref {
    void operator()(VipsImage* image) const;
};
using Image = std::unique_ptr<VipsImage, Unref>;

struct Size {
    int width;
    int height;
};

// The formats by their first bytes; the declared type plays no part.
std::optional<Format> sniff(std::string_view image);

// Reads the header only: nothing is decoded until pixels are asked for. Null: not readable. The bytes outlive it.
enum class Pages : unsigned char { first, all };  // all: below each other, to be read from top to bottom
Image open_image(Format format, std::string_view bytes, Pages pages = Pages::first);

// Any of them in eight bits of sRGB with alpha. Null: not possible.
Image to_rgba(Image image);

// The pixels in memory. Null: the image is broken.
Image in_memory(const Image& image);

}  // namespace peyk::media::thumbnailer
