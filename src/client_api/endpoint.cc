#include "client_api/endpoint.h"

#include <charconv>

#include "base/bytes.h"
#include "base/logging.h"
#include "client_api/guests.h"

namespace peyk::client_api {
namespace {

struct Standard {
    int status;
    std::string_view m_code;
};

// Spec: Client-Server API › Standard error response.
Standard standard_for(Errc code) {
    switch (code) {
        case Errc::bad_request: return {400, "M_UNKNOWN"};
        case Errc::unauthenticated: return {401, "M_UNKNOWN_TOKEN"};
        case Errc::forbidden: return {403, "M_FORBIDDEN"};
        case Errc::not_found: return {404, "M_NOT_FOUND"};
        case Errc::method_not_allowed: return {405, "M_UNRECOGNIZED"};
        case Errc::conflict: return {409, "M_UNKNOWN"};
        case Errc::gone: return {404, "M_NOT_FOUND"};
        case Errc::too_large: return {413, "M_TOO_LARGE"};
        case Errc::rate_limited: return {429, "M_LIMIT_EXCEEDED"};
        case Errc::unsupported: return {403, "M_FORBIDDEN"};
        case Errc::timeout: return {408, "M_UNKNOWN"};
        case Errc::cancelled: return {503, "M_UNKNOWN"};
        case Errc::full: return {507, "M_RESOURCE_LIMIT_EXCEEDED"};
        case Errc::fenced:
        case Errc::unavailable: return {503, "M_UNKNOWN"};
        case Errc::corrupt:
        case Errc::io:
        case Errc::internal: return {500, "M_UNKNOWN"};
    }
    return {500, "M_UNKNOWN"};
}

// Spec: Client-Server API › Using access tokens. The header wins over the query.
std::optional<std::string> token_of(const http::Request& request, bool in_query) {
    if (auto header = request.headers.find("authorization")) {
        constexpr std::string_view scheme = "bearer ";
        if (header->size() <= scheme.size()) return std::nullopt;
        for (std::size_t i = 0; i < scheme.size(); ++i) {
            if ((((*header)[i]) | 0x20) != (scheme[i] | 0x20)) return std::nullopt;
        }
        return std::string(header->substr(scheme.size()));
    }
    if (in_query) return request.parameter("access_token");
    return std::nullopt;
}

template <class T>
std::unexpected<Error> wrong_type(std::string_view key, T what) {
    return m::bad_json(fmt::format("'{}' must be {}", key, what));
}

Task<Result<http::Response>> refused(Error error) { co_return std::unexpected(std::move(error)); }

}  // namespace

http::Response error_response(const Error& error) {
    auto standard = standard_for(error.code);
    int status = error.status ? error.status : standard.status;
    json::Writer writer;
    writer.begin_object();
    // A stage of authentication that is still to come is no failure (users/uia.h).
    bool failed = error.m_code != users::kNoErrcode;
    if (failed) {
        writer.key("errcode").string(error.m_code.empty() ? standard.m_code : error.m_code);
        // Details of our own failures are for the log, not for the client.
        writer.key("error").string(status == 500 ? std::string_view("Internal error") : std::string_view(error.detail));
        if (error.retry_after) writer.key("retry_after_ms").integer(error.retry_after->count());
    }
    writer.end_object();
    auto text = writer.take();
    if (!error.extra.empty()) text.insert(text.size() - 1, (failed ? "," : "") + error.extra);
    auto response = http::Response::json(status, std::move(text));
    if (error.retry_after)
        response.headers.add("Retry-After", std::to_string((error.retry_after->count() + 999) / 1000));
    if (status >= 500 && error.code != Errc::unavailable && error.code != Errc::cancelled)
        log::error("client_api", "request failed: {}: {}", errc_name(error.code), error.detail);
    return response;
}

Api::Api(http::Router& router, Authenticator& authenticator, privacy::RateLimiter& limiter, ApiOptions options)
    : router_(router), authenticator_(authenticator), limiter_(limiter), options_(options) {}

Api::~Api() = default;

void Api::add(const Route& route, Run run) {
    // What anybody may read without a token, guests may read as well.
    bool open = route.auth == Auth::none || (route.auth == Auth::optional && route.method == Method::get);
    bool guests = open || guests_may(route.method, route.path);
    const auto& kept = *runs_.emplace_back(std::make_unique<Run>(std::move(run)));
    auto bind_path = [&](std::string path) {
        registered_.push_back({route.method, path, route.auth});
        http::Route bound;
        bound.method = route.method;
        bound.pattern = std::move(path);
        bool is_json = route.body == Body::object || route.body == Body::optional;
        bound.max_body = is_json ? std::max(route.max_body, options_.max_body) : route.max_body;
        bound.streams_body = route.body == Body::stream;
        bound.long_poll = route.long_poll;
        bound.handler = [this, route, guests, &kept](http::Request request) {
            return handle(route, guests, kept, std::move(request));
        };
        router_.add(std::move(bound));
    };
    std::string path(route.path);
    bind_path(path);
    // Clients older than version 1.1 of the specification.
    if (auto at = path.find("/v3/"); at != std::string::npos) bind_path(path.replace(at, 4, "/r0/"));
}

// No coroutine, so that a request that waits is held once at most, by its endpoint.
Task<http::Response> Api::handle(const Route& route, bool guests, const Run& run, http::Request request) {
    Call call{std::move(request), std::nullopt, {}};
    if (auto ready = prepare(route, guests, call); !ready) return finish(refused(std::move(ready).error()));
    return finish(run(std::move(call)));
}

Task<http::Response> Api::finish(Task<Result<http::Response>> task) {
    // Nothing is declared before the wait, or its frame would hold it.
    try {
        auto answered = co_await std::move(task);
        if (!answered) co_return error_response(answered.error());
        co_return std::move(*answered);
    } catch (const std::exception& error) {
        co_return error_response(Error{Errc::internal, error.what()});
    }
}

Result<users::Caller> Api::caller_of(const Route& route, const Call& call, std::string_view token) {
    if (!call.service.empty()) {
        users::Assertion assertion{call.request.parameter("user_id"), call.request.parameter("device_id")};
        // The parameter's name before it was in the specification; bridges with encryption send it.
        if (!assertion.device) assertion.device = call.request.parameter("org.matrix.msc3202.device_id");
        return authenticator_.authenticate_service(token, assertion);
    }
    return route.auth == Auth::user_even_locked ? authenticator_.authenticate_even_locked(token)
                                                : authenticator_.authenticate(token);
}

Result<void> Api::prepare(const Route& route, bool guests, Call& call) {
    auto token = token_of(call.request, options_.tokens_in_query);
    call.has_token = token.has_value();
    if (token) call.service = authenticator_.service_of(*token);
    if (route.auth != Auth::none) {
        if (token) {
            PEYK_TRY(call.caller, caller_of(route, call, *token));
        } else if (route.auth != Auth::optional) {
            return m::missing_token("Missing access token");
        }
        if (call.caller && call.caller->guest && !guests)
            return m::guest_forbidden("Guests cannot do this: it needs a full account");
        // Before anything is read or looked up, so that nobody learns who exists.
        if (route.auth == Auth::admin && !call.caller->admin)
            return m::forbidden("You are not an administrator of this server");
    }
    bool limited = call.caller ? !call.caller->unlimited : call.service.empty();
    if (route.rate != RateClass::none && limited) {
        auto address = privacy::rate_key(call.request.client);
        PEYK_CHECK(limiter_.take(route.rate, call.caller ? call.caller->user.view() : std::string_view(address)));
    }
    // What reads as absent would be answered as if it had not been asked.
    if (!call.request.query_is_text()) return m::invalid_param("The query holds what is no UTF-8");
    if (route.body == Body::object || route.body == Body::optional) {
        if (call.request.body.empty()) {
            if (route.body == Body::object) return m::not_json("A JSON object is required as the body");
        } else {
            PEYK_TRY(call.body, json::parse_object(call.request.body));
        }
    }
    return {};
}

Task<Result<http::Response>> Api::answer(Task<Result<Reply>> task) {
    auto reply = co_await std::move(task);
    if (!reply) co_return std::unexpected(std::move(reply.error()));
    auto response = http::Response::json(reply->status, std::move(reply->json));
    for (auto& [name, value] : reply->headers) response.headers.add(std::move(name), std::move(value));
    co_return response;
}

Result<std::int64_t> Call::number(std::string_view parameter, std::int64_t otherwise, std::int64_t low,
                                  std::int64_t high) const {
    auto text = request.parameter(parameter);
    if (!text) return otherwise;
    std::int64_t value = 0;
    auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc{} || end != text->data() + text->size() || value < low)
        return m::invalid_param(fmt::format("'{}' must be a whole number of at least {}", parameter, low));
    return std::min(value, high);
}

