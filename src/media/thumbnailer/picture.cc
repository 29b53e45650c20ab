#include "media/thumbnailer/picture.h"

#include <malloc.h>
#include <vips/vips.h>
//
#include <vips/vector.h>  // needs the former

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <new>
#include <optional>
#include <thread>

#include "media/thumbnailer/animation.h"
#include "media/thumbnailer/formats.h"

namespace peyk::media::thumbnailer {
namespace {

// The thumbnail's size: never larger than the image, and no side smaller than wanted where the image allows it.
//   scale  the whole image, just large enough to cover the wanted size
//   crop   the wanted aspect ratio, and the wanted size unless a side of the image is shorter
// nullopt: the image would not become smaller.
std::optional<Size> target(Size image, const Wanted& wanted) {
    const double across = static_cast<double>(image.width) / wanted.width;
    const double down = static_cast<double>(image.height) / wanted.height;
    const double shrink = std::min(across, down);
    if (wanted.method == Method::scale) {
        if (shrink <= 1) return std::nullopt;
        return Size{static_cast<int>(std::ceil(image.width / shrink - 1e-6)),
                    static_cast<int>(std::ceil(image.height / shrink - 1e-6))};
    }
    if (across <= 1 && down <= 1) return std::nullopt;
    const double part = std::min(1.0, shrink);
    return Size{std::max(1, static_cast<int>(std::floor(wanted.width * part + 1e-6))),
                std::max(1, static_cast<int>(std::floor(wanted.height * part + 1e-6)))};
}

struct Encoded {
    void* bytes = nullptr;
    std::size_t size = 0;
};

std::optional<Encoded> encode(VipsImage* image, Format format) {
    Encoded out;
    int failed = 1;
    // "strip": no EXIF (place, camera, embedded preview), no XMP, no comments, no colour profile.
    switch (format) {
        case Format::jpeg:
            failed = vips_jpegsave_buffer(image, &out.bytes, &out.size, "Q", 82, "strip", TRUE, "optimize_coding", TRUE,
                                          nullptr);
            break;
        case Format::png:
            failed = vips_pngsave_buffer(image, &out.bytes, &out.size, "compression", 7, "strip", TRUE, nullptr);
            break;
        case Format::webp:
        case Format::gif:
            failed = vips_webpsave_buffer(image, &out.bytes, &out.size, "Q", 80, "effort", 3, "strip", TRUE, nullptr);
            break;
    }
    if (failed) return std::nullopt;
    return out;
}

// Drawings and screenshots stay sharp as PNG as long as that is small; what is not small goes lossy.
constexpr std::size_t kSmallPng = 160 * 1024;

std::optional<std::pair<Encoded, Format>> encode_best(VipsImage* image, Format source) {
    const bool transparent = vips_image_hasalpha(image);
    if (source != Format::jpeg && (source == Format::png || transparent)) {
        if (auto png = encode(image, Format::png); png && png->size <= kSmallPng) return {{*png, Format::png}};
    }
    const Format lossy = transparent ? Format::webp : Format::jpeg;
    auto out = encode(image, lossy);
    if (!out) return std::nullopt;
    return {{*out, lossy}};
}

// The pixels in memory, upright, in sRGB, at the size of the thumbnail.
VipsImage* shrink(std::string_view image, Size size, const Wanted& wanted) {
    VipsImage* lazy = nullptr;
    auto* data = const_cast<char*>(image.data());
    const int failed =
        vips_thumbnail_buffer(data, image.size(), &lazy, size.width, "height", size.height, "size",
                              wanted.method == Method::crop ? VIPS_SIZE_DOWN : VIPS_SIZE_FORCE, "crop",
                              wanted.method == Method::crop ? VIPS_INTERESTING_CENTRE : VIPS_INTERESTING_NONE,
                              "export_profile", "srgb", "fail_on", VIPS_FAIL_ON_TRUNCATED, nullptr);
    if (failed) return nullptr;
    // The source is read in one sequential pass, and a second encoder must not need a second pass.
    VipsImage* pixels = vips_image_copy_memory(lazy);
    g_object_unref(lazy);
    return pixels;
}

}  // namespace

bool start_decoder(const char* program) {
    // No plug-in loaders (they are looked for below VIPSHOME), which saves 20 ms and a great deal of code; no time zone
    // file, which the C library would open at a bad moment.
    setenv("VIPSHOME", "/nonexistent", 1);
    setenv("TZ", "UTC0", 1);
    tzset();
    // One heap for all threads: giving a second heap back makes the C library read a file of /proc.
    mallopt(M_ARENA_MAX, 1);
    // The C library installs its signal handlers with the first thread; after that no thread needs to.
    std::thread([] {}).join();
    // Complaints about broken images go nowhere: nobody reads them, and looking for a journal is a forbidden call.
    g_log_set_writer_func([](GLogLevelFlags, const GLogField*, gsize, gpointer) { return G_LOG_WRITER_HANDLED; },
                          nullptr, nullptr);
    g_log_set_default_handler([](const char*, GLogLevelFlags, const char*, gpointer) {}, nullptr);
    if (vips_init(program) != 0) return false;
    vips_concurrency_set(1);
    // Generated code would need executable memory, which the sandbox refuses.
    vips_vector_set_enabled(FALSE);
    vips_cache_set_max(0);
    // Only loaders that are meant for hostile input, and of these only four.
    vips_block_untrusted_set(TRUE);
    vips_operation_block_set("VipsForeignLoad", TRUE);
    for (const char* loader :
         {"VipsForeignLoadPng", "VipsForeignLoadJpeg", "VipsForeignLoadNsgif", "VipsForeignLoadWebp"})
        vips_operation_block_set(loader, FALSE);
    return true;
}

namespace {

bool is_animated(VipsImage* header, Format format, std::string_view image) {
    return vips_image_get_n_pages(header) > 1 || (format == Format::png && is_apng(image));
}

// nullopt: make a still one.
std::optional<std::string_view> make_animated(Format format, std::string_view image, Size size, const Wanted& wanted) {
    try {
        auto frames = format == Format::png ? apng_frames(image) : vips_frames(format, image);
        return frames ? animate(*frames, size, wanted.method, wanted.animation_ms) : std::nullopt;
    } catch (const std::bad_alloc&) {
        return std::nullopt;
    }
}

}  // namespace

Picture make_thumbnail(std::string_view image, const Wanted& wanted) {
    Picture picture;
    auto format = sniff(image);
    if (!format) return picture;
    auto header = open_image(*format, image);
    if (!header) return picture;
    Size size{vips_image_get_width(header.get()), vips_image_get_height(header.get())};
    if (static_cast<std::uint64_t>(size.width) * static_cast<std::uint64_t>(size.height) > kMaxPixels ||
        static_cast<std::uint64_t>(std::max(size.width, size.height)) > kMaxSide) {
        picture.verdict = kTooLarge;
        return picture;
    }
    const bool animated = is_animated(header.get(), *format, image);
    const bool turned = vips_image_get_orientation_swap(header.get());
    if (turned) std::swap(size.width, size.height);
    header.reset();

    auto set = [&picture](Exit verdict, Format of, Size to) {
        picture.verdict = verdict;
        picture.header.format = of;
        picture.header.width = static_cast<std::uint32_t>(to.width);
        picture.header.height = static_cast<std::uint32_t>(to.height);
    };
    auto becomes = target(size, wanted);
    const bool moves = animated && wanted.animation == Animation::any;
    if (!becomes && (!animated || moves)) {
        set(kOriginal, *format, size);
        return picture;
    }
    if (moves && !turned) {
        if (auto webp = make_animated(*format, image, *becomes, wanted)) {
            // Of few colours or many pixels: then the original is the better thumbnail.
            const bool smaller = webp->size() < image.size();
            set(smaller ? kDone : kOriginal, smaller ? Format::webp : *format, smaller ? *becomes : size);
            picture.bytes = webp->data();
            picture.size = smaller ? webp->size() : 0;
            return picture;
        }
    }
    VipsImage* pixels = shrink(image, becomes.value_or(size), wanted);
    if (!pixels) return picture;
    auto encoded = encode_best(pixels, *format);
    if (!encoded) return picture;
    set(kDone, encoded->second, {vips_image_get_width(pixels), vips_image_get_height(pixels)});
    picture.bytes = encoded->first.bytes;
    picture.size = encoded->first.size;
    return picture;
}

}  // namespace peyk::media::thumbnailer
