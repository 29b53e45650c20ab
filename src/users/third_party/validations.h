#pragma once
// E-mail addresses whose owners are being asked. Spec: Client-Server API › Adding Account Administrative Contact
// Information; Identity Service API › Session management.

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"

namespace peyk::users {

enum class Purpose : unsigned char { registration, add, password_reset };

struct Validated {
    std::string medium, address;
    Purpose purpose;
    Millis at;  // ms since 1970
};

// Where the client wants the browser to go on. Whoever is not signed in may name any address, in a mail of this server:
// theirs is shown as a link, and followed by itself only where a user asked.
struct NextLink {
    std::optional<std::string> url = {};  // http(s); anything else is left out by start()
    bool by_user = false;
};

// Lower-cased and checked as far as a mail server needs it. Errors: M_INVALID_PARAM.
Result<std::string> canonical_email(std::string_view address);

// Purpose:  sessions in memory, bounded in number and time; a restart ends them.  Runs on: any thread.
class Validations {
public:
    Validations(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

    struct Started {
        std::string sid, token;
        bool send = false;  // false: this attempt was mailed already
    };
    // The same address, secret and purpose are one session. Errors: M_INVALID_PARAM (secret).
    Result<Started> start(Purpose purpose, std::string address, std::string client_secret, std::int64_t attempt,
                          NextLink next);
    // The mail did not leave: the same attempt may be made again.
    void not_sent(const std::string& sid);
    struct Opened {
        Purpose purpose;
        NextLink next;
    };
    // What a link is for, without using it; nothing when it is not good.
    std::optional<Opened> look(const std::string& sid, std::string_view token) const;
    bool confirm(const std::string& sid, std::string_view token);
    // What was proven; a proof is good once. Errors: M_THREEPID_AUTH_FAILED for a session that is unknown, used up, not
    // confirmed, or another's; M_FORBIDDEN, and the proof stays, when it was made for something else than `wanted`.
    Result<Validated> take(const std::string& sid, std::string_view client_secret, std::optional<Purpose> wanted = {});

private:
    struct Session {
        std::string sid, token, address, client_secret;
        Purpose purpose;
        std::int64_t attempt = 0;
        NextLink next;
        std::optional<Millis> confirmed;
        Millis expires{0};
    };
    using Sessions = std::list<Session>;  // oldest first
    const Session* find(const std::string& sid) const;
    void drop_old();

    const Clock& clock_;
    Random& random_;
    mutable std::mutex mutex_;
    Sessions sessions_;
    std::unordered_map<std::string, Sessions::iterator> by_sid_;
};

}  // namespace peyk::users
