#pragma once
// Decodes one image and encodes one thumbnail of it, still or animated. Runs behind the sandbox; the bytes are hostile.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "media/thumbnailer/protocol.h"

namespace peyk::media::thumbnailer {

enum class Method : unsigned char { scale, crop };
enum class Animation : unsigned char { still, any };

struct Wanted {
    int width;
    int height;
    Method method;
    Animation animation;  // still: an animated original is never good enough as it is
    int animation_ms;     // processor time that an animated thumbnail may take
};

struct Picture {
    Exit verdict = kUnreadable;
    Header header;
    const void* bytes = nullptr;  // of kDone; lives as long as the process
    std::size_t size = 0;
};

// Loads the library, reads nothing afterwards. Before the sandbox closes.
bool start_decoder(const char* program);
Picture make_thumbnail(std::string_view image, const Wanted& wanted);

}  // namespace peyk::media::thumbnailer
