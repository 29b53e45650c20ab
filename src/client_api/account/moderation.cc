// Spec: Client-Server API › Server Administration. And the registration tokens, in the shape that operators' tools
// know.

#include "client_api/account/common.h"

#include <fmt/format.h>

namespace peyk::client_api::account {
namespace {

using State = users::Lifecycle::State;

constexpr std::string_view kSuspend = "/_matrix/client/v1/admin/suspend/{user}";
constexpr std::string_view kLock = "/_matrix/client/v1/admin/lock/{user}";

std::string_view word(State state) { return state == State::locked ? "locked" : "suspended"; }

// Errors: M_FORBIDDEN (the target is an administrator), M_INVALID_PARAM (of another server), M_NOT_FOUND.
Result<users::AccountPtr> target_of(const Call& call, const users::Accounts& accounts) {
    PEYK_TRY(auto user, call.id<UserId>("user"));
    if (!accounts.is_local(user)) return m::invalid_param("That user is not of this server");
    PEYK_TRY(auto account, accounts.find(user));
    if (!account || account->deactivated) return m::not_found("There is no such account");
    if (account->admin) return m::forbidden("Administrators cannot be locked or suspended");
    return account;
}

template <State state>
class GetState {
public:
    static constexpr Route kRoute{Method::get, state == State::locked ? kLock : kSuspend, Auth::admin};
    explicit GetState(users::Accounts& accounts) : accounts_(accounts) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto account, target_of(call, accounts_));
        bool on = state == State::locked ? account->locked : account->suspended;
        co_return Reply::of({{std::string(word(state)), on}});
    }

private:
    users::Accounts& accounts_;
};

template <State state>
class PutState {
public:
    static constexpr Route kRoute{Method::put, state == State::locked ? kLock : kSuspend, Auth::admin, Body::object,
                                  RateClass::general};
    PutState(users::Accounts& accounts, users::Lifecycle& lifecycle) : accounts_(accounts), lifecycle_(lifecycle) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto account, target_of(call, accounts_));
        PEYK_CO_TRY(auto on, call.optional_bool(word(state)));
        if (!on) co_return m::missing_param(fmt::format("'{}' is missing", word(state)));
        PEYK_CO_CHECK(co_await lifecycle_.set_state(account->id, state, *on));
        co_return Reply::of({{std::string(word(state)), *on}});
    }

private:
    users::Accounts& accounts_;
    users::Lifecycle& lifecycle_;
};

// Neither addresses nor user agents are kept, so a device has sessions without connections to speak of.
class WhoIs {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/v3/admin/whois/{user}"};
    WhoIs(users::Accounts& accounts, users::Sessions& sessions, bool on)
        : accounts_(accounts), sessions_(sessions), on_(on) {}

    Task<Result<Reply>> run(Call call) {
        if (!on_) co_return switched_off();
        // Administrators may ask about others: Spec, › Server Administration.
        if (call.request.capture("user") != call.who().user.view() && !call.who().admin)
            co_return m::forbidden("You are not an administrator of this server");
        PEYK_CO_TRY(auto user, call.id<UserId>("user"));
        PEYK_CO_TRY(bool there, accounts_.exists(user));
        if (!there) co_return m::not_found("There is no such account");
        PEYK_CO_TRY(auto devices, sessions_.devices(accounts_.number(user)));
        json::Object by_id;
        for (const auto& device : devices) {
            json::Array connections;
            json::Array sessions{json::Object{{"connections", std::move(connections)}}};
            by_id.set(device.id.str(), json::Object{{"sessions", std::move(sessions)}});
        }
        co_return Reply::of({{"user_id", user.str()}, {"devices", std::move(by_id)}});
    }

private:
    users::Accounts& accounts_;
    users::Sessions& sessions_;
    bool on_;
};

constexpr std::string_view kTokens = "/_synapse/admin/v1/registration_tokens";
constexpr std::string_view kNewToken = "/_synapse/admin/v1/registration_tokens/new";
constexpr std::string_view kOneToken = "/_synapse/admin/v1/registration_tokens/{token}";

json::Object render(const users::RegistrationToken& token) {
    json::Object out{{"token", token.token}, {"pending", token.pending}, {"completed", token.completed}};
    out.set("uses_allowed", token.uses_allowed ? json::Value(*token.uses_allowed) : json::Value());
    out.set("expiry_time", token.expiry ? json::Value(token.expiry->count()) : json::Value());
    return out;
}

