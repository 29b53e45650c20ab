#include "media/sandbox/channel.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "media/sandbox/child.h"

namespace peyk::media::sandbox {

std::optional<std::string_view> map_input() {
    struct stat about{};
    if (fstat(kInput, &about) != 0 || about.st_size <= 0) return std::nullopt;
    const auto size = static_cast<std::size_t>(about.st_size);
    void* bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, kInput, 0);
    if (bytes == MAP_FAILED) return std::nullopt;
    close(kInput);
    return std::string_view(static_cast<const char*>(bytes), size);
}

bool write_answer(const void* bytes, std::size_t size) {
    const auto* at = static_cast<const char*>(bytes);
    while (size > 0) {
        const auto written = write(kOutput, at, size);
        if (written <= 0) return false;
        at += written;
        size -= static_cast<std::size_t>(written);
    }
    return true;
}

}  // namespace peyk::media::sandbox
