#pragma once
// Passkeys: what an authenticator answers, checked. W3C Web Authentication, level 2, sections 7.1 and 7.2.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace peyk::oauth {

// Who we are to the browser.
struct RelyingParty {
    std::string id;      // "chat.example.org"
    std::string origin;  // "https://chat.example.org"

    // From the address of this server; an empty id when browsers make no passkeys there (an IP address, plain HTTP).
    static RelyingParty of(std::string_view base_url);
};

struct NewPasskey {
    std::string id;          // of the credential, at most 1,023 bytes
    std::string public_key;  // COSE
    std::uint32_t counter = 0;
};

// What the browser gives, decoded from base64url.
struct RegistrationAnswer {
    std::string client_data, attestation;
};
struct AssertionAnswer {
    std::string id, client_data, authenticator_data, signature, user_handle;
};

// The challenge that an answer was made for, to find it again; empty when there is none.
std::string challenge_of(std::string_view client_data);

// `challenge`: as it was given out. Attestation is not asked for and not looked at. Errors: bad_request.
Result<NewPasskey> check_registration(const RelyingParty& party, std::string_view challenge,
                                      const RegistrationAnswer& answer);

struct Assertion {
    std::uint32_t counter = 0;
    bool verified = false;  // the authenticator has checked its user (PIN, finger), not only that somebody was there
};
// Errors: forbidden. The caller compares the counter.
Result<Assertion> check_assertion(const RelyingParty& party, std::string_view challenge, std::string_view public_key,
                                  const AssertionAnswer& answer);

}  // namespace peyk::oauth
