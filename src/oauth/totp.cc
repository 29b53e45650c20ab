#include "oauth/totp.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "core/hmac.h"
#include "http/message.h"

namespace peyk::oauth {

std::string totp_code(std::string_view secret, std::uint64_t step, int digits) {
    std::string counter;
    put_u64be(counter, step);
    auto mac = hmac_sha1(secret, counter);
    // RFC 4226 section 5.3: four bytes from where the last nibble says.
    auto offset = static_cast<unsigned char>(mac[19]) & 0x0fU;
    auto number = get_u32be(mac.data() + offset) & 0x7fffffffU;
    std::uint32_t modulus = 1;
    for (int i = 0; i < digits; ++i) modulus *= 10;
    return fmt::format("{:0{}}", number % modulus, digits);
}

std::optional<std::uint64_t> match_totp(std::string_view secret, std::string_view code, Millis now,
                                        std::uint64_t last) {
    auto step = totp_step(now);
    for (auto candidate : {step, step - 1, step + 1}) {
        if (candidate > last && equal_constant_time(totp_code(secret, candidate), code)) return candidate;
    }
    return std::nullopt;
}

std::string base32(std::string_view bytes) {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string out;
    std::uint32_t bits = 0;
    int held = 0;
    for (char c : bytes) {
        bits = (bits << 8) | static_cast<unsigned char>(c);
        held += 8;
        while (held >= 5) {
            held -= 5;
            out += kAlphabet[(bits >> held) & 31];
        }
    }
    if (held > 0) out += kAlphabet[(bits << (5 - held)) & 31];
    return out;
}

std::string totp_uri(std::string_view secret, std::string_view issuer, std::string_view account) {
    return fmt::format("otpauth://totp/{}:{}?secret={}&issuer={}", http::percent_encode(issuer),
                       http::percent_encode(account), base32(secret), http::percent_encode(issuer));
}

}  // namespace peyk::oauth
