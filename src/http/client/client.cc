#include "http/client/client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <set>

#include "http/client/pool.h"
#include "http/proxies.h"
#include "http/tls_stream.h"

namespace peyk::http {
namespace {

constexpr std::size_t kMaxTried = 6;  // addresses of one name

bool is_repeatable(const ClientRequest& request) {
    switch (request.method) {
        case Method::get:
        case Method::head:
        case Method::put:
        case Method::del: return true;
        default: return request.repeatable;
    }
}

bool has_controls(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Result<std::string> request_head(const ClientRequest& request) {
    std::string out = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", method_name(request.method), request.url.target,
                                  request.url.authority());
    for (const auto& [name, value] : request.headers) {
        if (name.empty() || has_controls(name) || name.contains(':') || name.contains(' ') || has_controls(value))
            return fail(Errc::bad_request, "a header field of the request is malformed");
        out += fmt::format("{}: {}\r\n", name, value);
    }
    bool has_body = !request.body.empty() || request.method == Method::post || request.method == Method::put;
    if (has_body) out += fmt::format("Content-Length: {}\r\n", request.body.size());
    out += "\r\n";
    return out;
}

struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

Result<Context> make_context(const ClientOptions& options) {
    ERR_clear_error();
    Context context(SSL_CTX_new(TLS_client_method()));
    if (!context) return fail(Errc::io, "cannot set up TLS: " + tls_reason());
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    static constexpr unsigned char kProtocols[] = "\x08http/1.1";
    SSL_CTX_set_alpn_protos(context.get(), kProtocols, sizeof kProtocols - 1);
    SSL_CTX_set_verify(context.get(), options.verify_certificates ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    trust_system_authorities(context.get());
    for (const auto& file : options.extra_ca_files) {
        if (SSL_CTX_load_verify_locations(context.get(), file.c_str(), nullptr) != 1)
            return fail(Errc::io, fmt::format("cannot read authorities from {}: {}", file.string(), tls_reason()));
    }
    ERR_clear_error();
    return context;
}

// Where a name is to be found, whatever DNS says.
struct Override {
    ClientAddress address;
    std::uint16_t port;
};

Result<std::map<std::string, Override>> parse_overrides(const std::map<std::string, std::string>& overrides) {
    std::map<std::string, Override> out;
    for (const auto& [name, place] : overrides) {
        auto key = Url::parse("http://" + name);
        auto at = Url::parse("http://" + place);
        auto address = at ? parse_address(at->host) : std::nullopt;
        if (!key || !address)
            return fail(Errc::bad_request, fmt::format("the override '{}' is no address with a port", place));
        out[key->host] = {*address, at->port};
    }
    return out;
}

}  // namespace

struct Client::Core {
    Core(ClientOptions given, Context made, std::map<std::string, Override> places, std::unique_ptr<Resolver> names)
        : options(std::move(given)),
          context(std::move(made)),
          overrides(std::move(places)),
          loop("outbound"),
          deadlines(loop, clock),
          pool(deadlines, options.per_origin, options.idle_time),
          resolver(names ? std::move(names) : std::make_unique<SystemResolver>()) {}

    // One request to one address, without redirects.
    Task<Result<ClientResponse>> hop(const ClientRequest& request, std::shared_ptr<LoopWait> wait, Millis until);
    Task<Result<std::unique_ptr<Link>>> connect(const ClientRequest& request, std::shared_ptr<LoopWait> wait,
                                                Millis until);
    Task<Result<Resolver::Addresses>> resolve(std::string host, std::shared_ptr<LoopWait> wait, Millis until);
    bool allows(const ClientAddress& address, Reach reach) const {
        if (reach == Reach::strangers && !options.private_addresses) return is_public_address(address);
        return is_dialable_address(address);
    }
    bool admit() {
        std::lock_guard lock(mutex);
        if (stopping || running >= options.waiting) return false;
        ++running;
        return true;
    }
    void finished() {
        std::lock_guard lock(mutex);
        if (--running == 0) quiet.notify_all();
    }

