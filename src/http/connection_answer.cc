// From a request's head to its answer: routing, the handler, writing.
#include <strings.h>

#include "base/logging.h"
#include "http/exchange.h"
#include "http/unsized.h"

namespace peyk::http {
namespace {

constexpr std::size_t kStreamPiece = 64 * 1024;
constexpr std::size_t kOneRecord = 8 * 1024;  // head and body of this size leave as one TLS record

std::string error_json(std::string_view errcode, std::string_view reason) {
    return fmt::format(R"({{"errcode":"{}","error":"{}"}})", errcode, reason);  // static texts without quotes
}

std::string allow_list(const std::vector<Method>& methods) {
    std::string list;
    for (auto method : methods) {
        list.append(method_name(method)).append(", ");
        if (method == Method::get && std::ranges::find(methods, Method::head) == methods.end()) list += "HEAD, ";
    }
    return list + "OPTIONS";
}

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

void compress_answer(Response& response, Encoding accepted, Encoding& used) {
    if (!response.compressible || response.stream || accepted == Encoding::identity) return;
    const auto& plain = response.shared_body ? *response.shared_body : response.body;
    if (plain.size() < kCompressFrom || !has_body(response.status) || response.headers.find("Content-Encoding")) return;
    auto packed = compress(accepted, plain);
    if (packed.empty()) return;
    response.body = std::move(packed);
    response.shared_body.reset();
    used = accepted;
}

// Errors and exceptions of a source are one thing: the answer cannot be finished.
Task<Result<std::string>> read_source(Executor& workers, BodySource& source, std::size_t max) {
    co_await move_to(workers);
    try {
        co_return co_await source.read_some(max);
    } catch (const std::exception& error) {
        log::error("http", "a streamed answer broke off with an exception: {}", error.what());
    }
    co_return fail(Errc::internal);
}

}  // namespace

// What a handler reads a streamed body from. Good until the handler returns.
class IncomingBody final : public BodySource {
public:
    explicit IncomingBody(std::shared_ptr<Connection::BodyLink> link) : link_(std::move(link)) {}
    Task<Result<std::string>> read_some(std::size_t max) override { return read(link_, max); }

private:
    static Task<Result<std::string>> read(std::shared_ptr<Connection::BodyLink> link, std::size_t max) {
        auto* home = Executor::current();
        co_await move_to(link->loop);
        Result<std::string> piece = fail(Errc::cancelled);
        if (link->connection) piece = co_await link->connection->read_piece(max);
        if (home) co_await move_to(*home);
        co_return piece;
    }
    std::shared_ptr<Connection::BodyLink> link_;
};

struct Connection::DoneWait {
    Connection& self;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) {
        self.done_waiter_ = handle;
        invoke(self);
    }
    void await_resume() const noexcept {}
};

void Connection::answer(int status, std::string_view errcode, std::string_view reason) {
    exchange_->response = Response::json(status, error_json(errcode, reason));
}

void Connection::set_client(Request& request) const {
    const auto& proxies = loop_.shared().proxies;
    request.client = peer_;
    request.tls = stream_->encrypted();
    if (!(over_unix_ ? proxies.trusts_unix() : proxies.trusts(peer_))) return;
    request.client = proxies.client(peer_, request.headers);
    if (auto scheme = request.headers.find("X-Forwarded-Proto")) request.tls = *scheme == "https";
}

