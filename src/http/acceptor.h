#pragma once
// A listening socket that deals its connections out to the loops in turn.

#include <vector>

#include "http/server_loop.h"

namespace peyk::http {

// Opens, binds and listens; the descriptor. Errors: io with the address, the reason and what to do.
Result<int> open_listener(const Listener& listener);
// 0 for a unix socket.
std::uint16_t port_of(int fd);

// Runs on:  the first loop's thread, construction and destruction included; reloads come from any thread.
class Acceptor final : private Descriptor::Listener {
public:
    Acceptor(std::vector<std::unique_ptr<ServerLoop>>& loops, int fd, bool is_unix, std::shared_ptr<TlsContext> tls);
    void set_tls(std::shared_ptr<TlsContext> tls);

private:
    void ready(Interest interest) override;
    bool accept_one();

    std::vector<std::unique_ptr<ServerLoop>>& loops_;
    std::size_t next_ = 0;
    bool is_unix_;
    std::mutex mutex_;
    std::shared_ptr<TlsContext> tls_;
    std::shared_ptr<int> alive_ = std::make_shared<int>();
    Descriptor descriptor_;
};

}  // namespace peyk::http
