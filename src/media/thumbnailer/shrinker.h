#pragma once
// Makes pictures smaller by averaging: quick enough for hundreds of frames, where a resampling filter is not.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "media/thumbnailer/formats.h"

namespace peyk::media::thumbnailer {

// A part of a picture, in pixels and fractions of them.
struct Part {
    double left, top, width, height;
};

// RGBA of eight bits each, alpha not multiplied in. The result is never larger than the part.
class Shrinker {
public:
    Shrinker(Size from, const Part& part, Size to);
    // `to` receives 4 * width * height bytes.
    void run(const std::uint8_t* from, std::uint8_t* to);

private:
    // Which pixels of one axis make one pixel of the result, and with what shares. The shares add up to 1.
    struct Span {
        int first;
        int count;
        std::size_t shares;  // where they begin in Axis::shares
    };
    struct Axis {
        std::vector<Span> spans;
        std::vector<float> shares;
    };
    static Axis axis(int from, double begin, double length, int to);

    std::size_t stride_;
    Axis across_, down_;
    std::vector<float> sums_;  // one row of the result
};

}  // namespace peyk::media::thumbnailer
