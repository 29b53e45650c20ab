#pragma once
// The routes of signing in by QR code, in both forms that apps use: MSC4108 of 2024 (text with ETag and If-Match), and
// MSC4388 (JSON). Nobody has a token yet, so the address of a session is its secret.

#include "http/router.h"
#include "oauth/oauth.h"
#include "oauth/rendezvous.h"

namespace peyk::oauth {

inline constexpr std::string_view kRendezvousPath = "/_matrix/client/unstable/org.matrix.msc4108/rendezvous";
inline constexpr std::string_view kNewerRendezvousPath = "/_matrix/client/unstable/io.element.msc4388/rendezvous";

// Purpose:  the routes, where apps can sign in in the browser at all.
// Owner:    app::Services; outlives the router's use.  Runs on: any worker.
class RendezvousEndpoints {
public:
    explicit RendezvousEndpoints(OAuth& oauth)
        : oauth_(oauth), meetings_(oauth.users.context().clock, oauth.users.context().random) {}
    void add_routes(http::Router& router);

private:
    using Answer = Task<http::Response>;
    Answer make(http::Request request);
    Answer look(http::Request request);
    Answer replace(http::Request request);
    Answer end(http::Request request);

    Answer newer_about(http::Request request);
    Answer newer_make(http::Request request);
    Answer newer_look(http::Request request);
    Answer newer_replace(http::Request request);
    Answer newer_end(http::Request request);

    // Nothing: go on.
    std::optional<http::Response> refuse_in_general(const http::Request& request, privacy::RateClass rate) const;

    OAuth& oauth_;
    Rendezvous meetings_;
};

}  // namespace peyk::oauth
