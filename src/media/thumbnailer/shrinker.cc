#include "media/thumbnailer/shrinker.h"

#include <algorithm>
#include <cmath>

namespace peyk::media::thumbnailer {

Shrinker::Axis Shrinker::axis(int from, double begin, double length, int to) {
    Axis axis;
    for (int i = 0; i < to; ++i) {
        const double low = begin + length * i / to, high = begin + length * (i + 1) / to;
        const int first = std::clamp(static_cast<int>(std::floor(low + 1e-6)), 0, from - 1);
        const int last = std::clamp(static_cast<int>(std::ceil(high - 1e-6)) - 1, first, from - 1);
        const Span span{first, last - first + 1, axis.shares.size()};
        double sum = 0;
        for (int pixel = first; pixel <= last; ++pixel) {
            const double share =
                std::max(1e-6, std::min(high, pixel + 1.0) - std::max(low, static_cast<double>(pixel)));
            axis.shares.push_back(static_cast<float>(share));
            sum += share;
        }
        for (auto at = span.shares; at < axis.shares.size(); ++at) axis.shares[at] /= static_cast<float>(sum);
        axis.spans.push_back(span);
    }
    return axis;
}

Shrinker::Shrinker(Size from, const Part& part, Size to)
    : stride_(static_cast<std::size_t>(from.width) * 4),
      across_(axis(from.width, part.left, part.width, to.width)),
      down_(axis(from.height, part.top, part.height, to.height)),
      sums_(static_cast<std::size_t>(to.width) * 4) {}

void Shrinker::run(const std::uint8_t* from, std::uint8_t* to) {
    for (const auto& rows : down_.spans) {
        std::ranges::fill(sums_, 0.0F);
        for (int row = 0; row < rows.count; ++row) {
            const auto* line = from + static_cast<std::size_t>(rows.first + row) * stride_;
            const float share_of_row = down_.shares[rows.shares + static_cast<std::size_t>(row)];
            float* sum = sums_.data();
            for (const auto& pixels : across_.spans) {
                const auto* pixel = line + static_cast<std::size_t>(pixels.first) * 4;
                const float* share = across_.shares.data() + pixels.shares;
                for (int i = 0; i < pixels.count; ++i, pixel += 4) {
                    // Colours count as much as they are seen, or what is hidden would shine through at the edges.
                    const float alpha = static_cast<float>(pixel[3]) * share[i] * share_of_row;
                    for (int band = 0; band < 3; ++band) sum[band] += static_cast<float>(pixel[band]) * alpha;
                    sum[3] += alpha;
                }
                sum += 4;
            }
        }
        for (std::size_t at = 0; at < sums_.size(); at += 4, to += 4) {
            const float alpha = sums_[at + 3];
            for (std::size_t band = 0; band < 3; ++band)
                to[band] = alpha > 0 ? static_cast<std::uint8_t>(std::min(255.0F, sums_[at + band] / alpha + 0.5F)) : 0;
            to[3] = static_cast<std::uint8_t>(std::min(255.0F, alpha + 0.5F));
        }
    }
}

}  // namespace peyk::media::thumbnailer
