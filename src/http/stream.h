#pragma once
// A non-blocking byte stream over a descriptor: plain or TLS. The caller waits for readiness and tries again.

#include <memory>
#include <span>
#include <string_view>

namespace peyk::http {

struct IoResult {
    enum class Status : unsigned char { ok, want_read, want_write, end, broken };
    Status status = Status::ok;
    std::size_t bytes = 0;
};

class Stream {
public:
    virtual ~Stream() = default;
    virtual IoResult handshake() = 0;
    virtual IoResult read(std::span<char> into) = 0;
    // Writes some of `first`, then of `second`; the count is over both.
    virtual IoResult write(std::string_view first, std::string_view second) = 0;
    // Bytes are ready that the descriptor does not show any more.
    virtual bool pending() const = 0;
    // Says that nothing will be written any more; does not wait.
    virtual void finish_writing() = 0;
    virtual bool encrypted() const = 0;
};

std::unique_ptr<Stream> plain_stream(int fd);

}  // namespace peyk::http
