// Spec: Client-Server API › Account registration.

#include "client_api/account/common.h"

namespace peyk::client_api::account {
namespace {

class Register {
public:
    static constexpr Route kRoute{Method::post,   "/_matrix/client/v3/register", Auth::none,
                                  Body::optional, RateClass::registration,       16 * 1024};
    explicit Register(users::Registration& registration) : registration_(registration) {}

    Task<Result<Reply>> run(Call call) {
        auto kind = call.request.parameter("kind").value_or("user");
        if (kind != "user" && kind != "guest") co_return m::invalid_param("'kind' must be 'user' or 'guest'");
        PEYK_CO_TRY(auto type, call.optional_string("type"));
        bool by_service = type == "m.login.application_service";
        if (by_service) PEYK_CO_CHECK(check_service(call));
        users::Registration::Request request{"POST /register", std::move(call.body)};
        auto making = by_service        ? registration_.register_for_service(call.service, std::move(request.body))
                      : kind == "guest" ? registration_.register_guest(std::move(request))
                                        : registration_.register_user(std::move(request));
        PEYK_CO_TRY(auto made, co_await std::move(making));
        json::Object out{{"user_id", made.user.str()}, {"home_server", made.user.server()}};
        if (made.signed_in) write_session(out, *made.signed_in, true);
        co_return Reply::of(out);
    }

private:
    users::Registration& registration_;
};

class Available {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/register/available", Auth::none, Body::none,
                                  RateClass::login};
    explicit Available(users::Registration& registration) : registration_(registration) {}

    Task<Result<Reply>> run(Call call) {
        // A closed server does not tell who has an account.
        if (registration_.mode() == users::RegistrationMode::closed)
            co_return m::forbidden("Registration is closed on this server");
        auto name = call.request.parameter("username");
        if (!name) co_return m::missing_param("'username' is missing");
        PEYK_CO_CHECK(registration_.available(*name));
        co_return Reply::of({{"available", true}});
    }

private:
    users::Registration& registration_;
};

class TokenValidity {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v1/register/m.login.registration_token/validity",
                                  Auth::none, Body::none, RateClass::login};
    TokenValidity(users::Registration& registration, users::RegistrationTokens& tokens)
        : registration_(registration), tokens_(tokens) {}

    Task<Result<Reply>> run(Call call) {
        if (registration_.mode() == users::RegistrationMode::closed)
            co_return m::forbidden("Registration is closed on this server");
        auto token = call.request.parameter("token");
        if (!token) co_return m::missing_param("'token' is missing");
        PEYK_CO_TRY(bool valid, tokens_.valid(*token));
        co_return Reply::of({{"valid", valid}});
    }

private:
    users::Registration& registration_;
    users::RegistrationTokens& tokens_;
};

constexpr std::string_view kSecretPath = "/_synapse/admin/v1/register";

class SecretNonce {
public:
    static constexpr Route kRoute{Method::get, kSecretPath, Auth::none, Body::none, RateClass::registration};
    explicit SecretNonce(users::Registration& registration) : registration_(registration) {}

    Task<Result<Reply>> run(Call) {
        PEYK_CO_TRY(auto nonce, registration_.shared_secret_nonce());
        co_return Reply::of({{"nonce", nonce}});
    }

private:
    users::Registration& registration_;
};

class SecretRegister {
public:
    static constexpr Route kRoute{Method::post, kSecretPath, Auth::none, Body::object, RateClass::registration};
    explicit SecretRegister(users::Registration& registration) : registration_(registration) {}

    Task<Result<Reply>> run(Call call) {
        users::Registration::SharedSecretRequest request;
        PEYK_CO_TRY(request.nonce, call.need_string("nonce"));
        PEYK_CO_TRY(request.user, call.need_string("username"));
        PEYK_CO_TRY(request.password, call.need_string("password"));
        PEYK_CO_TRY(request.mac, call.need_string("mac"));
        PEYK_CO_TRY(auto admin, call.optional_bool("admin"));
        request.admin = admin.value_or(false);
        if (!call.body_member("user_type").is_null()) {
            PEYK_CO_TRY(request.user_type, call.need_string("user_type"));
        }
        if (!call.body_member("displayname").is_null()) {
            PEYK_CO_TRY(request.displayname, call.optional_string("displayname"));
        }
        PEYK_CO_TRY(auto session, co_await registration_.register_by_secret(std::move(request)));
        json::Object out;
        write_session(out, session, true);
        co_return Reply::of(out);
    }

private:
    users::Registration& registration_;
};

}  // namespace

void add_registration(Api& api, users::Users& users) {
    api.add<Register>(users.registration);
    api.add<Available>(users.registration);
    api.add<TokenValidity>(users.registration, users.registration_tokens);
    api.add<SecretNonce>(users.registration);
    api.add<SecretRegister>(users.registration);
}

}  // namespace peyk::client_api::account
