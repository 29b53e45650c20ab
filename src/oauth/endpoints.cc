#include "oauth/endpoints.h"

#include <array>

namespace peyk::oauth {
namespace {

constexpr std::size_t kMaxBody = 16 * 1024;

constexpr std::array kActions{
    "org.matrix.profile",       "org.matrix.devices_list",       "org.matrix.device_view",
    "org.matrix.device_delete", "org.matrix.account_deactivate", "org.matrix.cross_signing_reset"};
// Before version 1.18; clients of then ask for these.
constexpr std::array kOlderActions{"org.matrix.sessions_list", "org.matrix.session_view", "org.matrix.session_end"};

http::Response json_answer(int status, const json::Object& body) {
    auto response = http::Response::json(status, json::write(body));
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("Pragma", "no-cache");
    return response;
}

http::Response refusal(const OauthError& error) {
    return json_answer(error.status, {{"error", error.code}, {"error_description", error.about}});
}

http::Response answer_of(Expected<json::Object> result, int status = 200) {
    return result ? json_answer(status, *result) : refusal(result.error());
}

// A body that is a form by its type and by its syntax.
Expected<Form> form_of(const http::Request& request) {
    auto type = request.headers.find("Content-Type").value_or("");
    if (!type.starts_with("application/x-www-form-urlencoded"))
        return refuse("invalid_request", "The body must be application/x-www-form-urlencoded");
    auto form = Form::parse(request.body);
    if (!form) return refuse("invalid_request", "The body is no form, or has a field twice");
    return *std::move(form);
}

}  // namespace

void Endpoints::add_routes(http::Router& router) {
    using http::Method;
    using Handler = Task<http::Response> (Endpoints::*)(http::Request);
    auto add = [&](Method method, std::string_view pattern, Handler handler) {
        http::Route route{.method = method, .pattern = std::string(pattern)};
        route.handler = [this, handler](http::Request request) { return (this->*handler)(std::move(request)); };
        route.max_body = kMaxBody;
        router.add(std::move(route));
    };
    if (!oauth_.options.enabled) return;
    add(Method::get, "/_matrix/client/v1/auth_metadata", &Endpoints::metadata);
    add(Method::get, "/_matrix/client/unstable/org.matrix.msc2965/auth_metadata", &Endpoints::older_metadata);
    add(Method::get, "/.well-known/oauth-authorization-server", &Endpoints::metadata);
    add(Method::post, kRegisterPath, &Endpoints::register_client);
    add(Method::post, kTokenPath, &Endpoints::token);
    add(Method::post, kDevicePath, &Endpoints::device);
    add(Method::post, kRevokePath, &Endpoints::revoke);
}

std::optional<http::Response> Endpoints::over_limit(const http::Request& request, privacy::RateClass rate,
                                                    int status) const {
    auto taken = oauth_.limiter.take(rate, privacy::rate_key(request.client));
    if (taken) return std::nullopt;
    auto response = refusal({"temporarily_unavailable", "Too many requests", status});
    if (taken.error().retry_after)
        response.headers.add("Retry-After", std::to_string((taken.error().retry_after->count() + 999) / 1000));
    return response;
}

json::Object Endpoints::describe(bool older) const {
    auto at = [this](std::string_view path) { return oauth_.options.base_url + std::string(path); };
    json::Array actions;
    for (const auto* action : kActions) actions.emplace_back(action);
    if (older) {
        for (const auto* action : kOlderActions) actions.emplace_back(action);
    }
    json::Object out{
        {"issuer", oauth_.options.issuer()},
        {"authorization_endpoint", at(kAuthorizePath)},
        {"token_endpoint", at(kTokenPath)},
        {"revocation_endpoint", at(kRevokePath)},
        {"registration_endpoint", at(kRegisterPath)},
        {"device_authorization_endpoint", at(kDevicePath)},
        {"account_management_uri", at(kAccountPath)},
        {"account_management_actions_supported", std::move(actions)},
        {"response_types_supported", json::Array{"code"}},
        {"response_modes_supported", json::Array{"query", "fragment"}},
        {"grant_types_supported", json::Array{kGrantCode, kGrantRefresh, kGrantDevice}},
        {"code_challenge_methods_supported", json::Array{"S256"}},
        {"token_endpoint_auth_methods_supported", json::Array{"none"}},
        {"revocation_endpoint_auth_methods_supported", json::Array{"none"}},
        {"authorization_response_iss_parameter_supported", true},
    };
    if (oauth_.users.registration.possible_in_browser()) out.set("prompt_values_supported", json::Array{"create"});
    return out;
}

Task<http::Response> Endpoints::metadata(http::Request) {
    auto response = http::Response::json(200, json::write(describe(false)));
    response.headers.set("Cache-Control", "public, max-age=300");
    co_return response;
}

Task<http::Response> Endpoints::older_metadata(http::Request) {
    auto response = http::Response::json(200, json::write(describe(true)));
    response.headers.set("Cache-Control", "public, max-age=300");
    co_return response;
}

Task<http::Response> Endpoints::register_client(http::Request request) {
    if (auto over = over_limit(request, privacy::RateClass::general)) co_return *std::move(over);
    auto body = json::parse_object(request.body);
    if (!body) co_return refusal({"invalid_client_metadata", "The body must be a JSON object"});
    auto metadata = ClientMetadata::parse(*body);
    if (!metadata) co_return refusal(metadata.error());
    // Places are few, but an app that is known takes none: a whole office may start the same one.
    auto known = oauth_.clients.knows(*metadata);
    if (!known || !*known) {
        if (auto over = over_limit(request, privacy::RateClass::login)) co_return *std::move(over);
    }
    auto client = co_await oauth_.clients.add(*std::move(metadata));
    if (!client) co_return refusal(client.error());
    auto out = client->metadata.encode();
    out.set("client_id", client->id);
    co_return json_answer(201, out);
}

Task<http::Response> Endpoints::token(http::Request request) {
    if (auto over = over_limit(request, privacy::RateClass::general, 503)) co_return *std::move(over);
    auto form = form_of(request);
    if (!form) co_return refusal(form.error());
    auto result = co_await oauth_.tokens.exchange(*std::move(form));
    co_return answer_of(std::move(result));
}

Task<http::Response> Endpoints::device(http::Request request) {
    if (auto over = over_limit(request, privacy::RateClass::login)) co_return *std::move(over);
    auto form = form_of(request);
    if (!form) co_return refusal(form.error());
    auto result = co_await oauth_.tokens.begin_device(*std::move(form), oauth_.options.base_url);
    co_return answer_of(std::move(result));
}

// RFC 7009: unknown tokens are revoked already. Who holds a token may end it, whatever client it says to be.
Task<http::Response> Endpoints::revoke(http::Request request) {
    if (auto over = over_limit(request, privacy::RateClass::general)) co_return *std::move(over);
    auto form = form_of(request);
    if (!form) co_return refusal(form.error());
    if (form->get("token").empty()) co_return refusal({"invalid_request", "'token' is missing"});
    auto hint = form->get("token_type_hint");
    if (!hint.empty() && hint != "access_token" && hint != "refresh_token")
        co_return refusal({"unsupported_token_type", "'token_type_hint' must be access_token or refresh_token"});
    auto revoked = co_await oauth_.users.sessions.revoke(form->get("token"));
    if (!revoked) co_return refusal(trouble(revoked.error()).error());
    co_return json_answer(200, {});
}

}  // namespace peyk::oauth
