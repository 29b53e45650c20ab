// peyk-thumbnailer: one image in, one thumbnail out, one process each, behind a sandbox. See protocol.h.

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <optional>
#include <string_view>

#include "media/thumbnailer/picture.h"
#include "media/thumbnailer/protocol.h"
#include "media/thumbnailer/sandbox.h"
#include "media/thumbnailer/self_test.h"

namespace peyk::media::thumbnailer {
namespace {

std::optional<int> side(std::string_view text) {
    int value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 1 || value > static_cast<int>(kMaxSide))
        return std::nullopt;
    return value;
}

std::optional<Wanted> parse(int count, char** arguments) {
    if (count != 5) return std::nullopt;
    auto width = side(arguments[1]), height = side(arguments[2]);
    const std::string_view method = arguments[3], animation = arguments[4];
    if (!width || !height || (method != "scale" && method != "crop") || (animation != "still" && animation != "any"))
        return std::nullopt;
    return Wanted{*width, *height, method == "crop" ? Method::crop : Method::scale,
                  animation == "any" ? Animation::any : Animation::still};
}

// Mapped while descriptors may still be asked for their size. The memfd is sealed, so it cannot shrink below us.
std::optional<std::string_view> map_input() {
    struct stat about{};
    if (fstat(kInput, &about) != 0 || about.st_size <= 0) return std::nullopt;
    const auto size = static_cast<std::size_t>(about.st_size);
    void* bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, kInput, 0);
    if (bytes == MAP_FAILED) return std::nullopt;
    close(kInput);
    return std::string_view(static_cast<const char*>(bytes), size);
}

bool write_all(const void* bytes, std::size_t size) {
    const auto* at = static_cast<const char*>(bytes);
    while (size > 0) {
        const auto written = write(kOutput, at, size);
        if (written <= 0) return false;
        at += written;
        size -= static_cast<std::size_t>(written);
    }
    return true;
}

int run(int count, char** arguments) {
    if (!prepare_process()) return kNoSandbox;
    if (!start_decoder(arguments[0])) return kNoSandbox;
    if (count == 3 && std::string_view(arguments[1]) == "--self-test") return self_test(arguments[2]);
    auto wanted = parse(count, arguments);
    if (!wanted) {
        std::fputs("peyk-thumbnailer is started by peyk and is of no use by hand\n", stderr);
        return kUsage;
    }
    auto input = map_input();
    if (!input) return kUsage;
    if (!enter_sandbox(kOutput)) return kNoSandbox;
    auto picture = make_thumbnail(*input, *wanted);
    if (picture.verdict == kDone || picture.verdict == kOriginal) {
        if (!write_all(&picture.header, sizeof picture.header) || !write_all(picture.bytes, picture.size))
            return kUnreadable;
    }
    return picture.verdict;
}

}  // namespace
}  // namespace peyk::media::thumbnailer

int main(int count, char** arguments) {
    // _exit: no destructors of libraries, which would run into the sandbox.
    _exit(peyk::media::thumbnailer::run(count, arguments));
}
