#pragma once
// Authorisation codes and device codes: secrets of minutes, in memory only. RFC 6749 section 4.1, RFC 8628.

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/random.h"
#include "oauth/error.h"
#include "oauth/scope.h"

namespace peyk::oauth {

// What a user allowed a client.
struct Grant {
    std::string client;
    std::string client_name;
    Scope scope;
    std::uint64_t user = 0;
    std::string redirect_uri = {};  // of codes
    std::string challenge = {};     // of codes: base64url(SHA-256(verifier))
    std::string stamp = {};         // of the browser session that allowed it; see BrowserSessions::stamp()
};

// The session that came of a grant.
struct Issued {
    UserId user;
    DeviceId device;
    std::uint64_t session;
};

// Purpose:  codes that are exchanged once. A used one is remembered until its end, since its return means that somebody
//           else has it.
// Owner:    OAuth.  Runs on: any thread.
class AuthorizationCodes {
public:
    AuthorizationCodes(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

    std::string issue(Grant grant);
    struct Taken {
        std::optional<Grant> grant;    // none: unknown, over or used
        std::optional<Issued> issued;  // what came of it when it was used before
    };
    Taken take(const std::string& code);
    // False: the code came a second time meanwhile, so that what came of it must end.
    [[nodiscard]] bool remember(const std::string& code, Issued issued);

private:
    struct Entry {
        std::string code;
        Grant grant;
        Millis expires;
        bool used = false;
        bool replayed = false;  // before anything was issued
        std::optional<Issued> issued = {};
    };
    using List = std::list<Entry>;  // oldest first

    const Clock& clock_;
    Random& random_;
    std::mutex mutex_;
    List entries_;
    std::unordered_map<std::string, List::iterator> by_code_;
};

// base64url(SHA-256(verifier)) is the challenge, and the verifier has the form of one. RFC 7636.
bool fits_challenge(std::string_view verifier, std::string_view challenge);
bool is_challenge(std::string_view text);

// Purpose:  the device authorisation grant: a secret for the device, a short code for the user.
// Owner:    OAuth.  Runs on: any thread.
class DeviceCodes {
public:
    static constexpr Millis kLife{15 * 60 * 1000};
    static constexpr Millis kInterval{5000};

    DeviceCodes(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

    struct Pair {
        std::string device_code, user_code;  // user_code: "BCDF-GHJK"
    };
    Pair issue(Grant grant);
    // What stands behind a code that is not decided yet. Case and dashes do not matter.
    std::optional<Grant> look_up(std::string_view user_code);
    // False: the code is over or was decided before.
    bool decide(std::string_view user_code, bool allowed, std::uint64_t user, std::string stamp);
    // Once. Errors: authorization_pending, slow_down, access_denied, expired_token, invalid_grant.
    Expected<Grant> poll(const std::string& device_code, std::string_view client);

private:
    enum class State : unsigned char { pending, allowed, denied };
    struct Entry {
        Pair codes;
        Grant grant;
        Millis expires;
        State state = State::pending;
        Millis interval = kInterval;
        std::optional<Millis> polled = {};
    };
    using List = std::list<Entry>;  // oldest first
    void drop_old(Millis now);
    void erase(List::iterator entry);
    Entry* find_pending(std::string_view user_code, Millis now);

    const Clock& clock_;
    Random& random_;
    std::mutex mutex_;
    List entries_;
    std::unordered_map<std::string, List::iterator> by_device_code_, by_user_code_;
};

}  // namespace peyk::oauth
