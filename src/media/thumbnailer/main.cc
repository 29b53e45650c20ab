// peyk-thumbnailer: one image in, one thumbnail out, one process each, behind a sandbox. See protocol.h.

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <optional>
#include <string_view>

#include "media/sandbox/channel.h"
#include "media/sandbox/child.h"
#include "media/sandbox/sandbox.h"
#include "media/sandbox/self_test.h"
#include "media/thumbnailer/picture.h"
#include "media/thumbnailer/protocol.h"

namespace peyk::media::thumbnailer {
namespace {

// Room for the largest image: 32 million pixels of 4 bytes decoded at once (webp, gif), twice for gif's canvas.
constexpr sandbox::Limits kLimits{.memory = 384ULL << 20, .output = kMaxOutput, .cpu_seconds = 5};

std::optional<int> number(std::string_view text, int most) {
    int value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 1 || value > most) return std::nullopt;
    return value;
}

std::optional<Wanted> parse(int count, char** arguments) {
    if (count != 6) return std::nullopt;
    constexpr int kMost = static_cast<int>(kMaxSide);
    auto width = number(arguments[1], kMost), height = number(arguments[2], kMost),
         time = number(arguments[5], 600'000);
    const std::string_view method = arguments[3], animation = arguments[4];
    if (!width || !height || !time || (method != "scale" && method != "crop") ||
        (animation != "still" && animation != "any"))
        return std::nullopt;
    return Wanted{*width, *height, method == "crop" ? Method::crop : Method::scale,
                  animation == "any" ? Animation::any : Animation::still, *time};
}

int run(int count, char** arguments) {
    if (!sandbox::prepare_process()) return sandbox::kNoSandbox;
    if (!start_decoder(arguments[0])) return sandbox::kNoSandbox;
    if (count == 3 && std::string_view(arguments[1]) == "--self-test") return sandbox::self_test(arguments[2], kLimits);
    auto wanted = parse(count, arguments);
    if (!wanted) {
        std::fputs("peyk-thumbnailer is started by peyk and is of no use by hand\n", stderr);
        return sandbox::kUsage;
    }
    auto input = sandbox::map_input();
    if (!input) return sandbox::kUsage;
    if (!sandbox::enter(kLimits)) return sandbox::kNoSandbox;
    auto picture = make_thumbnail(*input, *wanted);
    if (picture.verdict == kDone || picture.verdict == kOriginal) {
        if (!sandbox::write_answer(&picture.header, sizeof picture.header) ||
            !sandbox::write_answer(picture.bytes, picture.size))
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
