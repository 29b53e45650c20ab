#pragma once
// Makes animations for the tests, and looks at those that come back.

#include <gtest/gtest.h>
#include <webp/demux.h>

#include <array>
#include <functional>

#include "unit/media/support.h"

namespace peyk::media::test {

using Rgba = std::array<std::uint8_t, 4>;
inline constexpr Rgba kRed{255, 0, 0, 255}, kGreen{0, 255, 0, 255}, kBlue{0, 0, 255, 255}, kClear{0, 0, 0, 0};

// What a pixel of a frame looks like.
using Painter = std::function<Rgba(int frame, int x, int y)>;
inline Rgba one_colour_per_frame(int frame, int, int) {
    return std::array{kRed, kGreen, kBlue}[static_cast<std::size_t>(frame) % 3];
}

inline void put_u16le(std::string& out, std::size_t value) {
    out += {static_cast<char>(value & 0xff), static_cast<char>(value >> 8 & 0xff)};
}

// Codes of eight bits each, the dictionary emptied before it would want longer ones: valid LZW, and large.
inline std::string lzw(const std::string& pixels) {
    std::string codes;
    for (std::size_t at = 0; at < pixels.size(); at += 100) codes += '\x80' + pixels.substr(at, 100);
    codes += '\x81';
    std::string out = "\x07";
    for (std::size_t at = 0; at < codes.size(); at += 255) {
        const auto block = codes.substr(at, 255);
        out += static_cast<char>(block.size()) + block;
    }
    return out + '\0';
}

// A palette of red, green, blue and nothing (transparent). The frames cover all of the canvas.
inline std::string gif(int width, int height, int frames, const Painter& paint = one_colour_per_frame,
                       std::size_t delay_hundredths = 5) {
    std::string out = "GIF89a";
    put_u16le(out, static_cast<std::size_t>(width));
    put_u16le(out, static_cast<std::size_t>(height));
    out += {'\xf6', 0, 0};
    std::string palette(128 * 3, '\0');
    palette[0] = palette[4] = palette[8] = '\xff';
    out += palette + std::string("\x21\xff\x0bNETSCAPE2.0\x03\x01\x02\x00\x00", 19);  // twice more
    for (int frame = 0; frame < frames; ++frame) {
        out += std::string("\x21\xf9\x04\x09", 4);  // to the background afterwards, one colour is transparent
        put_u16le(out, delay_hundredths);
        out += std::string("\x03\x00\x2c\0\0\0\0", 7);
        put_u16le(out, static_cast<std::size_t>(width));
        put_u16le(out, static_cast<std::size_t>(height));
        out += '\0';
        std::string pixels;
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) {
                const auto colour = paint(frame, x, y);
                pixels += static_cast<char>(colour[3] == 0 ? 3 : colour == kRed ? 0 : colour == kGreen ? 1 : 2);
            }
        }
        out += lzw(pixels);
    }
    return out + ';';
}

struct ApngFrame {
    std::uint32_t left, top, width, height;
    std::uint8_t dispose = 0, blend = 0;
    Painter paint = one_colour_per_frame;
};

inline std::string deflated(const ApngFrame& frame, int number, int level) {
    std::string pixels;
    for (int y = 0; y < static_cast<int>(frame.height); ++y) {
        pixels += '\0';
        for (int x = 0; x < static_cast<int>(frame.width); ++x)
            for (const auto band : frame.paint(number, x, y)) pixels += static_cast<char>(band);
    }
    std::string packed(compressBound(static_cast<uLong>(pixels.size())) + 1000, '\0');
    auto length = static_cast<uLongf>(packed.size());
    compress2(reinterpret_cast<Bytef*>(packed.data()), &length, reinterpret_cast<const Bytef*>(pixels.data()),
              static_cast<uLong>(pixels.size()), level);
    packed.resize(length);
    return packed;
}

// Level 0: not compressed, so that what becomes of it is smaller.
inline std::string apng(std::uint32_t width, std::uint32_t height, const std::vector<ApngFrame>& frames,
                        std::optional<std::uint32_t> announced = {}, int level = 0) {
    std::string header = "IHDR";
    put_u32be(header, width);
    put_u32be(header, height);
    header += {8, 6, 0, 0, 0};
    std::string control = "acTL";
    put_u32be(control, announced.value_or(static_cast<std::uint32_t>(frames.size())));
    put_u32be(control, 5);  // plays
    auto out = "\x89PNG\r\n\x1a\n" + png_chunk(header) + png_chunk(control);
    std::uint32_t sequence = 0;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const auto& frame = frames[i];
        std::string about = "fcTL";
        for (const auto value : {sequence++, frame.width, frame.height, frame.left, frame.top}) put_u32be(about, value);
        about += {0, 1, 0, 10, static_cast<char>(frame.dispose), static_cast<char>(frame.blend)};  // 1/10 s
        out += png_chunk(about);
        std::string data = i == 0 ? "IDAT" : "fdAT";
        if (i > 0) put_u32be(data, sequence++);
        out += png_chunk(data + deflated(frame, static_cast<int>(i), level));
    }
    return out + png_chunk("IEND");
}

// An animated WebP, decoded. No frames: it is none, or a still one.
struct Film {
    int width = 0, height = 0;
    unsigned plays = 0;
    std::vector<int> ends_ms;
    std::vector<std::string> frames;  // RGBA

    explicit Film(const std::string& bytes) {
        WebPAnimDecoderOptions options;
        WebPAnimDecoderOptionsInit(&options);
        const WebPData data{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
        auto* decoder = WebPAnimDecoderNew(&data, &options);
        if (!decoder) return;
        WebPAnimInfo about;
        WebPAnimDecoderGetInfo(decoder, &about);
        width = static_cast<int>(about.canvas_width);
        height = static_cast<int>(about.canvas_height);
        plays = about.loop_count;
        while (about.frame_count > 1 && WebPAnimDecoderHasMoreFrames(decoder)) {
            std::uint8_t* pixels = nullptr;
            int end = 0;
            if (!WebPAnimDecoderGetNext(decoder, &pixels, &end)) break;
            ends_ms.push_back(end);
            frames.emplace_back(reinterpret_cast<const char*>(pixels), static_cast<std::size_t>(width * height) * 4);
        }
        WebPAnimDecoderDelete(decoder);
    }

    // Near enough for a lossy format.
    bool shows(std::size_t frame, int x, int y, Rgba colour) const {
        const auto at = static_cast<std::size_t>(y * width + x) * 4;
        auto band = [&](std::size_t i) { return static_cast<std::uint8_t>(frames.at(frame)[at + i]); };
        if (colour[3] == 0) return band(3) < 20;
        for (std::size_t i = 0; i < 4; ++i)
            if (std::abs(band(i) - colour[i]) > 40) return false;
        return true;
    }
};

}  // namespace peyk::media::test
