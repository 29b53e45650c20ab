#include "users/third_party/identity_servers.h"

#include "base/bytes.h"
#include "core/errors.h"
#include "core/hashing.h"
#include "core/json_text.h"

namespace peyk::users {
namespace {

constexpr Millis kTime{15'000};
// Of the places of the outbound client, which push and services need too: users name servers that answer slowly.
constexpr int kMaxAtOnce = 16;
constexpr std::size_t kMaxAnswer = 256 * 1024;
constexpr std::string_view kBase = "/_matrix/identity/v2/";

// A place among the calls that are under way, as long as it lives.
class Place {
public:
    explicit Place(std::atomic<int>& taken) : taken_(taken), got_(taken.fetch_add(1) < kMaxAtOnce) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { taken_.fetch_sub(1); }
    bool got() const { return got_; }

private:
    std::atomic<int>& taken_;
    const bool got_;
};

}  // namespace

Task<Result<json::Object>> IdentityServers::send(http::ClientRequest request) {
    Place place(under_way_);
    if (!place.got())
        co_return fail(Error{Errc::rate_limited,
                             "Too many questions to identity servers are under way",
                             "M_LIMIT_EXCEEDED",
                             {},
                             Millis{5000}});
    request.time = kTime;
    request.max_body = kMaxAnswer;
    auto answer = co_await outbound_.send(std::move(request));
    if (!answer) co_return fail(Error{Errc::unavailable, "The identity server cannot be reached", "M_UNKNOWN"});
    auto body = json::parse_object(answer->body);
    if (answer->status / 100 != 2) {
        // Its refusals are the user's to read; their codes are those of the specification.
        auto why = body ? text_in(*body, "error").substr(0, 200) : std::string();
        co_return m::unknown(why.empty() ? "The identity server refused" : why);
    }
    if (!body) co_return m::unknown("The identity server answered no JSON");
    co_return std::move(*body);
}

Task<Result<json::Object>> IdentityServers::call(http::Method method, std::string id_server, std::string target,
                                                 std::string bearer, std::optional<json::Object> content) {
    PEYK_CO_TRY(auto name, ServerName::parse(id_server));
    http::ClientRequest request;
    request.method = method;
    PEYK_CO_TRY(request.url, http::Url::parse("https://" + name.str() + target));
    if (!bearer.empty()) request.headers.add("Authorization", bearer);
    if (content) {
        request.headers.add("Content-Type", "application/json");
        request.body = json::write(*content);
    }
    co_return co_await send(std::move(request));
}

Task<Result<IdentityServers::Bound>> IdentityServers::bind(std::string id_server, std::string token, std::string sid,
                                                           std::string client_secret, UserId user) {
    std::optional<json::Object> content =
        json::Object{{"sid", sid}, {"client_secret", client_secret}, {"mxid", user.str()}};
    auto answering = call(http::Method::post, std::move(id_server), std::string(kBase) + "3pid/bind", "Bearer " + token,
                          std::move(content));
    PEYK_CO_TRY(auto answer, co_await std::move(answering));
    Bound bound{text_in(answer, "medium"), text_in(answer, "address")};
    if (bound.medium.empty() || bound.address.empty()) co_return m::unknown("The identity server bound nothing");
    co_return bound;
}

Task<Result<void>> IdentityServers::unbind(std::string id_server, std::string medium, std::string address,
                                           UserId user) {
    auto target = std::string(kBase) + "3pid/unbind";
    json::Object content{{"mxid", user.str()}, {"threepid", json::Object{{"medium", medium}, {"address", address}}}};
    auto authorization = sign_("POST", target, id_server, content);
    std::optional<json::Object> body = std::move(content);
    auto answering =
        call(http::Method::post, std::move(id_server), std::move(target), std::move(authorization), std::move(body));
    PEYK_CO_CHECK(co_await std::move(answering));
    co_return Result<void>{};
}

// Spec: Identity Service API › Association lookup: hashed, so that the server does not learn addresses that it does not
// hold.
Task<Result<std::optional<UserId>>> IdentityServers::look_up(std::string id_server, std::string token,
                                                             std::string medium, std::string address) {
    auto asking =
        call(http::Method::get, id_server, std::string(kBase) + "hash_details", "Bearer " + token, std::nullopt);
    PEYK_CO_TRY(auto details, co_await std::move(asking));
    auto pepper = text_in(details, "lookup_pepper");
    auto hash = base64_encode(sha256(address + ' ' + medium + ' ' + pepper).view(), Base64::url);
    std::optional<json::Object> content =
        json::Object{{"algorithm", "sha256"}, {"pepper", pepper}, {"addresses", json::Array{json::Value(hash)}}};
    auto answering = call(http::Method::post, std::move(id_server), std::string(kBase) + "lookup", "Bearer " + token,
                          std::move(content));
    PEYK_CO_TRY(auto answer, co_await std::move(answering));
    json::Value value(std::move(answer));
    const auto* found = value.get_path({"mappings", hash});
    if (!found || !found->string()) co_return std::nullopt;
    auto user = UserId::parse(*found->string());
    if (!user) co_return m::unknown("The identity server named no user");
    co_return *std::move(user);
}

Task<Result<json::Object>> IdentityServers::store_invite(std::string id_server, std::string token, json::Object about) {
    std::optional<json::Object> content = std::move(about);
    return call(http::Method::post, std::move(id_server), std::string(kBase) + "store-invite", "Bearer " + token,
                std::move(content));
}

Task<Result<bool>> IdentityServers::key_is_valid(std::string url, std::string public_key) {
    http::ClientRequest request;
    auto joint = url.find('?') == std::string::npos ? "?" : "&";
    PEYK_CO_TRY(request.url, http::Url::parse(url + joint + "public_key=" + http::percent_encode(public_key)));
    PEYK_CO_TRY(auto answer, co_await send(std::move(request)));
    const auto* valid = answer.find("valid");
    co_return valid && valid->boolean().value_or(false);
}

}  // namespace peyk::users