// uses_allowed and expiry_time of a body; null means without limit.
Result<users::RegistrationTokens::Change> parse_change(const Call& call, Millis now) {
    users::RegistrationTokens::Change change;
    if (const auto* uses = call.body.find("uses_allowed")) {
        if (!uses->is_null() && (!uses->integer() || *uses->integer() < 0))
            return m::invalid_param("'uses_allowed' must be a whole number or null");
        change.uses_allowed = uses->integer();
    }
    if (const auto* expiry = call.body.find("expiry_time")) {
        if (!expiry->is_null() && (!expiry->integer() || *expiry->integer() < now.count()))
            return m::invalid_param("'expiry_time' must be a time to come, in milliseconds, or null");
        change.expiry.emplace();
        if (expiry->integer()) *change.expiry = Millis{*expiry->integer()};
    }
    return change;
}

class TokenEndpoint {
public:
    explicit TokenEndpoint(users::Users& users) : tokens_(users.registration_tokens), clock_(users.context().clock) {}

protected:
    users::RegistrationTokens& tokens_;
    const Clock& clock_;
};

class ListTokens : TokenEndpoint {
public:
    static constexpr Route kRoute{Method::get, kTokens, Auth::admin};
    using TokenEndpoint::TokenEndpoint;
    Task<Result<Reply>> run(Call call) {
        std::optional<bool> valid;
        if (call.request.parameter("valid")) {
            PEYK_CO_TRY(valid, call.flag("valid", false));
        }
        PEYK_CO_TRY(auto tokens, tokens_.list());
        json::Array list;
        for (const auto& token : tokens) {
            if (!valid || tokens_.is_valid(token) == *valid) list.emplace_back(render(token));
        }
        co_return Reply::of({{"registration_tokens", std::move(list)}});
    }
};

class NewToken : TokenEndpoint {
public:
    static constexpr Route kRoute{Method::post, kNewToken, Auth::admin, Body::optional, RateClass::general};
    using TokenEndpoint::TokenEndpoint;
    Task<Result<Reply>> run(Call call) {
        users::RegistrationToken wanted;
        PEYK_CO_TRY(auto name, call.optional_string("token"));
        PEYK_CO_TRY(auto length, call.optional_integer("length"));
        if (name && name->empty()) co_return m::invalid_param("A token has 1 to 64 characters");
        if (length && (*length < 1 || *length > 64)) co_return m::invalid_param("'length' must be 1 to 64");
        wanted.token = name.value_or("");
        if (!name && length) wanted.token = tokens_.suggest(static_cast<std::size_t>(*length));
        PEYK_CO_TRY(auto limits, parse_change(call, clock_.now()));
        wanted.uses_allowed = limits.uses_allowed.value_or(std::nullopt);
        wanted.expiry = limits.expiry.value_or(std::nullopt);
        PEYK_CO_TRY(auto token, co_await tokens_.create(std::move(wanted)));
        co_return Reply::of(render(token));
    }
};

class GetToken : TokenEndpoint {
public:
    static constexpr Route kRoute{Method::get, kOneToken, Auth::admin};
    using TokenEndpoint::TokenEndpoint;
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto token, tokens_.find(call.request.capture("token")));
        if (!token) co_return m::not_found("No such registration token");
        co_return Reply::of(render(*token));
    }
};

class PutToken : TokenEndpoint {
public:
    static constexpr Route kRoute{Method::put, kOneToken, Auth::admin, Body::object, RateClass::general};
    using TokenEndpoint::TokenEndpoint;
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto change, parse_change(call, clock_.now()));
        PEYK_CO_TRY(auto token, co_await tokens_.update(call.text("token"), std::move(change)));
        co_return Reply::of(render(token));
    }
};

class DeleteToken : TokenEndpoint {
public:
    static constexpr Route kRoute{Method::del, kOneToken, Auth::admin, Body::none, RateClass::general};
    using TokenEndpoint::TokenEndpoint;
    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(co_await tokens_.remove(call.text("token")));
        co_return Reply::empty();
    }
};

}  // namespace

void add_moderation(Api& api, users::Users& users) {
    api.add<GetState<State::suspended>>(users.accounts);
    api.add<PutState<State::suspended>>(users.accounts, users.lifecycle);
    api.add<GetState<State::locked>>(users.accounts);
    api.add<PutState<State::locked>>(users.accounts, users.lifecycle);
    api.add<WhoIs>(users.accounts, users.sessions, users.options().whois);
    api.add<ListTokens>(users);
    api.add<NewToken>(users);
    api.add<GetToken>(users);
    api.add<PutToken>(users);
    api.add<DeleteToken>(users);
}

}  // namespace peyk::client_api::account
