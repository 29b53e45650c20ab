#pragma once
// One connection: request after request, answered in order. A coroutine on the loop's thread; the handler runs on the
// workers meanwhile, and the connection only watches whether the peer hangs up.

#include <coroutine>
#include <expected>

#include "http/compress.h"
#include "http/server_loop.h"
#include "http/stream.h"

namespace peyk::http {

// Owner: its ServerLoop; removes itself there at its end. Runs on: the loop's thread only.
class Connection final : private Descriptor::Listener, private Deadlines::Entry {
public:
    Connection(ServerLoop& loop, int fd, std::unique_ptr<Stream> stream, ClientAddress peer, bool over_unix);
    ~Connection() override;
    void start() { run(); }
    // The server stops: closes if nothing is in progress, else answers and closes.
    void drain();
    // Closes as soon as no handler runs any more.
    void abort();

private:
    friend class IncomingBody;
    struct BodyState;
    struct Exchange;
    struct BodyLink;
    struct IoWait;
    struct DoneWait;
    enum class Got : unsigned char { bytes, end, timeout, aborted };
    using Refused = std::optional<Refusal>;

    void ready(Interest interest) override;
    void overdue(Wait kind) override;
    void resume_io();
    void deadline(Wait kind) { loop_.set_deadline(*this, kind); }

    detail::Detached run();
    Task<void> serve();
    Task<bool> handshake();
    Task<bool> serve_one();  // false: no further request
    Task<void> linger();

    // Reading: into in_, from the stream.
    Task<Got> receive();
    Task<Refused> next_request();  // into exchange_
    Task<std::expected<Head, Refusal>> read_head();
    Task<Refused> read_body();
    Task<Result<std::string>> read_piece(std::size_t max);
    std::expected<void, Refusal> take_body(std::string& out, std::size_t max);
    Refused note_received(Got got, Millis waited);
    bool reserve(std::size_t bytes);
    bool skip_body();

    // Answering.
    void begin(Head head);
    void route(const Router::Match& match);
    void set_client(Request& request) const;
    void answer(int status, std::string_view errcode, std::string_view reason);
    Task<void> run_handler();
    static detail::Detached invoke(Connection& self);
    void watch();
    Task<bool> refuse(Refusal refusal);
    Task<bool> respond();
    Task<bool> send(std::string head, const std::string* body);
    Task<bool> send_stream();
    Task<bool> send_unsized();

    ServerLoop& loop_;
    std::unique_ptr<Stream> stream_;
    Descriptor descriptor_;
    ClientAddress peer_;
    std::string in_;  // received, not used yet
    HeadScanner scanner_;
    std::unique_ptr<Exchange> exchange_;
    std::coroutine_handle<> io_waiter_;
    std::coroutine_handle<> done_waiter_;
    Interest io_interest_ = Interest::read;
    bool over_unix_;
    bool watching_ = false;  // for a hang-up, while a handler runs
    bool lingers_ = false;   // unread input is likely: read it off before closing, or the answer may be lost
    bool ended_ = false;     // the peer sends no more
    bool timed_out_ = false;
    bool aborted_ = false;
};

}  // namespace peyk::http
