// Spec: Client-Server API › Login, › Refreshing access tokens, › Current account information.

#include "client_api/account/common.h"

namespace peyk::client_api::account {
namespace {

constexpr std::string_view kPassword = "m.login.password";

class LoginFlows {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/login", Auth::none};
    LoginFlows(bool services, bool cas, const users::Options& options)
        : services_(services), cas_(cas), options_(options) {}

    Task<Result<Reply>> run(Call) {
        json::Array flows{json::Object{{"type", kPassword}},
                          json::Object{{"type", "m.login.token"}, {"get_login_token", true}}};
        if (services_) flows.push_back(json::Object{{"type", "m.login.application_service"}});
        // Spec: Client-Server API › OAuth 2.0 aware clients.
        if (options_.browser_sign_in) flows.emplace_back(single_sign_on());
        // Of the specification's first versions; apps that know it ask /login/cas/redirect.
        if (cas_) flows.emplace_back(json::Object{{"type", "m.login.cas"}});
        co_return Reply::of({{"flows", std::move(flows)}});
    }

private:
    json::Object single_sign_on() const {
        json::Object out{{"type", "m.login.sso"}, {"oauth_aware_preferred", true}};
        if (options_.providers.empty()) return out;
        // Clients that see a list offer what is in it and nothing else, so the pages of this server are in it too.
        json::Array list{json::Object{{"id", users::kOwnPages}, {"name", options_.server_name}}};
        for (const auto& provider : options_.providers) {
            json::Object item{{"id", provider.id}, {"name", provider.name}};
            if (!provider.icon.empty()) item.set("icon", provider.icon);
            if (!provider.brand.empty()) item.set("brand", provider.brand);
            list.emplace_back(std::move(item));
        }
        out.set("identity_providers", std::move(list));
        return out;
    }

    const bool services_, cas_;
    const users::Options& options_;
};

class Login {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/login", Auth::none,
                                  Body::object, RateClass::login,           16 * 1024};
    explicit Login(users::Users& users)
        : options_(users.options()),
          accounts_(users.accounts),
          passwords_(users.password_check),
          tokens_(users.login_tokens),
          sessions_(users.sessions),
          uia_(users.uia),
          names_(users.service_names()) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto type, call.need_string("type"));
        users::SignIn wanted{};
        PEYK_CO_TRY(auto device, call.optional_string("device_id"));
        if (device && !device->empty()) {
            PEYK_CO_TRY(wanted.device, DeviceId::parse(*device));
        }
        PEYK_CO_TRY(wanted.device_name, call.optional_string("initial_device_display_name"));
        PEYK_CO_TRY(auto refreshable, call.optional_bool("refresh_token"));
        wanted.refreshable = refreshable.value_or(false);
        bool with_password = type == kPassword;
        // What the type at hand does not need must have its own type too.
        for (auto key : {"address", "medium", "password", "token", "user"}) PEYK_CO_CHECK(call.optional_string(key));
        PEYK_CO_CHECK(call.optional_object("identifier"));
        PEYK_CO_TRY(wanted.account, co_await prove(std::move(type), std::move(call)));
        PEYK_CO_TRY(auto session, co_await sessions_.sign_in(std::move(wanted)));
        if (with_password) uia_.began_with_password(session.session);
        json::Object out;
        write_session(out, session, true);
        if (!options_.public_base_url.empty())
            out.set("well_known", json::Object{{"m.homeserver", json::Object{{"base_url", options_.public_base_url}}}});
        co_return Reply::of(out);
    }

private:
    Task<Result<users::AccountPtr>> prove(std::string type, Call call) {
        if (type == kPassword) {
            PEYK_CO_TRY(auto password, call.need_string("password"));
            PEYK_CO_TRY(auto user, passwords_.named_user(call.body));
            PEYK_CO_TRY(auto account, co_await passwords_.check(std::move(user), std::move(password)));
            if (account->needs_browser())
                co_return m::forbidden(
                    "This account has a second factor: sign in through the browser, or allow apps that only know "
                    "passwords on the account page");
            co_return account;
        }
        if (type == "m.login.token") {
            PEYK_CO_TRY(auto token, call.need_string("token"));
            auto user = tokens_.take(token);
            if (!user) co_return m::forbidden("The login token is not valid");
            PEYK_CO_TRY(auto account, accounts_.find(UserId::trusted(*user)));
            if (!account) co_return m::forbidden("The login token is not valid");
            co_return account;
        }
        if (type == "m.login.application_service") {
            PEYK_CO_CHECK(check_service(call));
            PEYK_CO_TRY(auto user, passwords_.named_user(call.body));
            if (!names_ || !names_->owns(call.service, user))
                co_return m::exclusive("This user is not in the namespaces of the application service");
            PEYK_CO_TRY(auto account, accounts_.find(user));
            if (!account) co_return m::forbidden("The application service has not registered this user");
            co_return account;
        }
        co_return m::unknown("This server does not know that way of signing in");
    }

    const users::Options& options_;
    users::Accounts& accounts_;
    users::PasswordCheck& passwords_;
    users::Tickets& tokens_;
    users::Sessions& sessions_;
    users::Uia& uia_;
    const users::ServiceNames* names_;
};

