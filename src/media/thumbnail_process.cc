#include "media/thumbnail_process.h"

#include <algorithm>
#include <cstring>

#include "base/logging.h"
#include "media/sandbox/child.h"
#include "media/thumbnailer/protocol.h"

namespace peyk::media {

constexpr ThumbnailSize kWhole{64, thumbnailer::kMaxSide, thumbnailer::kMaxSide, ThumbnailMethod::scale};

Result<MadeThumbnail> run_decoder(const DecoderOptions& options, const MemoryFile& image, const ThumbnailSize& size,
                                  bool animated) {
    PEYK_TRY(const auto answer, MemoryFile::create("thumbnail"));
    std::vector<std::string> arguments{std::to_string(size.width), std::to_string(size.height),
                                       size.method == ThumbnailMethod::crop ? "crop" : "scale",
                                       animated ? "any" : "still",
                                       // The other half is for the still one that is made when this is not enough.
                                       std::to_string(std::max<std::int64_t>(1, options.time.count() / 2))};
    PEYK_TRY(const auto end, run_child(options.program, std::move(arguments), image.fd(), answer.fd(), options.time));
    if (end.timed_out) return fail(Errc::unavailable, "The thumbnail took too long");
    if (end.signal != 0 || end.status == sandbox::kNoSandbox || end.status == sandbox::kUsage) {
        log::warning("media", "the image decoder failed: signal {}, status {}", end.signal, end.status);
        return fail(Errc::unavailable, "The thumbnail could not be made");
    }
    MadeThumbnail made;
    if (end.status == thumbnailer::kTooLarge) made.state = ThumbnailState::too_large;
    if (end.status != thumbnailer::kDone && end.status != thumbnailer::kOriginal) return made;
    // The decoder may have been taken over by the image: believe nothing but the shape of its answer.
    PEYK_TRY(auto bytes, answer.read_all(thumbnailer::kMaxOutput));
    thumbnailer::Header header;
    if (bytes.size() < sizeof header) return made;
    std::memcpy(&header, bytes.data(), sizeof header);
    const auto format = static_cast<std::uint32_t>(header.format);
    if (header.magic != thumbnailer::Header::kMagic || format < 1 || format > 4) return made;
    made.format = static_cast<std::uint8_t>(format);
    made.width = std::min(header.width, static_cast<std::uint32_t>(thumbnailer::kMaxSide));
    made.height = std::min(header.height, static_cast<std::uint32_t>(thumbnailer::kMaxSide));
    if (end.status == thumbnailer::kOriginal) {
        made.state = ThumbnailState::original;
    } else if (bytes.size() > sizeof header) {
        made.state = ThumbnailState::made;
        made.bytes = bytes.substr(sizeof header);
    }
    return made;
}

}  // namespace peyk::media
