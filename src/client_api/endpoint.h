#pragma once
// The shape of an endpoint: one file that parses, calls one service, encodes. The wrapper here does what all share:
// rate class, token to Caller, JSON body, errors to the standard error response.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/errors.h"
#include "core/ids.h"
#include "core/json.h"
#include "http/router.h"
#include "privacy/rate_limits.h"
#include "users/authenticator.h"

namespace peyk::client_api {

using http::Method;
using privacy::RateClass;

enum class Auth : unsigned char {
    none,
    optional,  // caller when a token is given; a bad one is an error all the same
    user,
    user_even_locked,  // a locked account as well: signing out
    admin,             // an administrator of this server; docs/admin-routes.tsv has the reason of each
};
enum class Body : unsigned char {
    none,      // ignored
    object,    // a JSON object, required
    optional,  // a JSON object, or nothing at all, which reads as {}
    raw,       // request.body as it is
    stream,    // request.stream
};

struct Route {
    Method method;
    // With the specification's version in the path. ".../v3/..." is also served as ".../r0/...".
    std::string_view path;
    Auth auth = Auth::user;
    Body body = Body::none;
    RateClass rate = RateClass::none;
    std::size_t max_body = 256 * 1024;
    bool long_poll = false;
};

// One request on its way through an endpoint. Move-only, passed by value.
struct Call {
    http::Request request;
    std::optional<users::Caller> caller;
    json::Object body;
    // Routes that need no caller learn from these two who is at the door: POST /register and /login.
    std::string service = {};  // id of the application service whose token came; empty: none
    bool has_token = false;

    const users::Caller& who() const {
        return *caller;
    }  // not on Auth::none routes; on Auth::optional ones if there is one
    // Captures and query parameters as identifiers. Errors: M_INVALID_PARAM (M_MISSING_PARAM for absent parameters).
    template <class T>
    Result<T> id(std::string_view capture) const {
        return T::parse(request.capture(capture));
    }
    std::string text(std::string_view capture) const { return std::string(request.capture(capture)); }
    // Query parameter as a whole number within [low, high] (clamped above); `otherwise` when absent.
    Result<std::int64_t> number(std::string_view parameter, std::int64_t otherwise, std::int64_t low,
                                std::int64_t high) const;
    Result<bool> flag(std::string_view parameter, bool otherwise) const;

    // Members of the body by type. Wrong type: M_BAD_JSON. Absent: nullopt, or M_MISSING_PARAM for need_*.
    Result<std::optional<std::string>> optional_string(std::string_view key) const;
    Result<std::string> need_string(std::string_view key) const;
    Result<std::optional<std::int64_t>> optional_integer(std::string_view key) const;
    Result<std::optional<bool>> optional_bool(std::string_view key) const;
    Result<const json::Object*> optional_object(std::string_view key) const;  // null when absent
    Result<const json::Array*> optional_array(std::string_view key) const;    // null when absent
    json::Value body_member(std::string_view key) const;                      // null value when absent
};

// A JSON answer. `empty()` is the specification's {}.
struct Reply {
    int status = 200;
    std::string json = "{}";
    std::vector<std::pair<std::string, std::string>> headers = {};
    static Reply of(const json::Object& object) { return Reply{200, json::write(object)}; }
    static Reply empty() { return Reply{}; }
};

// Turns a failed Result into the standard error response (status, errcode, error, extra members, Retry-After).
http::Response error_response(const Error& error);

// Implemented by users::Sessions.
using users::Authenticator;

struct ApiOptions {
    bool tokens_in_query = true;         // older clients send ?access_token=
    std::size_t max_body = 1024 * 1024;  // of JSON bodies; routes that take files have limits of their own
};

// Purpose:  registers endpoints with the router and owns them.
// Owner:    app::Server; add() before traffic starts.
class Api {
public:
    Api(http::Router& router, Authenticator& authenticator, privacy::RateLimiter& limiter, ApiOptions options = {});
    ~Api();

    // E has `static constexpr Route kRoute` or an array `kRoutes`, and
    //   Task<Result<Reply>> run(Call)   or   Task<Result<http::Response>> run(Call).
    template <class E, class... Args>
    void add(Args&&... args) {
        auto endpoint = std::make_shared<E>(std::forward<Args>(args)...);
        if constexpr (requires { E::kRoutes; }) {
            for (const Route& route : E::kRoutes) bind(route, endpoint);
        } else {
            bind(E::kRoute, endpoint);
        }
    }

    // What add() does for a class, for a function: `run` is called for each request on a worker thread.
    using Run = std::function<Task<Result<http::Response>>(Call)>;
    void add(const Route& route, Run run);

    struct Registered {
        Method method;
        std::string path;
        Auth auth;
    };
    const std::vector<Registered>& registered() const { return registered_; }

private:
    template <class E>
    void bind(const Route& route, std::shared_ptr<E> endpoint) {
        add(route,
            [endpoint](Call call) -> Task<Result<http::Response>> { return answer(endpoint->run(std::move(call))); });
    }
    static Task<Result<http::Response>> answer(Task<Result<Reply>> task);
    static Task<Result<http::Response>> answer(Task<Result<http::Response>> task) { return task; }
    Task<http::Response> handle(const Route& route, bool guests, const Run& run, http::Request request);
    static Task<http::Response> finish(Task<Result<http::Response>> task);
    Result<void> prepare(const Route& route, bool guests, Call& call);
    Result<users::Caller> caller_of(const Route& route, const Call& call, std::string_view token);

    http::Router& router_;
    Authenticator& authenticator_;
    privacy::RateLimiter& limiter_;
    ApiOptions options_;
    std::vector<Registered> registered_;
    std::vector<std::unique_ptr<Run>> runs_;
};

}  // namespace peyk::client_api