void Connection::begin(Head head) {
    auto& shared = loop_.shared();
    Counters::add(loop_.counters().requests);
    exchange_ = std::make_unique<Exchange>();
    exchange_->http_1_0 = head.http_1_0;
    exchange_->keep_alive = head.keep_alive && !shared.draining;
    exchange_->head_only = head.method == Method::head;
    if (head.chunked || head.length.value_or(0) > 0) {
        exchange_->body = std::make_unique<BodyState>();
        exchange_->body->chunked = head.chunked;
        exchange_->body->left = head.length.value_or(0);
        exchange_->body->wants_continue = head.expects_continue;
    }
    if (head.method == Method::options) {  // never any logic of an endpoint
        exchange_->preflight = true;
        exchange_->response.status = 204;
        return;
    }
    if (shared.config.compress) {
        if (auto accept = head.headers.find("Accept-Encoding")) exchange_->accepted = accepted_encoding(*accept);
    }
    auto match = shared.router.match(head.method, head.path);
    if (match.bad_encoding) return answer(400, "M_INVALID_PARAM", "The path is not valid percent-encoded UTF-8");
    if (!match.route && match.path_known) {
        answer(405, "M_UNRECOGNIZED", "This path does not have this method");
        exchange_->response.headers.add("Allow", allow_list(shared.router.methods(head.path)));
        return;
    }
    if (!match.route) return answer(404, "M_UNRECOGNIZED", "Unrecognised request");
    exchange_->route = match.route;
    if (exchange_->body) exchange_->body->max = match.route->max_body;
    exchange_->hangup = std::stop_source();
    auto request = std::make_unique<Request>();
    request->method = head.method;
    request->path = std::move(head.path);
    request->query = std::move(head.query);
    request->headers = std::move(head.headers);
    request->length = head.length;
    request->hangup = exchange_->hangup.get_token();
    request->captures = std::move(match.captures);
    set_client(*request);
    exchange_->request = std::move(request);
}

Task<void> Connection::run_handler() {
    if (in_.empty()) std::string().swap(in_);
    auto& exchange = *exchange_;
    if (exchange.route->streams_body) {
        exchange.link = std::make_shared<BodyLink>(loop_.run_loop(), this);
        exchange.request->stream = std::make_unique<IncomingBody>(exchange.link);
    }
    if (loop_.shared().draining || aborted_) exchange.hangup.request_stop();
    watching_ = !exchange.body;
    if (watching_) watch();
    DoneWait done{*this};
    co_await done;
    watching_ = false;
    if (exchange.link) exchange.link->connection = nullptr;
}

// Runs the handler on the workers and comes back. The connection waits for it, so `self` lives.
detail::Detached Connection::invoke(Connection& self) {
    auto& home = self.loop_.run_loop();
    auto& workers = self.loop_.shared().workers;
    auto& where = self.exchange_->route->long_poll ? workers.background() : static_cast<Executor&>(workers);
    co_await move_to(where);
    try {
        auto task = self.exchange_->route->handler(std::move(*self.exchange_->request));
        self.exchange_->request.reset();
        self.exchange_->response = co_await std::move(task);
    } catch (const std::exception& error) {
        log::error("http", "a handler of {} ended with an exception: {}", self.exchange_->route->pattern, error.what());
        self.answer(500, "M_UNKNOWN", "Internal server error");
    }
    compress_answer(self.exchange_->response, self.exchange_->accepted, self.exchange_->encoding);
    co_await move_to(home);
    auto waiter = std::exchange(self.done_waiter_, {});
    waiter.resume();
}

// Status 0: nothing to say any more.
[[gnu::noinline]] Task<bool> Connection::refuse(Refusal refusal) {
    if (refusal.status == 0) co_return false;
    Counters::add(loop_.counters().rejected);
    if (!exchange_) exchange_ = std::make_unique<Exchange>();
    exchange_->keep_alive = false;
    lingers_ = true;
    timed_out_ = false;
    answer(refusal.status, refusal.errcode, refusal.reason);
    co_return co_await respond();
}

