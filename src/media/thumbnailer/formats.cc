#include "media/thumbnailer/formats.h"

#include <vips/vips.h>

namespace peyk::media::thumbnailer {

void Unref::operator()(VipsImage* image) const { g_object_unref(image); }

std::optional<Format> sniff(std::string_view image) {
    if (image.starts_with("\x89PNG\r\n\x1a\n")) return Format::png;
    if (image.starts_with("\xff\xd8\xff")) return Format::jpeg;
    if (image.starts_with("GIF87a") || image.starts_with("GIF89a")) return Format::gif;
    if (image.size() >= 12 && image.starts_with("RIFF") && image.substr(8, 4) == "WEBP") return Format::webp;
    return std::nullopt;
}

Image open_image(Format format, std::string_view bytes, Pages pages) {
    VipsImage* opened = nullptr;
    auto* data = const_cast<char*>(bytes.data());
    const auto size = bytes.size();
    const int n = pages == Pages::all ? -1 : 1;
    const auto access = pages == Pages::all ? VIPS_ACCESS_SEQUENTIAL : VIPS_ACCESS_RANDOM;
    int failed = 1;
    switch (format) {
        case Format::png: failed = vips_pngload_buffer(data, size, &opened, nullptr); break;
        case Format::jpeg: failed = vips_jpegload_buffer(data, size, &opened, nullptr); break;
        case Format::gif: failed = vips_gifload_buffer(data, size, &opened, "n", n, "access", access, nullptr); break;
        case Format::webp: failed = vips_webpload_buffer(data, size, &opened, "n", n, "access", access, nullptr); break;
    }
    return Image(failed ? nullptr : opened);
}

Image to_rgba(Image image) {
    VipsImage* next = nullptr;
    if (vips_image_get_interpretation(image.get()) != VIPS_INTERPRETATION_sRGB) {
        if (vips_colourspace(image.get(), &next, VIPS_INTERPRETATION_sRGB, nullptr) != 0) return nullptr;
        image.reset(next);
    }
    if (!vips_image_hasalpha(image.get())) {
        if (vips_addalpha(image.get(), &next, nullptr) != 0) return nullptr;
        image.reset(next);
    }
    if (vips_cast_uchar(image.get(), &next, nullptr) != 0) return nullptr;
    image.reset(next);
    return vips_image_get_bands(image.get()) == 4 ? std::move(image) : nullptr;
}

Image in_memory(const Image& image) { return Image(vips_image_copy_memory(image.get())); }

}  // namespace peyk::media::thumbnailer
