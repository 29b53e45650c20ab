#pragma once
// Codes of authenticator apps. RFC 6238 with what all apps know: SHA-1, 30 seconds, six digits.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace peyk::oauth {

inline constexpr std::size_t kTotpSecret = 20;  // bytes

std::string totp_code(std::string_view secret, std::uint64_t step, int digits = 6);
inline std::uint64_t totp_step(Millis now) { return static_cast<std::uint64_t>(now.count()) / 30'000; }
// The step that a code is of: this one, the one before or the one after, for clocks that are not alike. Only steps
// later than `last`, the one of the code that was taken before. None: the code is not right, or was used.
std::optional<std::uint64_t> match_totp(std::string_view secret, std::string_view code, Millis now, std::uint64_t last);

std::string base32(std::string_view bytes);  // RFC 4648, without padding
// What the QR code of an app says.
std::string totp_uri(std::string_view secret, std::string_view issuer, std::string_view account);

}  // namespace peyk::oauth