    // One of the places of requests that have their turn, while it lives. On the loop's thread.
    class Place {
    public:
        Place(Core& core, Reach reach) : core_(core), stranger_(reach == Reach::strangers) {
            const auto& now = core.taken;
            free_ = now.all < core.options.total && (!stranger_ || now.strangers < core.options.total / 2);
            if (free_) core_.taken.all += 1, core_.taken.strangers += stranger_;
        }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place() {
            if (free_) core_.taken.all -= 1, core_.taken.strangers -= stranger_;
        }
        explicit operator bool() const { return free_; }

    private:
        Core& core_;
        bool stranger_, free_;
    };
    struct {
        std::size_t all = 0, strangers = 0;
    } taken;  // the loop's thread

    const ClientOptions options;
    const Context context;
    const std::map<std::string, Override> overrides;
    SystemClock clock;
    RunLoop loop;
    LoopDeadlines deadlines;
    Pool pool;                  // the loop's thread
    std::set<LoopWait*> waits;  // the loop's thread
    std::unique_ptr<Resolver> resolver;

    std::mutex mutex;
    std::condition_variable quiet;
    std::size_t running = 0;
    bool stopping = false;
};

Task<Result<Resolver::Addresses>> Client::Core::resolve(std::string host, std::shared_ptr<LoopWait> wait,
                                                        Millis until) {
    if (auto literal = parse_address(host.contains(':') ? "[" + host + "]" : host))
        co_return Resolver::Addresses{*literal};
    using Answer = std::optional<Result<Resolver::Addresses>>;
    auto answer = std::make_shared<Answer>();
    // The answer may come after this client has gone: it holds what it touches, and a stopped loop drops it.
    resolver->resolve(std::move(host), [this, answer, wait](Result<Resolver::Addresses> found) {
        loop.post([answer, wait, found = std::move(found)]() mutable {
            *answer = std::move(found);
            wait->wake();
        });
    });
    while (!*answer) PEYK_CO_CHECK(co_await deadlines.until(*wait, until));
    co_return std::move(**answer);
}

Task<Result<std::unique_ptr<Link>>> Client::Core::connect(const ClientRequest& request, std::shared_ptr<LoopWait> wait,
                                                          Millis until) {
    auto host = request.via ? request.via->host : request.url.host;
    auto port = request.via ? request.via->port : request.url.port;
    Resolver::Addresses addresses;
    auto place = overrides.find(host);
    if (place != overrides.end()) {
        addresses = {place->second.address};
        port = place->second.port;
    } else {
        auto dns_until = std::min(until, deadlines.now() + options.dns_time);
        PEYK_CO_TRY(addresses, co_await resolve(std::move(host), wait, dns_until));
        std::erase_if(addresses, [&](const ClientAddress& address) { return !allows(address, request.reach); });
        if (addresses.empty()) co_return fail(Errc::forbidden, "the address is not one that may be called");
        if (addresses.size() > kMaxTried) addresses.resize(kMaxTried);
    }
    auto connect_until = std::min(until, deadlines.now() + options.connect_time);
    Error last{Errc::unavailable, "cannot connect"};
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        // The time that is left is shared by the addresses that are left.
        auto now = deadlines.now();
        auto share = now + (connect_until - now) / static_cast<int>(addresses.size() - i);
        Bounds bounds{deadlines, *wait, share};
        auto link = Link::open(loop, addresses[i], port);
        if (!link) continue;
        auto done = co_await (*link)->connected(bounds);
        if (done && request.url.tls) {
            bounds.until = connect_until;
            done = co_await (*link)->secure(bounds, context.get(), request.url.host);
        }
        if (done) co_return std::move(*link);
        last = std::move(done.error());
        if (last.code == Errc::cancelled) break;
    }
    co_return fail(std::move(last));
}

Task<Result<ClientResponse>> Client::Core::hop(const ClientRequest& request, std::shared_ptr<LoopWait> wait,
                                               Millis until) {
    PEYK_CO_TRY(auto head, request_head(request));
    // Connections of the two reaches are not mixed: a stranger must not profit from what the operator may.
    auto origin = fmt::format("{}{} {} {}", request.url.tls ? "https://" : "http://", request.url.authority(),
                              request.via ? fmt::format("{}:{}", request.via->host, request.via->port) : "",
                              static_cast<int>(request.reach));
    Bounds bounds{deadlines, *wait, until};
    PEYK_CO_TRY(auto turn, co_await pool.enter(bounds, origin));
    Place place(*this, request.reach);
    if (!place) co_return fail(Errc::unavailable, "too many outgoing requests are under way");
    for (;;) {
        auto link = pool.take(origin);
        bool kept = link != nullptr;
        if (!kept) {
            PEYK_CO_TRY(link, co_await connect(request, wait, until));
        }
        auto outcome = co_await link->exchange(bounds, head, request);
        // A kept connection may have died in silence; the next one tells.
        if (kept && outcome.untouched && outcome.response.error().code == Errc::io && is_repeatable(request)) continue;
        if (outcome.keep) turn->link = std::move(link);
        co_return std::move(outcome.response);
    }
}

Client::Client(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Client::~Client() { stop(); }

Result<std::unique_ptr<Client>> Client::make(ClientOptions options, std::unique_ptr<Resolver> resolver) {
    PEYK_TRY(auto context, make_context(options));
    PEYK_TRY(auto overrides, parse_overrides(options.host_overrides));
    return std::unique_ptr<Client>(new Client(
        std::make_unique<Core>(std::move(options), std::move(context), std::move(overrides), std::move(resolver))));
}

namespace {

std::optional<Url> next_hop(const ClientRequest& request, const ClientResponse& response) {
    if (request.redirects <= 0) return std::nullopt;
    if (request.method != Method::get && request.method != Method::head) return std::nullopt;
    if (response.status < 301 || response.status > 308 || (response.status > 303 && response.status < 307))
        return std::nullopt;
    auto location = response.headers.find("Location");
    if (!location) return std::nullopt;
    auto next = request.url.resolve(*location);
    if (!next || (request.url.tls && !next->tls)) return std::nullopt;
    return *std::move(next);
}

void redirect(ClientRequest& request, Url next) {
    --request.redirects;
    if (!next.same_origin(request.url)) {
        request.reach = Reach::strangers;
        request.via.reset();
        Headers kept;
        for (const auto& [name, value] : request.headers) {
            bool secret = strcasecmp(name.c_str(), "authorization") == 0 || strcasecmp(name.c_str(), "cookie") == 0;
            if (!secret) kept.add(name, value);
        }
        request.headers = std::move(kept);
    }
    request.url = std::move(next);
}

}  // namespace

// On the loop's thread.
Task<Result<ClientResponse>> Client::follow(ClientRequest request, std::stop_token stop) {
    auto& core = *core_;
    auto until = core.deadlines.now() + request.time;
    auto wait = std::make_shared<LoopWait>();
    core.waits.insert(wait.get());
    // From any thread; the job finds a wait that nobody waits on when it is late.
    std::stop_callback on_stop(stop, [&core, wait] { core.loop.post([wait] { wait->cancel(); }); });
    Result<ClientResponse> response;
    for (;;) {
        if (request.allowed && !request.allowed(request.url)) {
            response = fail(Errc::forbidden, "the address is not one that may be called");
            break;
        }
        response = co_await core.hop(request, wait, until);
        auto next = response ? next_hop(request, *response) : std::nullopt;
        if (!next) break;
        redirect(request, *std::move(next));
    }
    core.waits.erase(wait.get());
    co_return response;
}

Task<Result<ClientResponse>> Client::send(ClientRequest request, std::stop_token stop) {
    auto* home = Executor::current();
    if (!core_->admit()) co_return fail(Errc::unavailable, "too many outgoing requests, or the server stops");
    co_await move_to(core_->loop);
    auto response = co_await follow(std::move(request), std::move(stop));
    core_->finished();
    if (home) co_await move_to(*home);
    co_return response;
}

void Client::stop() {
    std::unique_lock lock(core_->mutex);
    if (std::exchange(core_->stopping, true)) return;
    lock.unlock();
    auto& core = *core_;
    core.loop.post([&core] {
        auto waits = core.waits;
        for (auto* wait : waits) {
            if (core.waits.contains(wait)) wait->cancel();
        }
    });
    lock.lock();
    core.quiet.wait(lock, [&core] { return core.running == 0; });
    lock.unlock();
    // Kept connections belong to the loop.
    core.loop.post([&core] { core.pool.clear(); });
    core.resolver.reset();
    core.loop.stop();
}

std::size_t Client::idle_connections() {
    std::promise<std::size_t> count;
    core_->loop.post([&] { count.set_value(core_->pool.idle()); });
    return count.get_future().get();
}

}  // namespace peyk::http
