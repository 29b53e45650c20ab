#pragma once
// Runs the programs that read what strangers made: one process for one file, behind a sandbox (docs/decisions/0601).
// Blocking: on pools for this purpose only.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "media/fd.h"

namespace peyk::media {

// Beside the running program, or in ../lib/peyk or ../libexec/peyk from there.
std::filesystem::path find_child(const std::string& name);

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

}  // namespace peyk::media