[[gnu::noinline]] Task<bool> Connection::respond() {
    auto& exchange = *exchange_;
    auto& response = exchange.response;
    exchange.release();
    if (exchange.body && !exchange.body->done) {  // the handler did not want all of it
        exchange.keep_alive = false;
        lingers_ = true;
    }
    if (loop_.shared().draining || aborted_ || ended_) exchange.keep_alive = false;
    if (response.status < 200 || response.status > 599) response.status = 500;
    const auto* body = response.shared_body ? response.shared_body.get() : &response.body;
    ResponseHead head{.status = response.status, .headers = &response.headers};
    const bool unsized = response.stream && response.length == kUnsized;
    if (unsized && exchange.http_1_0) exchange.keep_alive = false;  // the end is the end of the connection
    if (has_body(response.status) && !unsized) head.length = response.stream ? response.length : body->size();
    head.chunked = unsized && !exchange.http_1_0;
    head.close = !exchange.keep_alive;
    head.say_keep_alive = exchange.http_1_0;
    head.preflight = exchange.preflight;
    head.vary_encoding = response.compressible;
    head.date = loop_.date();
    head.encoding = encoding_name(exchange.encoding);
    std::string text;
    write_response_head(text, head);
    auto& by_class = loop_.counters().by_class[static_cast<std::size_t>(response.status / 100)];
    Counters::add(by_class);
    bool bodiless = exchange.head_only || !has_body(response.status);
    bool streams = !bodiless && response.stream;
    if (!co_await send(std::move(text), bodiless || streams ? nullptr : body)) co_return false;
    if (streams && !co_await send_stream()) {
        aborted_ = true;  // a cut answer must not look like a whole one
        co_return false;
    }
    co_return exchange.keep_alive;
}

Task<bool> Connection::send(std::string head, const std::string* body) {
    if (body && stream_->encrypted() && body->size() <= kOneRecord) {
        head += *body;
        body = nullptr;
    }
    const auto total = head.size() + (body ? body->size() : 0);
    std::size_t done = 0;
    while (done < total) {
        if (aborted_) co_return false;
        auto first = std::string_view(head).substr(std::min(done, head.size()));
        auto second = body ? std::string_view(*body).substr(done - (head.size() - first.size())) : std::string_view();
        auto result = stream_->write(first, second);
        if (result.status == IoResult::Status::ok) {
            done += result.bytes;
            Counters::add(loop_.counters().bytes_out, result.bytes);
            if (waiting() == Wait::write) deadline(Wait::none);
            continue;
        }
        bool writes = result.status == IoResult::Status::want_write;
        if (!writes && result.status != IoResult::Status::want_read) {
            aborted_ = true;
            co_return false;
        }
        if (waiting() != Wait::write) deadline(Wait::write);
        IoWait wait{*this, writes ? Interest::write : Interest::read};
        co_await wait;
        if (timed_out_) {
            aborted_ = true;
            co_return false;
        }
    }
    co_return true;
}

// RFC 9112, 7.1: pieces with their sizes, and an empty one at the end, without which the answer counts as cut off.
Task<bool> Connection::send_unsized() {
    auto& response = exchange_->response;
    const bool chunked = !exchange_->http_1_0;
    for (bool more = true; more;) {
        auto piece = co_await read_source(loop_.shared().workers, *response.stream, kStreamPiece);
        co_await move_to(loop_.run_loop());
        if (!piece) co_return false;
        more = !piece->empty();
        std::string text = chunked ? fmt::format("{:x}\r\n", piece->size()) : std::string();
        text += *piece;
        if (chunked) text += "\r\n";
        if (!text.empty() && !co_await send(std::move(text), nullptr)) co_return false;
    }
    co_return true;
}

Task<bool> Connection::send_stream() {
    auto& response = exchange_->response;
    if (response.length == kUnsized) co_return co_await send_unsized();
    for (auto left = response.length; left > 0;) {
        auto max = static_cast<std::size_t>(std::min<std::uint64_t>(left, kStreamPiece));
        auto piece = co_await read_source(loop_.shared().workers, *response.stream, max);
        co_await move_to(loop_.run_loop());
        if (!piece || piece->empty() || piece->size() > left) co_return false;
        left -= piece->size();
        if (!co_await send(*std::move(piece), nullptr)) co_return false;
    }
    co_return true;
}

}  // namespace peyk::http
