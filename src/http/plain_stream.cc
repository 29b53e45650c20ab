#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

#include "http/stream.h"

namespace peyk::http {
namespace {

IoResult failed(IoResult::Status again) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {again};
    return {IoResult::Status::broken};
}

class PlainStream final : public Stream {
public:
    explicit PlainStream(int fd) : fd_(fd) {}
    IoResult handshake() override { return {}; }
    IoResult read(std::span<char> into) override {
        auto count = ::recv(fd_, into.data(), into.size(), 0);
        if (count < 0) return failed(IoResult::Status::want_read);
        if (count == 0) return {IoResult::Status::end};
        return {IoResult::Status::ok, static_cast<std::size_t>(count)};
    }
    IoResult write(std::string_view first, std::string_view second) override {
        iovec parts[] = {{const_cast<char*>(first.data()), first.size()},
                         {const_cast<char*>(second.data()), second.size()}};
        msghdr message{};
        message.msg_iov = parts;
        message.msg_iovlen = 2;
        auto count = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
        if (count < 0) return failed(IoResult::Status::want_write);
        return {IoResult::Status::ok, static_cast<std::size_t>(count)};
    }
    bool pending() const override { return false; }
    void finish_writing() override { ::shutdown(fd_, SHUT_WR); }
    bool encrypted() const override { return false; }

private:
    int fd_;
};

}  // namespace

std::unique_ptr<Stream> plain_stream(int fd) { return std::make_unique<PlainStream>(fd); }

}  // namespace peyk::http
