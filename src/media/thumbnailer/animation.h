#pragma once
// An animated thumbnail: WebP, whatever the animation came in.

#include <optional>
#include <string_view>
#include <vector>

#include "media/thumbnailer/frames.h"
#include "media/thumbnailer/picture.h"

namespace peyk::media::thumbnailer {

// nullopt: over the limits of protocol.h, more than `cpu_ms` of work, or broken; a still thumbnail may be possible
// nevertheless.
std::optional<std::string_view> animate(Frames& frames, Size size, Method method, int cpu_ms);

}  // namespace peyk::media::thumbnailer
