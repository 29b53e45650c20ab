// E-mail addresses at accounts, where they are switched on. Spec: Client-Server API › Account Administrative Contact
// Information.

#include <array>

#include "client_api/account/common.h"

namespace peyk::client_api::account {
namespace {

using users::Purpose;

constexpr Route of_user(std::string_view path) {
    return {Method::post, path, Auth::user, Body::object, RateClass::general};
}
constexpr Route of_anyone(std::string_view path) {
    return {Method::post, path, Auth::none, Body::object, RateClass::registration};
}

std::string_view unbind_word(bool done) { return done ? "success" : "no-support"; }

class ListThirdPartyIds {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/account/3pid"};
    explicit ListThirdPartyIds(users::ThirdParty& third_party) : third_party_(third_party) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto held, third_party_.of(call.who().user_number));
        json::Array list;
        for (const auto& id : held) {
            list.push_back(json::Object{{"medium", id.medium},
                                        {"address", id.address},
                                        {"validated_at", id.validated_at.count()},
                                        {"added_at", id.added_at.count()}});
        }
        co_return Reply::of({{"threepids", std::move(list)}});
    }

private:
    users::ThirdParty& third_party_;
};

// The older way has the credentials in a member of their own. Both ask for the password: an address signs in and sets
// passwords, so that a stolen token would otherwise be the whole account. The specification knows no such question on
// the older way, so that its clients cannot answer it: there a session that has just begun with the password needs
// none.
class Add {
public:
    static constexpr std::array kRoutes{of_user("/_matrix/client/v3/account/3pid/add"),
                                        of_user("/_matrix/client/v3/account/3pid")};
    Add(users::Uia& uia, users::ThirdParty& third_party) : uia_(uia), third_party_(third_party) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(check_types(call.body));
        if (call.request.path.ends_with("/add") || !uia_.knew_password_lately(call.who())) {
            auto ask = uia_request(call);
            PEYK_CO_TRY(auto grant, co_await uia_.require(std::move(ask), users::Uia::password()));
            call.body = grant.body;
        }
        auto given = call.body_member("three_pid_creds");
        if (given.is_null()) given = call.body_member("threePidCreds");
        if (given.is_null()) given = json::Value(call.body);
        auto sid = given.get_string("sid");
        auto secret = given.get_string("client_secret");
        if (!sid || !secret) co_return m::missing_param("'sid' and 'client_secret' are needed");
        PEYK_CO_TRY(auto validated, third_party_.validations().take(std::string(*sid), *secret, Purpose::add));
        PEYK_CO_CHECK(co_await third_party_.add(call.who().user_number, std::move(validated)));
        co_return Reply::empty();
    }

private:
    // Before the password is asked for.
    static Result<void> check_types(const json::Object& body) {
        for (std::string_view key : {"three_pid_creds", "threePidCreds"}) {
            const auto* given = body.find(key);
            if (!given) continue;
            if (!given->object()) return m::bad_json(fmt::format("'{}' must be an object", key));
            PEYK_CHECK(check_texts(*given->object()));
        }
        return check_texts(body);
    }
    static Result<void> check_texts(const json::Object& from) {
        for (std::string_view key : {"client_secret", "sid", "id_server", "id_access_token"}) {
            const auto* value = from.find(key);
            if (value && !value->string()) return m::bad_json(fmt::format("'{}' must be a string", key));
        }
        return {};
    }

    users::Uia& uia_;
    users::ThirdParty& third_party_;
};

class Bind {
public:
    // As older clients know it, besides.
    static constexpr std::array kRoutes{of_user("/_matrix/client/v3/account/3pid/bind"),
                                        of_user("/_matrix/client/unstable/account/3pid/bind")};
    explicit Bind(users::ThirdParty& third_party) : third_party_(third_party) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto server, call.need_string("id_server"));
        PEYK_CO_TRY(auto token, call.need_string("id_access_token"));
        PEYK_CO_TRY(auto sid, call.need_string("sid"));
        PEYK_CO_TRY(auto secret, call.need_string("client_secret"));
        auto binding =
            third_party_.bind(call.who().user, std::move(server), std::move(token), std::move(sid), std::move(secret));
        PEYK_CO_CHECK(co_await std::move(binding));
        co_return Reply::empty();
    }

