// Spec: Portable Network Graphics (Third Edition), 11.3.6 (animation chunks) and 12.5 (rendering). Each frame is turned
// into a PNG of its own for the library, and drawn onto the canvas here.

#include <vips/vips.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "media/thumbnailer/frames.h"

namespace peyk::media::thumbnailer {
namespace {

constexpr std::string_view kSignature = "\x89PNG\r\n\x1a\n";

std::uint32_t u32(std::string_view bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

void put_u32(std::string& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
}

struct Chunk {
    std::string_view type;
    std::string_view data;
};

// Walks the chunks; checks their bounds, not their sums, which the library checks of what it decodes.
class Chunks {
public:
    explicit Chunks(std::string_view png) : rest_(png.substr(kSignature.size())) {}
    std::optional<Chunk> next() {
        if (rest_.size() < 12) return std::nullopt;
        const std::size_t length = u32(rest_, 0);
        if (length > rest_.size() - 12) return std::nullopt;
        const Chunk chunk{rest_.substr(4, 4), rest_.substr(8, length)};
        rest_.remove_prefix(12 + length);
        return chunk;
    }

private:
    std::string_view rest_;
};

void put_chunk(std::string& out, std::string_view type, std::string_view data) {
    put_u32(out, static_cast<std::uint32_t>(data.size()));
    const auto begin = out.size();
    out += type;
    out += data;
    const auto sum =
        crc32(0, reinterpret_cast<const Bytef*>(out.data() + begin), static_cast<uInt>(out.size() - begin));
    put_u32(out, static_cast<std::uint32_t>(sum));
}

enum class Dispose : unsigned char { none, background, previous };
enum class Blend : unsigned char { source, over };

struct Rect {
    std::uint32_t left, top, width, height;
};

struct Frame {
    Rect rect;
    int delay_ms;
    Dispose dispose;
    Blend blend;
    std::vector<std::string_view> data;  // of the deflated picture
};

struct Plan {
    std::string_view header;  // the data of IHDR
    std::string shared;       // chunks that every frame needs: palette, transparency
    std::uint32_t width = 0, height = 0, plays = 0, announced = 0;
    std::vector<Frame> frames;
    std::uint32_t sequence = 0;  // the next number that is right
};

std::optional<Frame> control(std::string_view data, const Plan& plan) {
    if (data.size() != 26) return std::nullopt;
    Frame frame{};
    frame.rect = {u32(data, 12), u32(data, 16), u32(data, 4), u32(data, 8)};
    const auto& rect = frame.rect;
    if (rect.width == 0 || rect.height == 0 || rect.width > plan.width || rect.height > plan.height ||
        rect.left > plan.width - rect.width || rect.top > plan.height - rect.height)
        return std::nullopt;
    auto byte = [&](std::size_t at) { return static_cast<unsigned char>(data[at]); };
    const int numerator = byte(20) << 8 | byte(21), denominator = byte(22) << 8 | byte(23);
    frame.delay_ms = numerator * 1000 / (denominator == 0 ? 100 : denominator);
    if (byte(24) > 2 || byte(25) > 1) return std::nullopt;
    frame.dispose = static_cast<Dispose>(byte(24));
    frame.blend = static_cast<Blend>(byte(25));
    return frame;
}

// Takes one chunk in. False: the file is not as the format wants it.
bool take(Plan& plan, const Chunk& chunk) {
    const auto& [type, data] = chunk;
    if (type == "IHDR") {
        if (data.size() != 13 || !plan.header.empty()) return false;
        plan.header = data;
        plan.width = u32(data, 0);
        plan.height = u32(data, 4);
        return true;
    }
    if (plan.header.empty()) return false;
    if (type == "PLTE" || type == "tRNS") {
        put_chunk(plan.shared, type, data);
    } else if (type == "acTL") {
        if (data.size() != 8 || plan.announced != 0) return false;
        plan.announced = u32(data, 0);
        plan.plays = u32(data, 4);
    } else if (type == "fcTL") {
        auto frame = control(data, plan);
        if (!frame || u32(data, 0) != plan.sequence++ || plan.frames.size() >= kMaxFrames) return false;
        if (!plan.frames.empty() && plan.frames.back().data.empty()) return false;
        plan.frames.push_back(*std::move(frame));
    } else if (type == "IDAT") {
        // Before the first fcTL: the still picture for who cannot show the animation, and no part of it.
        if (!plan.frames.empty()) plan.frames.back().data.push_back(data);
    } else if (type == "fdAT") {
        if (data.size() < 4 || u32(data, 0) != plan.sequence++ || plan.frames.empty()) return false;
        plan.frames.back().data.push_back(data.substr(4));
    }
    return true;
}

std::optional<Plan> read_plan(std::string_view png) {
    Plan plan;
    Chunks chunks(png);
    for (;;) {
        const auto chunk = chunks.next();
        if (!chunk || !take(plan, *chunk)) return std::nullopt;
        if (chunk->type == "IEND") break;
    }
    const bool whole =
        plan.frames.size() == plan.announced && plan.frames.size() >= 2 && !plan.frames.back().data.empty();
    if (!whole || static_cast<std::uint64_t>(plan.width) * plan.height > kMaxPixels) return std::nullopt;
    return plan;
}

class ApngFrames final : public Frames {
public:
    explicit ApngFrames(Plan plan)
        : Frames({static_cast<int>(plan.width), static_cast<int>(plan.height)}, static_cast<int>(plan.frames.size()),
                 static_cast<int>(std::min<std::uint32_t>(plan.plays, 65'535))),
          plan_(std::move(plan)) {}

    const std::uint8_t* next(int& delay_ms) override {
        if (at_ >= plan_.frames.size()) return nullptr;
        // Not before it is wanted: the limits of animations are looked at first.
        if (at_ == 0) canvas_.resize(static_cast<std::size_t>(plan_.width) * plan_.height * 4);
        if (at_ > 0) dispose(plan_.frames[at_ - 1]);
        const auto& frame = plan_.frames[at_];
        if (frame.dispose == Dispose::previous) before_ = canvas_;
        if (!draw(frame)) return nullptr;
        ++at_;
        delay_ms = frame.delay_ms;
        return canvas_.data();
    }

private:
    std::uint8_t* row(const Rect& rect, std::uint32_t y) {
        return canvas_.data() + (static_cast<std::size_t>(rect.top + y) * plan_.width + rect.left) * 4;
    }

    void dispose(const Frame& frame) {
        if (frame.dispose == Dispose::previous) canvas_ = before_;
        if (frame.dispose != Dispose::background) return;
        for (std::uint32_t y = 0; y < frame.rect.height; ++y)
            std::memset(row(frame.rect, y), 0, static_cast<std::size_t>(frame.rect.width) * 4);
    }

    bool draw(const Frame& frame) {
        std::string header;
        put_u32(header, frame.rect.width);
        put_u32(header, frame.rect.height);
        header += plan_.header.substr(8);
        std::string png(kSignature);
        put_chunk(png, "IHDR", header);
        png += plan_.shared;
        for (const auto& piece : frame.data) put_chunk(png, "IDAT", piece);
        put_chunk(png, "IEND", {});
        auto image = open_image(Format::png, png);
        if (!image) return false;
        auto rgba = to_rgba(std::move(image));
        auto pixels = rgba ? in_memory(rgba) : nullptr;
        if (!pixels || vips_image_get_width(pixels.get()) != static_cast<int>(frame.rect.width) ||
            vips_image_get_height(pixels.get()) != static_cast<int>(frame.rect.height))
            return false;
        for (std::uint32_t y = 0; y < frame.rect.height; ++y) {
            const auto* from = VIPS_IMAGE_ADDR(pixels.get(), 0, static_cast<int>(y));
            if (frame.blend == Blend::source) {
                std::memcpy(row(frame.rect, y), from, static_cast<std::size_t>(frame.rect.width) * 4);
            } else {
                blend(from, row(frame.rect, y), frame.rect.width);
            }
        }
        return true;
    }

    // Spec: 13.16 (alpha channel processing), for alpha that is not multiplied in.
    static void blend(const std::uint8_t* from, std::uint8_t* to, std::uint32_t count) {
        for (; count > 0; --count, from += 4, to += 4) {
            const unsigned above = from[3] * 255U, below = to[3] * (255U - from[3]), both = above + below;
            if (both == 0) continue;
            for (int band = 0; band < 3; ++band)
                to[band] = static_cast<std::uint8_t>((from[band] * above + to[band] * below + both / 2) / both);
            to[3] = static_cast<std::uint8_t>((both + 127) / 255);
        }
    }

    Plan plan_;
    std::vector<std::uint8_t> canvas_, before_;
    std::size_t at_ = 0;
};

}  // namespace

bool is_apng(std::string_view png) {
    Chunks chunks(png);
    while (const auto chunk = chunks.next()) {
        if (chunk->type == "acTL") return chunk->data.size() == 8 && u32(chunk->data, 0) > 1;
        if (chunk->type == "IDAT") break;
    }
    return false;
}

std::unique_ptr<Frames> apng_frames(std::string_view png) {
    auto plan = read_plan(png);
    if (!plan) return nullptr;
    return std::make_unique<ApngFrames>(*std::move(plan));
}

}  // namespace peyk::media::thumbnailer