Result<bool> Call::flag(std::string_view parameter, bool otherwise) const {
    auto text = request.parameter(parameter);
    if (!text) return otherwise;
    if (*text == "true") return true;
    if (*text == "false") return false;
    return m::invalid_param(fmt::format("'{}' must be true or false", parameter));
}

Result<std::optional<std::string>> Call::optional_string(std::string_view key) const {
    const auto* value = body.find(key);
    if (!value) return std::nullopt;
    if (!value->string()) return wrong_type(key, "a string");
    return *value->string();
}

Result<std::string> Call::need_string(std::string_view key) const {
    PEYK_TRY(auto value, optional_string(key));
    if (!value) return m::missing_param(fmt::format("'{}' is missing", key));
    return *std::move(value);
}

Result<std::optional<std::int64_t>> Call::optional_integer(std::string_view key) const {
    const auto* value = body.find(key);
    if (!value) return std::nullopt;
    if (!value->integer()) return wrong_type(key, "a whole number");
    return *value->integer();
}

Result<std::optional<bool>> Call::optional_bool(std::string_view key) const {
    const auto* value = body.find(key);
    if (!value) return std::nullopt;
    if (!value->boolean()) return wrong_type(key, "true or false");
    return *value->boolean();
}

Result<const json::Object*> Call::optional_object(std::string_view key) const {
    const auto* value = body.find(key);
    if (!value) return nullptr;
    if (!value->object()) return wrong_type(key, "an object");
    return value->object();
}

Result<const json::Array*> Call::optional_array(std::string_view key) const {
    const auto* value = body.find(key);
    if (!value) return nullptr;
    if (!value->array()) return wrong_type(key, "an array");
    return value->array();
}

json::Value Call::body_member(std::string_view key) const {
    const auto* value = body.find(key);
    return value ? *value : json::Value{};
}

}  // namespace peyk::client_api