private:
    users::ThirdParty& third_party_;
};

// Takes an address from identity servers, and by /delete from the account too.
class Removal {
public:
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto medium, call.need_string("medium"));
        PEYK_CO_TRY(auto address, call.need_string("address"));
        PEYK_CO_TRY(auto server, call.optional_string("id_server"));
        auto removing =
            (third_party_.*deed_)(call.who().user, std::move(medium), std::move(address), std::move(server));
        PEYK_CO_TRY(bool done, co_await std::move(removing));
        co_return Reply::of({{"id_server_unbind_result", unbind_word(done)}});
    }

protected:
    using Deed = decltype(&users::ThirdParty::unbind);
    Removal(users::ThirdParty& third_party, Deed deed) : third_party_(third_party), deed_(deed) {}

private:
    users::ThirdParty& third_party_;
    Deed deed_;
};

class Unbind : public Removal {
public:
    static constexpr std::array kRoutes{of_user("/_matrix/client/v3/account/3pid/unbind"),
                                        of_user("/_matrix/client/unstable/account/3pid/unbind")};
    explicit Unbind(users::ThirdParty& third_party) : Removal(third_party, &users::ThirdParty::unbind) {}
};

class Delete : public Removal {
public:
    static constexpr Route kRoute = of_user("/_matrix/client/v3/account/3pid/delete");
    explicit Delete(users::ThirdParty& third_party) : Removal(third_party, &users::ThirdParty::remove) {}
};

class RequestEmail {
public:
    RequestEmail(users::ThirdParty& third_party, Purpose purpose) : third_party_(third_party), purpose_(purpose) {}

    Task<Result<http::Response>> run(Call call) {
        users::ThirdParty::EmailRequest request{purpose_};
        PEYK_CO_TRY(request.client_secret, call.need_string("client_secret"));
        PEYK_CO_TRY(request.address, call.need_string("email"));
        PEYK_CO_TRY(auto attempt, call.optional_integer("send_attempt"));
        if (!attempt) co_return m::missing_param("'send_attempt' is missing");
        request.attempt = *attempt;
        // Of servers that older clients let send the mail; this one does it itself.
        for (auto key : {"id_server", "id_access_token"}) PEYK_CO_CHECK(call.optional_string(key));
        PEYK_CO_TRY(request.next.url, call.optional_string("next_link"));
        request.next.by_user = call.caller.has_value();
        PEYK_CO_TRY(auto sid, co_await third_party_.request_email(std::move(request)));
        co_return http::Response::json(200, json::write(json::Object{{"sid", sid}}));
    }

private:
    users::ThirdParty& third_party_;
    const Purpose purpose_;
};

class NoTelephone {
public:
    static constexpr std::array kRoutes{of_anyone("/_matrix/client/v3/account/3pid/msisdn/requestToken"),
                                        of_anyone("/_matrix/client/v3/account/password/msisdn/requestToken"),
                                        of_anyone("/_matrix/client/v3/register/msisdn/requestToken")};
    Task<Result<Reply>> run(Call) {
        co_return fail(
            Error{Errc::bad_request, "This server takes no telephone numbers", "M_THREEPID_MEDIUM_NOT_SUPPORTED"});
    }
};

}  // namespace

void add_third_party(Api& api, users::Users& users) {
    auto& third_party = users.third_party;
    api.add<ListThirdPartyIds>(third_party);
    api.add<Add>(users.uia, third_party);
    api.add<Bind>(third_party);
    api.add<Unbind>(third_party);
    api.add<Delete>(third_party);
    api.add<NoTelephone>();
    for (auto [path, purpose] : {std::pair{"/_matrix/client/v3/register/email/requestToken", Purpose::registration},
                                 {"/_matrix/client/v3/account/3pid/email/requestToken", Purpose::add},
                                 {"/_matrix/client/v3/account/password/email/requestToken", Purpose::password_reset}}) {
        auto endpoint = std::make_shared<RequestEmail>(third_party, purpose);
        auto route = of_anyone(path);
        if (purpose == Purpose::add) route.auth = Auth::optional;  // whose next_link is followed; see NextLink
        api.add(route, [endpoint](Call call) { return endpoint->run(std::move(call)); });
    }
}

}  // namespace peyk::client_api::account
