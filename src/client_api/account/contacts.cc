// What reveals people or their habits, and what other services would be asked for: third-party identifiers and
// protocols, presence, call relays. Spec: the modules of those names.

#include "client_api/account/common.h"

#include <array>

#include "users/calls.h"

namespace peyk::client_api::account {
namespace {

class NoThirdPartyIds {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/account/3pid"};
    Task<Result<Reply>> run(Call) { co_return Reply::of({{"threepids", json::Array{}}}); }
};

constexpr Route of_user(std::string_view path) {
    return {Method::post, path, Auth::user, Body::optional, RateClass::general};
}
constexpr Route of_anyone(std::string_view path) {
    return {Method::post, path, Auth::none, Body::optional, RateClass::registration};
}

// This server asks for no e-mail address and no phone number, and takes none.
class RefuseThirdPartyIds {
public:
    static constexpr std::array kRoutes{
        of_user("/_matrix/client/v3/account/3pid"),
        of_user("/_matrix/client/v3/account/3pid/add"),
        of_user("/_matrix/client/v3/account/3pid/bind"),
        of_user("/_matrix/client/v3/account/3pid/delete"),
        of_user("/_matrix/client/v3/account/3pid/unbind"),
        of_anyone("/_matrix/client/v3/account/3pid/email/requestToken"),
        of_anyone("/_matrix/client/v3/account/3pid/msisdn/requestToken"),
        of_anyone("/_matrix/client/v3/account/password/email/requestToken"),
        of_anyone("/_matrix/client/v3/account/password/msisdn/requestToken"),
        of_anyone("/_matrix/client/v3/register/email/requestToken"),
        of_anyone("/_matrix/client/v3/register/msisdn/requestToken"),
    };
    Task<Result<Reply>> run(Call) {
        co_return fail(
            Error{Errc::forbidden, "This server keeps no e-mail addresses or phone numbers", "M_THREEPID_DENIED"});
    }
};

class GetPresence {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/presence/{user}/status"};
    Task<Result<Reply>> run(Call) { co_return switched_off(); }
};

// The specification knows no refusal here, and clients call it unasked: taken, checked, and forgotten.
class PutPresence {
public:
    static constexpr Route kRoute{Method::put, "/_matrix/client/v3/presence/{user}/status", Auth::user, Body::object,
                                  RateClass::general};
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(check_own(call));
        PEYK_CO_TRY(auto presence, call.need_string("presence"));
        if (presence != "online" && presence != "offline" && presence != "unavailable")
            co_return m::invalid_param("'presence' must be 'online', 'offline' or 'unavailable'");
        if (!call.body_member("status_msg").is_null()) PEYK_CO_CHECK(call.optional_string("status_msg"));
        co_return Reply::empty();
    }
};

class NoProtocols {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/thirdparty/protocols"};
    Task<Result<Reply>> run(Call) { co_return Reply::empty(); }
};

class NoProtocol {
public:
    static constexpr std::array kRoutes{
        Route{Method::get, "/_matrix/client/v3/thirdparty/protocol/{protocol}"},
        Route{Method::get, "/_matrix/client/v3/thirdparty/location/{protocol}"},
        Route{Method::get, "/_matrix/client/v3/thirdparty/user/{protocol}"},
        Route{Method::get, "/_matrix/client/v3/thirdparty/location"},
        Route{Method::get, "/_matrix/client/v3/thirdparty/user"},
    };
    Task<Result<Reply>> run(Call) { co_return m::not_found("No other network is connected to this server"); }
};

// Spec: Voice over IP › GET /voip/turnServer. {} where there is none.
class TurnServer {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/voip/turnServer"};
    explicit TurnServer(const users::Context& context) : context_(context) {}

    Task<Result<Reply>> run(Call) {
        const auto& calls = context_.options.calls;
        if (calls.turn_uris.empty()) co_return Reply::empty();
        auto lifetime = calls.turn_lifetime.count() / 1000;
        auto until = context_.clock.now().count() / 1000 + lifetime;
        auto credentials = users::turn_credentials(calls, until, context_.random.alphanumeric(12));
        json::Array uris(calls.turn_uris.begin(), calls.turn_uris.end());
        co_return Reply::of({{"username", credentials.username},
                             {"password", credentials.password},
                             {"uris", std::move(uris)},
                             {"ttl", lifetime}});
    }

private:
    const users::Context& context_;
};

// MSC4143: where calls of many find each other.
class RtcTransports {
public:
    static constexpr std::array kRoutes{
        Route{Method::get, "/_matrix/client/v1/rtc/transports"},
        Route{Method::get, "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports"}};
    explicit RtcTransports(const users::Options& options) : options_(options) {}

    Task<Result<Reply>> run(Call) {
        json::Array transports;
        const auto& url = options_.calls.livekit_url;
        if (!url.empty()) transports.push_back(json::Object{{"type", "livekit"}, {"livekit_service_url", url}});
        co_return Reply::of({{"rtc_transports", std::move(transports)}});
    }

private:
    const users::Options& options_;
};

}  // namespace

void add_contacts(Api& api, users::Users& users) {
    if (users.third_party.on()) {
        add_third_party(api, users);
    } else {
        api.add<NoThirdPartyIds>();
        api.add<RefuseThirdPartyIds>();
    }
    if (!users.options().presence) {  // otherwise whoever keeps presence serves these two
        api.add<GetPresence>();
        api.add<PutPresence>();
    }
    if (!users.service_names()) {  // otherwise client_api/appservice serves them
        api.add<NoProtocols>();
        api.add<NoProtocol>();
    }
    api.add<TurnServer>(users.context());
    api.add<RtcTransports>(users.options());
}

}  // namespace peyk::client_api::account
