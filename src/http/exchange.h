#pragma once
// One request and its answer, inside of connection*.cc.

#include "http/connection.h"

namespace peyk::http {

// How far the request's body has come. Gone once it is read.
struct Connection::BodyState {
    bool chunked = false;
    bool wants_continue = false;
    bool done = false;
    std::uint64_t left = 0;  // with Content-Length
    std::size_t max = 0;
    std::uint64_t taken = 0;  // by a streaming handler
    std::uint64_t received = 0;
    Millis waited{0};  // for the peer; not for the handler
    ChunkDecoder chunks;
};

// Between a BodySource, which the handler has, and the connection, which may end first.
struct Connection::BodyLink {
    RunLoop& loop;
    Connection* connection;  // on the loop's thread; null once the handler has returned
};

struct Connection::Exchange {
    ~Exchange() { release(); }
    // The request and its body are done with.
    void release() {
        request.reset();
        if (reserved) buffered->fetch_sub(std::exchange(reserved, 0), std::memory_order_relaxed);
    }
    std::unique_ptr<Request> request;  // until the handler has it
    const Route* route = nullptr;
    std::unique_ptr<BodyState> body;
    std::shared_ptr<BodyLink> link;
    std::stop_source hangup{std::nostopstate};
    Response response;
    std::atomic<std::size_t>* buffered = nullptr;
    std::size_t reserved = 0;
    Encoding accepted = Encoding::identity;
    Encoding encoding = Encoding::identity;
    bool http_1_0 = false;
    bool keep_alive = false;
    bool head_only = false;
    bool preflight = false;
};

// Until the descriptor is ready; looks at aborted_ and timed_out_ afterwards.
struct Connection::IoWait {
    Connection& self;
    Interest interest;
    bool await_ready() const noexcept { return self.aborted_ || self.timed_out_; }
    void await_suspend(std::coroutine_handle<> handle) {
        self.io_waiter_ = handle;
        self.io_interest_ = interest;
        self.descriptor_.arm(interest);
    }
    void await_resume() const noexcept {}
};

}  // namespace peyk::http
