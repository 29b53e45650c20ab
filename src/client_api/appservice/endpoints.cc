// Pings, the room directories of networks, and third-party lookups.

#include "client_api/appservice/endpoints.h"

#include <array>

namespace peyk::client_api {
namespace {

constexpr std::size_t kMaxFields = 100;  // of one third-party lookup

// Spec: POST /_matrix/client/v1/appservice/{appserviceId}/ping
class Ping {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v1/appservice/{appserviceId}/ping", Auth::user,
                                  Body::optional, RateClass::general};
    explicit Ping(appservices::Services& services) : services_(services) {}

    Task<Result<Reply>> run(Call call) {
        auto id = call.text("appserviceId");
        if (!call.who().is_service() || call.who().service != id)
            co_return m::forbidden("The access token is not the as_token of this application service");
        PEYK_CO_TRY(auto transaction, call.optional_string("transaction_id"));
        PEYK_CO_TRY(auto took, co_await services_.lookups().ping(id, std::move(transaction)));
        services_.heard_of(id);
        co_return Reply::of({{"duration_ms", took.count()}});
    }

private:
    appservices::Services& services_;
};

// Spec: PUT /_matrix/client/v3/directory/list/appservice/{networkId}/{roomId}. DELETE is what services used before.
class PublishForNetwork {
public:
    static constexpr std::array kRoutes{
        Route{Method::put, "/_matrix/client/v3/directory/list/appservice/{networkId}/{roomId}", Auth::user,
              Body::object, RateClass::general},
        Route{Method::del, "/_matrix/client/v3/directory/list/appservice/{networkId}/{roomId}", Auth::user, Body::none,
              RateClass::general}};
    PublishForNetwork(appservices::Services& services, const rooms::RoomStore& store)
        : services_(services), store_(store) {}

    Task<Result<Reply>> run(Call call) {
        if (!call.who().is_service()) co_return m::forbidden("Only application services have a directory of their own");
        PEYK_CO_TRY(auto room, call.id<RoomId>("roomId"));
        bool published = false;
        if (call.request.method == Method::put) {
            PEYK_CO_TRY(auto visibility, call.need_string("visibility"));
            if (visibility != "public" && visibility != "private")
                co_return m::invalid_param("'visibility' must be public or private");
            published = visibility == "public";
        }
        PEYK_CO_TRY(auto known, store_.find(room));
        if (!known) co_return m::not_found("This server does not know the room");
        auto instance = call.who().service + "|" + call.text("networkId");
        PEYK_CO_CHECK(co_await services_.network_rooms().set(std::move(instance), std::move(room), published));
        co_return Reply::empty();
    }

private:
    appservices::Services& services_;
    const rooms::RoomStore& store_;
};

class Protocols {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/thirdparty/protocols", Auth::user, Body::none,
                                  RateClass::general};
    explicit Protocols(appservices::Lookups& lookups) : lookups_(lookups) {}
    Task<Result<Reply>> run(Call) { co_return Reply::of(co_await lookups_.protocols()); }

private:
    appservices::Lookups& lookups_;
};

class Protocol {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/thirdparty/protocol/{protocol}", Auth::user,
                                  Body::none, RateClass::general};
    explicit Protocol(appservices::Lookups& lookups) : lookups_(lookups) {}
    Task<Result<Reply>> run(Call call) {
        auto metadata = co_await lookups_.protocol(call.text("protocol"));
        if (!metadata) co_return m::not_found("No application service knows this network");
        co_return Reply::of(*metadata);
    }

private:
    appservices::Lookups& lookups_;
};

// Spec: GET /_matrix/client/v3/thirdparty/location and …/user, by protocol and fields or the other way round.
class ThirdParty {
public:
    using Kind = appservices::Lookups::Kind;
    ThirdParty(appservices::Lookups& lookups, Kind kind) : lookups_(lookups), kind_(kind) {}

    Task<Result<http::Response>> run(Call call) {
        appservices::Lookups::Question question{kind_, std::nullopt, {}};
        if (auto protocol = call.text("protocol"); !protocol.empty()) {
            question.protocol = std::move(protocol);
            question.query = fields(call.request);
        } else {
            std::string name = kind_ == Kind::location ? "alias" : "userid";
            auto wanted = call.request.parameter(name);
            if (!wanted) co_return m::missing_param("'" + name + "' is missing");
            question.query.emplace_back(std::move(name), *std::move(wanted));
        }
        auto found = co_await lookups_.third_party(std::move(question));
        if (!found) co_return m::not_found("No application service knows this network");
        co_return http::Response::json(200, json::write(json::Value(*std::move(found))));
    }

private:
    // What the client asked, without what is between the client and this server. Names of fields are plain words: one
    // that is written in another way could be a token in disguise, and is left out.
    static std::vector<std::pair<std::string, std::string>> fields(const http::Request& request) {
        constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
        std::vector<std::pair<std::string, std::string>> out;
        for (std::string_view rest = request.query; !rest.empty() && out.size() < kMaxFields;) {
            auto pair = rest.substr(0, std::min(rest.find('&'), rest.size()));
            rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
            auto name = pair.substr(0, std::min(pair.find('='), pair.size()));
            bool plain = !name.empty() && name.find_first_not_of(kPlain) == std::string_view::npos;
            if (!plain || name == "access_token" || name == "user_id" || name == "device_id") continue;
            if (auto value = request.parameter(name)) out.emplace_back(name, *std::move(value));
        }
        return out;
    }

    appservices::Lookups& lookups_;
    const Kind kind_;
};

void add_third_party(Api& api, appservices::Lookups& lookups, ThirdParty::Kind kind,
                     std::array<std::string_view, 2> paths) {
    auto endpoint = std::make_shared<ThirdParty>(lookups, kind);
    for (auto path : paths)
        api.add(Route{Method::get, path, Auth::user, Body::none, RateClass::general},
                [endpoint](Call call) { return endpoint->run(std::move(call)); });
}

}  // namespace

void add_appservice_endpoints(Api& api, appservices::Services& services, const rooms::RoomStore& store) {
    api.add<Ping>(services);
    api.add<PublishForNetwork>(services, store);
    api.add<Protocols>(services.lookups());
    api.add<Protocol>(services.lookups());
    add_third_party(api, services.lookups(), ThirdParty::Kind::location,
                    {"/_matrix/client/v3/thirdparty/location/{protocol}", "/_matrix/client/v3/thirdparty/location"});
    add_third_party(api, services.lookups(), ThirdParty::Kind::user,
                    {"/_matrix/client/v3/thirdparty/user/{protocol}", "/_matrix/client/v3/thirdparty/user"});
}

}  // namespace peyk::client_api
