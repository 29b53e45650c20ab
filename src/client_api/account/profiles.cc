// Spec: Client-Server API › Profiles, › User Directory.

#include "client_api/account/common.h"

namespace peyk::client_api::account {
namespace {

constexpr std::string_view kProfile = "/_matrix/client/v3/profile/{user}";
constexpr std::string_view kField = "/_matrix/client/v3/profile/{user}/{key}";
// The names of MSC4133 before it was in the specification.
constexpr std::string_view kOlderProfile = "/_matrix/client/unstable/uk.tcpip.msc4133/profile/{user}";
constexpr std::string_view kOlderField = "/_matrix/client/unstable/uk.tcpip.msc4133/profile/{user}/{key}";

// Reads a profile of this server or, through the port, of another.
class Reader {
public:
    Reader(users::Users& users, RemoteProfiles* remote)
        : options_(users.options()), accounts_(users.accounts), profiles_(users.profiles), remote_(remote) {}

    Task<Result<json::Object>> read(bool signed_in, UserId user, std::optional<std::string> key) {
        if (options_.profiles_need_token && !signed_in) co_return m::missing_token("Missing access token");
        if (accounts_.is_local(user)) co_return profiles_.get(user);
        if (!remote_ || !signed_in) co_return m::not_found("There is no such user here");
        co_return co_await remote_->profile(std::move(user), std::move(key));
    }

private:
    const users::Options& options_;
    users::Accounts& accounts_;
    users::Profiles& profiles_;
    RemoteProfiles* remote_;
};

class GetProfile : Reader {
public:
    static constexpr Route kRoutes[] = {{Method::get, kProfile, Auth::optional},
                                        {Method::get, kOlderProfile, Auth::optional}};
    using Reader::Reader;

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto user, call.id<UserId>("user"));
        PEYK_CO_TRY(auto profile, co_await read(call.caller.has_value(), std::move(user), std::nullopt));
        co_return Reply::of(profile);
    }
};

class GetField : Reader {
public:
    static constexpr Route kRoutes[] = {{Method::get, kField, Auth::optional},
                                        {Method::get, kOlderField, Auth::optional}};
    using Reader::Reader;

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto user, call.id<UserId>("user"));
        auto key = call.text("key");
        PEYK_CO_TRY(auto profile, co_await read(call.caller.has_value(), std::move(user), key));
        const auto* value = profile.find(key);
        if (!value) co_return m::not_found("The profile has no such field");
        co_return Reply::of({{key, *value}});
    }
};

class PutField {
public:
    static constexpr Route kRoutes[] = {{Method::put, kField, Auth::user, Body::object, RateClass::general},
                                        {Method::put, kOlderField, Auth::user, Body::object, RateClass::general}};
    explicit PutField(users::Profiles& profiles) : profiles_(profiles) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(check_own(call));
        auto key = call.text("key");
        const auto* value = call.body.find(key);
        if (!value) co_return m::missing_param("The body must have the member that the path names");
        bool is_text = key == "displayname" || key == "avatar_url";
        if (is_text && value->is_null()) {  // how older clients take their name away
            PEYK_CO_CHECK(co_await profiles_.erase(call.who(), std::move(key)));
            co_return Reply::empty();
        }
        auto wanted = *value;
        PEYK_CO_CHECK(co_await profiles_.set(call.who(), std::move(key), std::move(wanted)));
        co_return Reply::empty();
    }

private:
    users::Profiles& profiles_;
};

class DeleteField {
public:
    static constexpr Route kRoutes[] = {{Method::del, kField, Auth::user, Body::none, RateClass::general},
                                        {Method::del, kOlderField, Auth::user, Body::none, RateClass::general}};
    explicit DeleteField(users::Profiles& profiles) : profiles_(profiles) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_CHECK(check_own(call));
        PEYK_CO_CHECK(co_await profiles_.erase(call.who(), call.text("key")));
        co_return Reply::empty();
    }

private:
    users::Profiles& profiles_;
};

// Nobody can be found but by who knows the whole name: a directory of people is a list for whoever comes to read it.
class UserDirectory {
public:
    static constexpr Route kRoute{Method::post, "/_matrix/client/v3/user_directory/search", Auth::user, Body::object,
                                  RateClass::general};
    UserDirectory(users::Accounts& accounts, users::Profiles& profiles) : accounts_(accounts), profiles_(profiles) {}

    Task<Result<Reply>> run(Call call) {
        PEYK_CO_TRY(auto term, call.need_string("search_term"));
        PEYK_CO_CHECK(call.optional_integer("limit"));  // one result at most in any case
        json::Array results;
        auto user = accounts_.complete(term);
        if (user) {
            PEYK_CO_TRY(bool there, accounts_.exists(*user));
            if (there) {
                PEYK_CO_TRY(auto found, entry(*user));
                results.emplace_back(std::move(found));
            }
        }
        co_return Reply::of({{"results", std::move(results)}, {"limited", false}});
    }

private:
    Result<json::Object> entry(const UserId& user) const {
        json::Object out{{"user_id", user.str()}};
        PEYK_TRY(auto name, profiles_.displayname(user));
        if (name) out.set("display_name", *name);
        PEYK_TRY(auto avatar, profiles_.avatar_url(user));
        if (avatar) out.set("avatar_url", *avatar);
        return out;
    }

    users::Accounts& accounts_;
    users::Profiles& profiles_;
};

}  // namespace

void add_profiles(Api& api, users::Users& users, RemoteProfiles* remote) {
    api.add<GetProfile>(users, remote);
    api.add<GetField>(users, remote);
    api.add<PutField>(users.profiles);
    api.add<DeleteField>(users.profiles);
    // Otherwise whoever knows the rooms serves it.
    if (!users.options().directory) api.add<UserDirectory>(users.accounts, users.profiles);
}

}  // namespace peyk::client_api::account
