#pragma once
// Runs the image decoder, one process for one image (docs/decisions/0601). Blocking: on the pool of thumbnails only.

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "media/fd.h"
#include "media/records.h"
#include "media/thumbnail_sizes.h"

namespace peyk::media {

struct DecoderOptions {
    std::filesystem::path program;  // of peyk-thumbnailer
    Millis time{4'000};             // wall clock; killed afterwards
};

// Beside the running program, or in ../lib/peyk or ../libexec/peyk from there.
std::filesystem::path find_decoder();

// A file in memory that a child can be given. It can be written until seal(), and only read from then on.
class MemoryFile {
public:
    static Result<MemoryFile> create(const char* name);
    Result<void> append(std::string_view bytes);
    Result<void> seal();
    Result<std::string> read_all(std::size_t max) const;
    int fd() const { return fd_.get(); }

private:
    explicit MemoryFile(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

// How the child ended.
struct ChildEnd {
    bool timed_out = false;
    int signal = 0;  // 0: it exited by itself
    int status = 0;
};

// Starts `program` with an empty environment, `input` as descriptor 3, `output` as 4, nothing else open.
// Errors: unavailable (cannot be started).
Result<ChildEnd> run_child(const std::filesystem::path& program, std::vector<std::string> arguments, int input,
                           int output, Millis time);

struct MadeThumbnail {
    ThumbnailState state = ThumbnailState::unreadable;
    std::uint8_t format = 0;  // thumbnailer::Format; of `made` and `original`
    std::string bytes;        // of `made`
};

// `image`: sealed. Errors: unavailable (the decoder is missing, was killed or ran out of time): ask again later.
Result<MadeThumbnail> run_decoder(const DecoderOptions& options, const MemoryFile& image, const ThumbnailSize& size,
                                  bool animated);

}  // namespace peyk::media
