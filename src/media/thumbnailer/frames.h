#pragma once
// An animation as a row of pictures, whatever format it came in.

#include <cstdint>
#include <memory>
#include <string_view>

#include "media/thumbnailer/formats.h"

namespace peyk::media::thumbnailer {

class Frames {
public:
    virtual ~Frames() = default;
    Size size() const { return size_; }
    int count() const { return count_; }
    int plays() const { return plays_; }  // 0: for ever

    // The next frame as it is to be seen, RGBA with eight bits each and the size of all; null: it cannot be read.
    // Valid until the next call.
    virtual const std::uint8_t* next(int& delay_ms) = 0;

protected:
    Frames(Size size, int count, int plays) : size_(size), count_(count), plays_(plays) {}

private:
    Size size_;
    int count_;
    int plays_;
};

// GIF and WebP, by the library. Null: no readable animation.
std::unique_ptr<Frames> vips_frames(Format format, std::string_view bytes);

// Whether a PNG says of itself, before its first pixel, that it moves.
bool is_apng(std::string_view png);
// APNG, which the library takes for a still PNG. Null: not animated, or not as the format wants it.
std::unique_ptr<Frames> apng_frames(std::string_view png);

}  // namespace peyk::media::thumbnailer
