#include "media/thumbnailer/animation.h"

#include <webp/encode.h>
#include <webp/mux.h>

#include <algorithm>
#include <ctime>

#include "media/thumbnailer/shrinker.h"

namespace peyk::media::thumbnailer {
namespace {

// What browsers make of the shortest delays, which older programs wrote for "as quick as you can".
constexpr int kNoDelay = 10, kUsualDelay = 100;
constexpr int kLongestDelay = 60'000;

bool within_limits(const Frames& frames, Size size) {
    const auto count = static_cast<std::uint64_t>(frames.count());
    auto pixels = [count](Size of) {
        return static_cast<std::uint64_t>(of.width) * static_cast<std::uint64_t>(of.height) * count;
    };
    return frames.count() >= 2 && frames.count() <= kMaxFrames && pixels(frames.size()) <= kMaxPixelsRead &&
           pixels(size) <= kMaxPixelsMade;
}

// The processor time of this process: a machine that is busy with other things does not count.
std::int64_t cpu_ms_now() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

// What of a frame is seen: all of it, or of a crop the middle, as large as its shape allows.
Part part_of(Size frame, Size size, Method method) {
    if (method == Method::scale) return {0, 0, static_cast<double>(frame.width), static_cast<double>(frame.height)};
    const double shrink =
        std::min(static_cast<double>(frame.width) / size.width, static_cast<double>(frame.height) / size.height);
    const double width = size.width * shrink, height = size.height * shrink;
    return {(frame.width - width) / 2, (frame.height - height) / 2, width, height};
}

class Encoder {
public:
    Encoder(Size size, int plays) : size_(size) {
        WebPAnimEncoderOptions options;
        if (!WebPAnimEncoderOptionsInit(&options) || !WebPConfigInit(&config_)) return;
        options.anim_params.loop_count = plays;
        // A whole frame now and then bounds the work of who jumps into the middle.
        options.kmin = 9;
        options.kmax = 17;
        config_.quality = 75;
        config_.method = 1;
        encoder_ = WebPAnimEncoderNew(size.width, size.height, &options);
        ready_ = encoder_ && WebPPictureInit(&picture_);
        picture_.use_argb = 1;
        picture_.width = size.width;
        picture_.height = size.height;
    }
    ~Encoder() {
        if (ready_) WebPPictureFree(&picture_);
        WebPAnimEncoderDelete(encoder_);
    }
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;

    bool add(const std::vector<std::uint8_t>& rgba, int at_ms) {
        return ready_ && WebPPictureImportRGBA(&picture_, rgba.data(), size_.width * 4) &&
               WebPAnimEncoderAdd(encoder_, &picture_, at_ms, &config_);
    }
    // Lives as long as the process.
    std::optional<std::string_view> finish(int end_ms) {
        WebPData data;
        WebPDataInit(&data);
        if (!WebPAnimEncoderAdd(encoder_, nullptr, end_ms, nullptr) || !WebPAnimEncoderAssemble(encoder_, &data))
            return std::nullopt;
        return std::string_view(reinterpret_cast<const char*>(data.bytes), data.size);
    }

private:
    Size size_;
    WebPConfig config_{};
    WebPPicture picture_{};
    WebPAnimEncoder* encoder_ = nullptr;
    bool ready_ = false;
};

}  // namespace

std::optional<std::string_view> animate(Frames& frames, Size size, Method method, int cpu_ms) {
    const auto until = cpu_ms_now() + cpu_ms;
    if (!within_limits(frames, size)) return std::nullopt;
    Shrinker shrinker(frames.size(), part_of(frames.size(), size, method), size);
    Encoder encoder(size, frames.plays());
    std::vector<std::uint8_t> small(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 4);
    int at_ms = 0;
    for (int i = 0; i < frames.count(); ++i) {
        int delay_ms = 0;
        const auto* frame = cpu_ms_now() < until ? frames.next(delay_ms) : nullptr;
        if (!frame) return std::nullopt;
        shrinker.run(frame, small.data());
        if (!encoder.add(small, at_ms)) return std::nullopt;
        at_ms += delay_ms <= kNoDelay ? kUsualDelay : std::min(delay_ms, kLongestDelay);
    }
    return encoder.finish(at_ms);
}

}  // namespace peyk::media::thumbnailer
