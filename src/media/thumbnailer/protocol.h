#pragma once
// What the server and its image decoder agree on. Both sides include this file and nothing else of each other.
//
//   peyk-thumbnailer WIDTH HEIGHT scale|crop still|any
//     descriptor 3  the image, a sealed memfd; read once, before the sandbox closes
//     descriptor 4  the answer, an empty memfd: Header, then the encoded thumbnail
//   peyk-thumbnailer --self-test NAME   tries something forbidden behind the closed sandbox (tests)

#include <cstdint>

namespace peyk::media::thumbnailer {

inline constexpr int kInput = 3;
inline constexpr int kOutput = 4;

// Exit statuses. Anything else, and death by a signal, means that the decoder failed.
enum Exit : int {
    kDone = 0,         // a thumbnail is in the answer
    kOriginal = 10,    // the image is not larger than what was asked: serve the original (Header without bytes)
    kUnreadable = 11,  // no image of a format that we decode, or a broken one
    kTooLarge = 12,    // more pixels than kMaxPixels
    kUsage = 20,
    kNoSandbox = 21,  // the kernel refused a part of the sandbox; nothing was decoded
    kSurvived = 22,   // self-test: the forbidden act was possible
    kRefused = 23,    // self-test: it was refused without death
};

inline constexpr std::uint64_t kMaxPixels = 32'000'000;
inline constexpr std::uint64_t kMaxSide = 65'535;
// A thumbnail of the largest size that we serve stays far below.
inline constexpr std::uint64_t kMaxOutput = 16 * 1024 * 1024;

enum class Format : std::uint32_t { jpeg = 1, png = 2, webp = 3, gif = 4 };

// At the beginning of the answer, in the machine's byte order (same machine, same program version).
struct Header {
    std::uint32_t magic = kMagic;
    Format format = Format::jpeg;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    static constexpr std::uint32_t kMagic = 0x31485450;  // "PTH1"
};

}  // namespace peyk::media::thumbnailer
