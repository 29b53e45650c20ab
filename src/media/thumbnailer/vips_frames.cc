#include <vips/vips.h>

#include <algorithm>
#include <vector>

#include "media/thumbnailer/frames.h"

namespace peyk::media::thumbnailer {
namespace {

class VipsFrames final : public Frames {
public:
    VipsFrames(Image pages, Size size, int count, int plays, std::vector<int> delays)
        : Frames(size, count, plays), pages_(std::move(pages)), delays_(std::move(delays)) {}

    // The library draws one frame over the other from the first on, so they are asked for in order, each once.
    const std::uint8_t* next(int& delay_ms) override {
        if (at_ >= count()) return nullptr;
        const auto number = static_cast<std::size_t>(at_);
        delay_ms = number < delays_.size() ? delays_[number] : 0;
        VipsImage* part = nullptr;
        if (vips_crop(pages_.get(), &part, 0, at_ * size().height, size().width, size().height, nullptr) != 0)
            return nullptr;
        frame_ = in_memory(Image(part));
        ++at_;
        return frame_ ? VIPS_IMAGE_ADDR(frame_.get(), 0, 0) : nullptr;
    }

private:
    Image pages_;
    std::vector<int> delays_;
    Image frame_;
    int at_ = 0;
};

}  // namespace

std::unique_ptr<Frames> vips_frames(Format format, std::string_view bytes) {
    auto pages = open_image(format, bytes, Pages::all);
    if (!pages) return nullptr;
    const int count = vips_image_get_n_pages(pages.get());
    const Size size{vips_image_get_width(pages.get()), vips_image_get_page_height(pages.get())};
    if (count < 2 || vips_image_get_height(pages.get()) != size.height * count) return nullptr;
    std::vector<int> delays;
    int* known = nullptr;
    int length = 0;
    if (vips_image_get_typeof(pages.get(), "delay") != 0 &&
        vips_image_get_array_int(pages.get(), "delay", &known, &length) == 0)
        delays.assign(known, known + length);
    int plays = 0;
    if (vips_image_get_typeof(pages.get(), "loop") == 0 || vips_image_get_int(pages.get(), "loop", &plays) != 0)
        plays = 0;
    auto rgba = to_rgba(std::move(pages));
    if (!rgba) return nullptr;
    return std::make_unique<VipsFrames>(std::move(rgba), size, count, std::max(plays, 0), std::move(delays));
}

}  // namespace peyk::media::thumbnailer
