#pragma once
// The one way out: every connection that the server opens to somebody else is made here.

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>

#include "base/clock.h"
#include "http/client/address_policy.h"
#include "http/client/resolver.h"
#include "http/client/url.h"
#include "http/message.h"

namespace peyk::http {

struct ClientResponse;

struct ClientRequest {
    Method method = Method::get;
    Url url;
    Headers headers;  // Host, Content-Length and Connection are added
    std::string body;

    Reach reach = Reach::strangers;
    // Where to connect instead of url.host:url.port, which stay what Host and the certificate are about.
    struct Via {
        std::string host;
        std::uint16_t port;
    };
    std::optional<Via> via;
    // Followed at most, for GET and HEAD, each checked like a first request; never from https to http. A redirect to
    // another origin loses Authorization, Cookie, `via`, and the operator's reach.
    int redirects = 0;
    // Asked before each request, those of redirects included, beside what `reach` says; false ends with `forbidden`.
    // Both of these run on the client's loop: quick, and without waiting.
    std::function<bool(const Url&)> allowed = {};
    // Asked with the head of an answer; false: its body is not read, stays empty, and the connection is closed.
    std::function<bool(const ClientResponse&)> wants_body = {};
    // May be sent a second time when a kept connection turns out to be dead. GET, HEAD, PUT and DELETE are without it.
    bool repeatable = false;

    Millis time{30'000};  // for everything, redirects and waiting for a turn included
    std::size_t max_header = 32 * 1024;
    std::size_t max_body = 1024 * 1024;
};

// Any status is an answer, also that of a redirect that is not followed. Bodies are as sent: no coding is asked for.
struct ClientResponse {
    int status = 0;
    Headers headers;
    std::string body;
    Url url;  // that answered
};

// What domains see of it.
class Outbound {
public:
    virtual ~Outbound() = default;
    // Errors: forbidden (no address that may be called, or `allowed` says no), unavailable (name unknown, nobody
    // listens, too much at once, stopping), timeout, too_large (head or body), io (broken off, TLS, not HTTP),
    // cancelled (`stop`), bad_request (fields with control characters). Details never name the host: they may be
    // logged.
    virtual Task<Result<ClientResponse>> send(ClientRequest request, std::stop_token stop = {}) = 0;
};

struct ClientOptions {
    bool private_addresses = false;  // strangers may name any address: test suites
    bool verify_certificates = true;
    std::vector<std::filesystem::path> extra_ca_files;
    std::map<std::string, std::string>
        host_overrides;  // name -> "address:port", instead of DNS; allowed wherever it is
    Millis dns_time{5'000};
    Millis connect_time{10'000};  // TCP and TLS
    Millis idle_time{30'000};     // of a kept connection
    std::size_t per_origin = 8;   // connections to one place; more requests wait for their turn
    // Requests that have their turn. More are refused, and half of it is the most that go to strangers: whoever names
    // servers that hang must not keep the server from the services and gateways that the operator named.
    std::size_t total = 256;
    std::size_t waiting = 4'096;  // requests that have their turn or wait for it; more are refused
};

// Purpose:  HTTP/1.1 over TCP and TLS to others, with kept connections, under limits of time and size.
// Owner:    app::Services.  Runs on: a run loop of its own; send() is resumed on the executor it was called on.
// Stops by: stop(): requests under way end with `cancelled`. Not from the loop's thread.
class Client final : public Outbound {
public:
    // `resolver` null: the system's. Errors: io (a file of authorities), bad_request (an override that is no address).
    static Result<std::unique_ptr<Client>> make(ClientOptions options, std::unique_ptr<Resolver> resolver = nullptr);
    ~Client() override;

    Task<Result<ClientResponse>> send(ClientRequest request, std::stop_token stop = {}) override;
    void stop();
    std::size_t idle_connections();  // for tests; asks the loop

private:
    struct Core;
    explicit Client(std::unique_ptr<Core> core);
    Task<Result<ClientResponse>> follow(ClientRequest request, std::stop_token stop);
    std::unique_ptr<Core> core_;
};

}  // namespace peyk::http
