#pragma once
// Handing a mail over to the operator's mail server. RFC 5321, with STARTTLS (RFC 3207) or TLS from the first byte.

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"

namespace peyk::http {

enum class MailSecurity : unsigned char { none, starttls, tls };

struct MailServer {
    std::string host;
    std::uint16_t port = 587;
    MailSecurity security = MailSecurity::starttls;
    bool verify_certificate = true;
    std::string user;  // empty: no sign-in
    Secret password;
    std::string from;       // "chat@example.org"
    std::string helo_name;  // what this machine is called
    Millis time{15'000};    // for connecting, and for each answer; all of it: four times that
};

struct Mail {
    std::string to;
    std::string subject;  // any text
    std::string text;     // UTF-8, plain
};

// The whole message as it travels: headers, blank line, body in base64. `date` is of RFC 5322.
std::string mail_message(const MailServer& server, const Mail& mail, std::string_view date, std::string_view id);

// One mail over one connection. Blocks: on a pool for it. Errors: unavailable (no connection, 4xx), forbidden (5xx),
// bad_request (an address with spaces or line ends), timeout. Details never hold an address.
Result<void> send_mail(const MailServer& server, const Mail& mail);

}  // namespace peyk::http
