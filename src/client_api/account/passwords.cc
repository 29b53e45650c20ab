// Spec: Client-Server API › Password management, › Account deactivation. And the one-time links that an operator
// gives to those who have lost their password.

#include "client_api/account/common.h"

namespace peyk::client_api::account {
namespace {

// Whose account it is: the caller's, or without a token that of the password given.
Result<UserId> subject(const users::ThirdParty& third_party, const std::optional<users::Caller>& caller,
                       const users::UiaGrant& grant) {
    if (grant.third_party) {
        if (grant.third_party->purpose != users::Purpose::password_reset)
            return m::forbidden("This address was confirmed for something else");
        PEYK_TRY(auto account, third_party.account_of(grant.third_party->medium, grant.third_party->address));
        if (!account || (caller && caller->user != account->id))
            return m::forbidden("This address is not that of the account");
        return account->id;
    }
    if (caller) return caller->user;
    if (grant.user) return *grant.user;
    return m::missing_token("Missing access token");
}

class ChangePassword {
public:
    static constexpr Route kRoute{
        Method::post, "/_matrix/client/v3/account/password", Auth::optional, Body::object, RateClass::login, 16 * 1024};
    ChangePassword(users::Uia& uia, users::Lifecycle& lifecycle, users::Passwords& passwords,
                   const users::ThirdParty& third_party)
        : uia_(uia), lifecycle_(lifecycle), passwords_(passwords), third_party_(third_party) {}

    Task<Result<Reply>> run(Call call) {
        // Refused before the old password is asked for.
        PEYK_CO_TRY(auto early, call.optional_string("new_password"));
        if (early) PEYK_CO_CHECK(passwords_.check_new(*early, call.caller ? call.who().user.localpart() : ""));
        PEYK_CO_CHECK(call.optional_bool("logout_devices"));
        auto caller = call.caller;
        auto ask = uia_request(call);
        auto flows = users::Uia::password();
        if (third_party_.can_mail()) flows.push_back(users::UiaFlow{users::kStageEmail});
        PEYK_CO_TRY(auto grant, co_await uia_.require(std::move(ask), std::move(flows)));
        call.body = grant.body;
        PEYK_CO_TRY(auto password, call.need_string("new_password"));
        PEYK_CO_TRY(auto logout, call.optional_bool("logout_devices"));
        PEYK_CO_TRY(auto user, subject(third_party_, caller, grant));
        std::optional<DeviceId> keep;
        if (caller) keep = caller->device;
        bool all = logout.value_or(true);
        PEYK_CO_CHECK(co_await lifecycle_.change_password(std::move(user), std::move(password), all, std::move(keep)));
        co_return Reply::empty();
    }

private:
    users::Uia& uia_;
    users::Lifecycle& lifecycle_;
    users::Passwords& passwords_;
    const users::ThirdParty& third_party_;
};

class Deactivate {
public:
    static constexpr Route kRoute{Method::post,     "/_matrix/client/v3/account/deactivate",
                                  Auth::optional,   Body::optional,
                                  RateClass::login, 16 * 1024};
    Deactivate(users::Uia& uia, users::Lifecycle& lifecycle, users::ThirdParty& third_party)
        : uia_(uia), lifecycle_(lifecycle), third_party_(third_party) {}

    Task<Result<Reply>> run(Call call) {
        // Nothing ends by a request that is wrong.
        PEYK_CO_CHECK(ending_of(call));
        PEYK_CO_CHECK(call.optional_string("id_server"));
        auto caller = call.caller;
        users::UiaGrant grant;
        if (!caller || !caller->skips_interactive_auth()) {
            auto ask = uia_request(call);
            PEYK_CO_TRY(grant, co_await uia_.require(std::move(ask), users::Uia::password()));
            call.body = grant.body;
        }
        PEYK_CO_TRY(auto ending, ending_of(call));
        PEYK_CO_TRY(auto user, subject(third_party_, caller, grant));
        PEYK_CO_TRY(bool unbound, co_await third_party_.forget(user));
        PEYK_CO_TRY(auto receipt, co_await lifecycle_.deactivate(std::move(user), ending));
        json::Object answer{{"id_server_unbind_result", unbound ? "success" : "no-support"}};
        if (!receipt.empty()) answer.set("org.peyk.receipt", std::move(receipt));
        co_return Reply::of(answer);
    }

private:
    // peyk's own: "org.peyk.redact_events", with "erase" only.
    static Result<users::Ending> ending_of(const Call& call) {
        PEYK_TRY(auto erase, call.optional_bool("erase"));
        PEYK_TRY(auto redact, call.optional_bool("org.peyk.redact_events"));
        users::Ending ending{erase.value_or(false), redact.value_or(false)};
        if (ending.redact_events && !ending.erase)
            return m::invalid_param("org.peyk.redact_events goes with erase only");
        return ending;
    }

    users::Uia& uia_;
    users::Lifecycle& lifecycle_;
    users::ThirdParty& third_party_;
};

// The link is made by an operator (`peyk user reset-link`): no administrator's token reaches another's account.
class ResetPassword {
public:
    static constexpr Route kRoute{
        Method::post, "/_peyk/client/v1/password_reset", Auth::none, Body::object, RateClass::login, 16 * 1024};
    explicit ResetPassword(users::Lifecycle& lifecycle) : lifecycle_(lifecycle) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto token, call.need_string("token"));
        PEYK_CO_TRY(auto password, call.need_string("new_password"));
        PEYK_CO_TRY(auto user, co_await lifecycle_.use_reset_link(std::move(token), std::move(password)));
        co_return Reply::of({{"user_id", user.str()}});
    }

private:
    users::Lifecycle& lifecycle_;
};

}  // namespace

void add_passwords(Api& api, users::Users& users) {
    api.add<ChangePassword>(users.uia, users.lifecycle, users.passwords, users.third_party);
    api.add<Deactivate>(users.uia, users.lifecycle, users.third_party);
    api.add<ResetPassword>(users.lifecycle);
}

}  // namespace peyk::client_api::account
