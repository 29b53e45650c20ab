// Life of a connection, and its receiving side. Answers: connection_answer.cc.
#include "http/connection.h"

#include <string.h>

#include "base/logging.h"
#include "http/exchange.h"

namespace peyk::http {
namespace {

constexpr std::size_t kPipelineBytes = 16 * 1024;  // read ahead while a handler runs
constexpr std::size_t kLingerBytes = 1024 * 1024;

// The loop's buffer is everybody's, and the next bytes to overwrite it may be hours away.
void take(std::string& in, std::span<char> read) {
    in.append(read.data(), read.size());
    explicit_bzero(read.data(), read.size());
}

Refusal body_too_large() { return {413, "M_TOO_LARGE", "The request body is too large"}; }

}  // namespace

Connection::Connection(ServerLoop& loop, int fd, std::unique_ptr<Stream> stream, ClientAddress peer, bool over_unix)
    : loop_(loop),
      stream_(std::move(stream)),
      descriptor_(loop.run_loop(), fd, *this),
      peer_(peer),
      over_unix_(over_unix) {}

Connection::~Connection() { deadline(Wait::none); }

void Connection::resume_io() {
    if (auto waiter = std::exchange(io_waiter_, {})) waiter.resume();
}

void Connection::ready(Interest interest) {
    if (io_waiter_) {
        if (interest == io_interest_) resume_io();
    } else if (watching_ && interest == Interest::read) {
        watch();
    }
}

void Connection::overdue(Wait) {
    timed_out_ = true;
    resume_io();
}

void Connection::drain() {
    if (exchange_) {
        exchange_->keep_alive = false;
        exchange_->hangup.request_stop();
    } else if (waiting() == Wait::idle) {
        abort();
    }
}

void Connection::abort() {
    aborted_ = true;
    if (exchange_) exchange_->hangup.request_stop();
    resume_io();
}

detail::Detached Connection::run() {
    try {
        co_await serve();
    } catch (const std::exception& error) {
        log::error("http", "a connection ended with an exception: {}", error.what());
    }
    loop_.remove(*this);
}

Task<void> Connection::serve() {
    if (!co_await handshake()) co_return;
    while (co_await serve_one()) exchange_.reset();
    exchange_.reset();
    if (aborted_) co_return;
    stream_->finish_writing();
    if (lingers_) co_await linger();
}

Task<bool> Connection::handshake() {
    deadline(Wait::head);
    for (;;) {
        auto result = stream_->handshake();
        if (result.status == IoResult::Status::ok) break;
        bool reads = result.status == IoResult::Status::want_read;
        if (!reads && result.status != IoResult::Status::want_write) co_return false;
        IoWait wait{*this, reads ? Interest::read : Interest::write};
        co_await wait;
        if (aborted_ || timed_out_) co_return false;
    }
    deadline(Wait::none);
    co_return true;
}

// Not inlined, as all that serve_one() awaits before and after the handler: the compiler would make their frames a part
// of its own, which is held for as long as a handler waits.
[[gnu::noinline]] Task<Connection::Refused> Connection::next_request() {
    auto head = co_await read_head();
    if (!head) co_return head.error();
    begin(*std::move(head));
    co_return std::nullopt;
}

Task<bool> Connection::serve_one() {
    if (auto refused = co_await next_request()) co_return co_await refuse(*refused);
    if (!exchange_->route) {
        if (!skip_body()) exchange_->keep_alive = false;
        co_return co_await respond();
    }
    if (exchange_->body && exchange_->body->left > exchange_->body->max) {
        co_return co_await refuse(body_too_large());
    }
    if (exchange_->body && !exchange_->route->streams_body) {
        if (auto refused = co_await read_body()) co_return co_await refuse(*refused);
        exchange_->body.reset();
    }
    co_await run_handler();
    co_return co_await respond();
}

// Reads what is left for a while, so that the kernel does not answer it with a reset, which would overtake our answer.
Task<void> Connection::linger() {
    deadline(Wait::linger);
    for (std::size_t total = 0; total < kLingerBytes;) {
        in_.clear();
        if (co_await receive() != Got::bytes) break;
        total += in_.size();
    }
}

Task<Connection::Got> Connection::receive() {
    for (;;) {
        if (aborted_) co_return Got::aborted;
        if (std::exchange(timed_out_, false)) co_return Got::timeout;
        if (ended_) co_return Got::end;
        auto wanted = Interest::read;
        // Armed since before means: nothing has come.
        if (!descriptor_.armed(Interest::read) || stream_->pending()) {
            auto scratch = loop_.scratch();
            auto result = stream_->read(scratch);
            switch (result.status) {
                case IoResult::Status::ok:
                    take(in_, scratch.first(result.bytes));
                    Counters::add(loop_.counters().bytes_in, result.bytes);
                    co_return Got::bytes;
                case IoResult::Status::want_read: break;
                case IoResult::Status::want_write: wanted = Interest::write; break;
                case IoResult::Status::end:
                case IoResult::Status::broken: ended_ = true; co_return Got::end;
            }
        }
        IoWait wait{*this, wanted};
        co_await wait;
    }
}

Task<std::expected<Head, Refusal>> Connection::read_head() {
    const auto& limits = loop_.shared().codec;
    deadline(in_.empty() ? Wait::idle : Wait::head);
    if (in_.empty()) {
        if (loop_.shared().draining) co_return std::unexpected(Refusal{0, {}, {}});
        std::string().swap(in_);
    }
    for (;;) {
        if (!in_.empty()) {
            auto size = scanner_.scan(in_, limits);
            if (!size) co_return std::unexpected(size.error());
            if (*size) {
                auto head = parse_head(std::string_view(in_).substr(0, **size), limits);
                in_.erase(0, **size);
                scanner_.reset();
                deadline(Wait::none);
                co_return head;
            }
            if (waiting() == Wait::idle) deadline(Wait::head);
        }
        auto got = co_await receive();
        if (got == Got::bytes) continue;
        // An idle connection just ends; half a request gets an answer.
        bool late = got == Got::timeout && !in_.empty();
        co_return std::unexpected(late ? Refusal{408, "M_UNKNOWN", "The request did not arrive in time"}
                                       : Refusal{0, {}, {}});
    }
}

// Moves body bytes from in_ to `out`, at most `max`.
std::expected<void, Refusal> Connection::take_body(std::string& out, std::size_t max) {
    auto& body = *exchange_->body;
    if (body.chunked) {
        auto taken = body.chunks.feed(in_, out, max);
        if (!taken) return std::unexpected(taken.error());
        in_.erase(0, *taken);
        body.done = body.chunks.done();
    } else {
        auto take = static_cast<std::size_t>(std::min<std::uint64_t>({in_.size(), body.left, max}));
        out.append(in_, 0, take);
        in_.erase(0, take);
        body.left -= take;
        body.done = body.left == 0;
    }
    return {};
}

bool Connection::reserve(std::size_t bytes) {
    auto& shared = loop_.shared();
    auto before = shared.buffered.fetch_add(bytes, std::memory_order_relaxed);
    exchange_->buffered = &shared.buffered;
    exchange_->reserved += bytes;
    return before + bytes <= shared.config.limits.buffered_bytes;
}

// After each receive() for a body: who sends too slowly is cut, however steadily the bytes drip.
Connection::Refused Connection::note_received(Got got, Millis waited) {
    auto& body = *exchange_->body;
    const auto& limits = loop_.shared().config.limits;
    if (got == Got::timeout) return Refusal{408, "M_UNKNOWN", "The body did not arrive in time"};
    if (got != Got::bytes) return Refusal{0, {}, {}};
    body.waited += waited;
    body.received += in_.size();
    if (body.waited > limits.body_time &&
        body.received * 1000 < limits.body_rate * static_cast<std::uint64_t>(body.waited.count())) {
        return Refusal{408, "M_UNKNOWN", "The body arrives too slowly"};
    }
    return std::nullopt;
}

[[gnu::noinline]] Task<Connection::Refused> Connection::read_body() {
    auto& body = *exchange_->body;
    auto& text = exchange_->request->body;
    for (;;) {
        auto before = text.size();
        if (auto taken = take_body(text, body.max - text.size()); !taken) co_return taken.error();
        if (!reserve(text.size() - before)) {
            co_return Refusal{503, "M_LIMIT_EXCEEDED", "The server has too much to do, try again later"};
        }
        if (body.done) co_return std::nullopt;
        if (!in_.empty()) co_return body_too_large();
        if (std::exchange(body.wants_continue, false)) {
            if (!co_await send("HTTP/1.1 100 Continue\r\n\r\n", nullptr)) co_return Refusal{0, {}, {}};
        }
        deadline(Wait::body);
        auto since = loop_.now();
        auto got = co_await receive();
        deadline(Wait::none);
        if (auto refused = note_received(got, loop_.now() - since)) co_return refused;
    }
}

// For a request that no handler takes: true when its body is here already and out of the way.
bool Connection::skip_body() {
    if (!exchange_->body) return true;
    std::string dropped;
    return take_body(dropped, kPipelineBytes).has_value() && exchange_->body->done;
}

Task<Result<std::string>> Connection::read_piece(std::size_t max) {
    std::string piece;
    while (exchange_->body) {
        auto& body = *exchange_->body;
        auto room = std::min<std::uint64_t>(max, body.max - body.taken);
        auto taken = take_body(piece, room);
        body.taken += piece.size();
        if (!taken) co_return fail(Error{Errc::bad_request, std::string(taken.error().reason), "M_NOT_JSON"});
        if (body.done) {
            exchange_->body.reset();
            watching_ = true;
            watch();
        }
        if (!piece.empty() || !exchange_->body) break;
        if (!in_.empty() && body.taken == body.max) {
            co_return fail(Error{Errc::too_large, "The request body is too large", "M_TOO_LARGE"});
        }
        if (std::exchange(body.wants_continue, false)) {
            if (!co_await send("HTTP/1.1 100 Continue\r\n\r\n", nullptr)) co_return fail(Errc::cancelled);
        }
        deadline(Wait::body);
        auto since = loop_.now();
        auto got = co_await receive();
        deadline(Wait::none);
        if (auto refused = note_received(got, loop_.now() - since)) {
            exchange_->keep_alive = false;
            co_return fail(refused->status == 0 ? Errc::cancelled : Errc::timeout, std::string(refused->reason));
        }
    }
    co_return piece;
}

// While a handler runs: sees the peer go, and lets a pipelining client's next requests in up to a bound.
void Connection::watch() {
    while (!ended_ && in_.size() < kPipelineBytes) {
        if (descriptor_.armed(Interest::read) && !stream_->pending()) return;
        auto scratch = loop_.scratch().first(kPipelineBytes);
        auto result = stream_->read(scratch);
        switch (result.status) {
            case IoResult::Status::ok:
                take(in_, scratch.first(result.bytes));
                Counters::add(loop_.counters().bytes_in, result.bytes);
                break;
            case IoResult::Status::want_read:
            case IoResult::Status::want_write: descriptor_.arm(Interest::read); return;
            case IoResult::Status::end:
            case IoResult::Status::broken: ended_ = true; exchange_->hangup.request_stop();
        }
    }
}

}  // namespace peyk::http