class GetLoginToken {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v1/login/get_token", Auth::user, Body::optional,
                                  RateClass::general};
    GetLoginToken(users::Uia& uia, users::Tickets& tokens, Millis lifetime)
        : uia_(uia), tokens_(tokens), lifetime_(lifetime) {}

    Task<Result<Reply>> run(Call call) {
        auto ask = uia_request(call);
        PEYK_CO_CHECK(co_await uia_.require(std::move(ask), users::Uia::password()));
        auto token = tokens_.issue(call.who().user.str(), lifetime_);
        co_return Reply::of({{"login_token", token}, {"expires_in_ms", lifetime_.count()}});
    }

private:
    users::Uia& uia_;
    users::Tickets& tokens_;
    const Millis lifetime_;
};

class Refresh {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/refresh", Auth::none,
                                  Body::object, RateClass::general,           16 * 1024};
    explicit Refresh(users::Sessions& sessions) : sessions_(sessions) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto token, call.need_string("refresh_token"));
        PEYK_CO_TRY(auto session, co_await sessions_.refresh(std::move(token)));
        json::Object out;
        write_session(out, session, false);
        co_return Reply::of(out);
    }

private:
    users::Sessions& sessions_;
};

class Logout {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/logout", Auth::user_even_locked};
    explicit Logout(users::Sessions& sessions) : sessions_(sessions) {}

    Task<Result<Reply>> run(Call call) {
        std::vector<DeviceId> devices{call.who().device};
        PEYK_CO_CHECK(co_await sessions_.remove_devices(call.who().user, std::move(devices)));
        co_return Reply::empty();
    }

private:
    users::Sessions& sessions_;
};

class LogoutAll {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/logout/all", Auth::user_even_locked};
    explicit LogoutAll(users::Sessions& sessions) : sessions_(sessions) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(co_await sessions_.remove_all_devices(call.who().user, std::nullopt));
        co_return Reply::empty();
    }

private:
    users::Sessions& sessions_;
};

class WhoAmI {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/account/whoami", Auth::user};

    Task<Result<Reply>> run(Call call) {
        const auto& who = call.who();
        json::Object out{{"user_id", who.user.str()}, {"is_guest", who.guest}};
        if (who.has_device()) out.set("device_id", who.device.str());
        co_return Reply::of(out);
    }
};

class OpenIdToken {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/user/{user}/openid/request_token", Auth::user,
                                  Body::optional, RateClass::general};
    OpenIdToken(users::Tickets& tokens, Millis lifetime) : tokens_(tokens), lifetime_(lifetime) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(check_own(call));
        auto token = tokens_.issue(call.who().user.str(), lifetime_);
        co_return Reply::of({{"access_token", token},
                             {"token_type", "Bearer"},
                             {"matrix_server_name", call.who().user.server()},
                             {"expires_in", lifetime_.count() / 1000}});
    }

private:
    users::Tickets& tokens_;
    const Millis lifetime_;
};

// Spec: Server-Server API › OpenID: whoever was given a token learns whose it is. It is asked with the token alone, so
// it is no part of the federation that servers authenticate to. One service asks for everybody who comes to a call, and
// tokens cannot be guessed: the limit is that of ordinary requests.
class OpenIdUserInfo {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/federation/v1/openid/userinfo", Auth::none, Body::none,
                                  RateClass::general};
    explicit OpenIdUserInfo(users::Tickets& tokens) : tokens_(tokens) {}

    Task<Result<Reply>> run(Call call) {
        auto token = call.request.parameter("access_token");
        if (!token) co_return m::missing_token("'access_token' is missing");
        auto user = tokens_.look_up(*token);
        if (!user) co_return m::unknown_token("Unknown or expired OpenID token");
        co_return Reply::of({{"sub", *user}});
    }

private:
    users::Tickets& tokens_;
};

}  // namespace

void add_sign_in(Api& api, users::Users& users, const AccountApiOptions& options) {
    api.add<LoginFlows>(users.service_names() != nullptr, options.cas_sign_in, users.options());
    api.add<Login>(users);
    api.add<GetLoginToken>(users.uia, users.login_tokens, users.options().login_token_lifetime);
    api.add<Refresh>(users.sessions);
    api.add<Logout>(users.sessions);
    api.add<LogoutAll>(users.sessions);
    api.add<WhoAmI>();
    api.add<OpenIdToken>(users.openid_tokens, users.options().openid_token_lifetime);
    api.add<OpenIdUserInfo>(users.openid_tokens);
}

}  // namespace peyk::client_api::account
