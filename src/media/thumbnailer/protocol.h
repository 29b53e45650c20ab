#pragma once
// What the server and its image decoder agree on, beyond media/sandbox/child.h. Both sides include this file and
// nothing else of each other.
//
//   peyk-thumbnailer WIDTH HEIGHT scale|crop still|any MILLISECONDS
//     input         the image
//     answer        Header, then the encoded thumbnail
//     MILLISECONDS  of processor time for an animated thumbnail; when they are over, a still one is made

#include <cstdint>

namespace peyk::media::thumbnailer {

enum Exit : int {
    kDone = 0,         // a thumbnail is in the answer
    kOriginal = 10,    // serve the original: not larger than what was asked, or smaller in bytes (Header alone)
    kUnreadable = 11,  // no image of a format that we decode, or a broken one
    kTooLarge = 12,    // more pixels than kMaxPixels
};

inline constexpr std::uint64_t kMaxPixels = 32'000'000;
inline constexpr std::uint64_t kMaxSide = 65'535;
// A thumbnail of the largest size that we serve stays far below.
inline constexpr std::uint64_t kMaxOutput = 16 * 1024 * 1024;

// Of animations; what has more gets a still thumbnail.
inline constexpr int kMaxFrames = 500;
inline constexpr std::uint64_t kMaxPixelsRead = 100'000'000;  // of all frames together
inline constexpr std::uint64_t kMaxPixelsMade = 20'000'000;   // of all frames of the thumbnail

enum class Format : std::uint32_t { jpeg = 1, png = 2, webp = 3, gif = 4 };

// At the beginning of the answer, in the machine's byte order (same machine, same program version).
struct Header {
    std::uint32_t magic = kMagic;
    Format format = Format::jpeg;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    static constexpr std::uint32_t kMagic = 0x32485450;  // "PTH2"
};

}  // namespace peyk::media::thumbnailer
