#pragma once
// Errors of OAuth, which has codes of its own. RFC 6749 section 5.2, RFC 7591 section 3.2.2, RFC 8628 section 3.5.

#include <expected>
#include <string>
#include <string_view>

#include "base/error.h"

namespace peyk::oauth {

struct OauthError {
    std::string_view code;  // "invalid_grant"
    std::string about;      // for the developer of the client
    int status = 400;
};

template <class T>
using Expected = std::expected<T, OauthError>;

inline std::unexpected<OauthError> refuse(std::string_view code, std::string about, int status = 400) {
    return std::unexpected(OauthError{code, std::move(about), status});
}
// For failures below: ours or the store's. Clients try again after a 5xx, and sign the user out after a 4xx.
inline std::unexpected<OauthError> trouble(const Error& error) {
    (void)error;  // its details are no business of the client
    return refuse("temporarily_unavailable", "The server cannot answer this now", 503);
}

}  // namespace peyk::oauth
