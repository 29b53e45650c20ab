#pragma once
// The one error type. Expected failures travel as Result<T>; a broken invariant aborts; exceptions of libraries are
// caught at the edge where they arise.

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace peyk {

// What kind of failure, in terms that no layer owns. http/ maps it to a status, core/errors.h refines it to an M_ code.
enum class Errc : unsigned char {
    bad_request,      // malformed or unacceptable input
    unauthenticated,  // no or unknown credentials
    forbidden,        // known caller, not allowed
    not_found,
    method_not_allowed,
    conflict,      // the state of things does not allow it now
    gone,          // existed, was destroyed on purpose
    too_large,     // over a size limit
    rate_limited,  // retry_after says when
    unsupported,   // switched off or not implemented; the detail says which
    timeout,
    cancelled,
    fenced,       // this writer no longer owns the shard; reload and retry
    full,         // no space left; nothing was written
    unavailable,  // for now: sealed, stopping, overloaded
    corrupt,      // stored bytes fail their check
    io,           // the operating system refused
    internal,     // a bug or an impossible state that could be contained
};

std::string_view errc_name(Errc code);

struct Error {
    Errc code = Errc::internal;
    std::string detail;            // for people; never contains secrets or message contents
    std::string_view m_code = {};  // a static "M_..." string, or empty: derived from code
    std::string extra = {};        // further JSON members, without braces: "\"soft_logout\":true"
    std::optional<std::chrono::milliseconds> retry_after = {};
    int status = 0;  // a status that differs from the usual one of `code`, or 0
};

template <class T = void>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string detail = {}) {
    return std::unexpected(Error{code, std::move(detail)});
}
[[nodiscard]] inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

// A broken invariant: prints the reason and aborts. Never for input from outside.
[[noreturn]] void panic(std::string_view reason);

}  // namespace peyk

#define PEYK_CAT_(a, b) a##b
#define PEYK_CAT(a, b) PEYK_CAT_(a, b)
#define PEYK_TRY_AS(leave, tmp, decl, ...)                   \
    auto tmp = (__VA_ARGS__);                                \
    if (!tmp) leave std::unexpected(std::move(tmp).error()); \
    decl = *std::move(tmp)
#define PEYK_CHECK_AS(leave, tmp, ...) \
    if (auto tmp = (__VA_ARGS__); !tmp) leave std::unexpected(std::move(tmp).error())
// PEYK_TRY(auto x, expression): x is the value, or the function returns the error. CO_ for coroutines.
// PEYK_CHECK(expression): the same for Result<void>.
#define PEYK_TRY(decl, ...) PEYK_TRY_AS(return, PEYK_CAT(try_, __LINE__), decl, __VA_ARGS__)
#define PEYK_CO_TRY(decl, ...) PEYK_TRY_AS(co_return, PEYK_CAT(try_, __LINE__), decl, __VA_ARGS__)
#define PEYK_CHECK(...) PEYK_CHECK_AS(return, PEYK_CAT(check_, __LINE__), __VA_ARGS__)
#define PEYK_CO_CHECK(...) PEYK_CHECK_AS(co_return, PEYK_CAT(check_, __LINE__), __VA_ARGS__)
