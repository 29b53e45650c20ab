#pragma once
// Runs the image decoder. Blocking: on the pool of thumbnails only.

#include <filesystem>
#include <string>

#include "media/child_process.h"
#include "media/records.h"
#include "media/thumbnail_sizes.h"

namespace peyk::media {

struct DecoderOptions {
    std::filesystem::path program;  // of peyk-thumbnailer
    Millis time{4'000};             // wall clock; killed afterwards
};

struct MadeThumbnail {
    ThumbnailState state = ThumbnailState::unreadable;
    // Of `made` and `original`. What a decoder says that was taken over by an image: in bounds, and no more.
    std::uint8_t format = 0;  // thumbnailer::Format
    std::uint32_t width = 0, height = 0;
    std::string bytes = {};  // of `made`
};

// `image`: sealed. `animated`: the thumbnail of an animation may be one. Errors: unavailable (the decoder is missing,
// was killed or ran out of time): ask again later, or for less.
Result<MadeThumbnail> run_decoder(const DecoderOptions& options, const MemoryFile& image, const ThumbnailSize& size,
                                  bool animated);

// Asked for more than the largest size: the original, if it is an image at all.
extern const ThumbnailSize kWhole;

}  // namespace peyk::media
