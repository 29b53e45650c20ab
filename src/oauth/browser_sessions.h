#pragma once
// People who are signed in on the pages of this server. In memory: a restart signs browsers out, and no trace of who
// used which browser when is written down.

#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "users/users.h"

namespace peyk::oauth {

struct BrowserSession {
    UserId user;
    std::uint64_t number = 0;
    // The password is right, the second factor still to come: good for that page only.
    bool half = false;
    std::string stamp;        // changes with the password and with the first second factor: that ends other browsers
    std::string totp_secret;  // of an authenticator app that is being set up
    // The user has proven again at a provider, in this very browser, who they are; none: not lately.
    std::optional<Millis> confirmed;
    Millis opened{};
    Millis used{};
};

// Purpose:  sessions behind a cookie, bounded in number and time.
// Owner:    OAuth.  Runs on: any worker; find() looks the account up.
class BrowserSessions {
public:
    static constexpr Millis kIdle{60 * 60 * 1000};
    static constexpr Millis kLife{12 * 60 * 60 * 1000};
    static constexpr Millis kHalf{10 * 60 * 1000};
    static constexpr Millis kConfirmed{5 * 60 * 1000};

    BrowserSessions(const Clock& clock, Random& random, const users::Accounts& accounts);

    // The value of the cookie: 256 bits.
    std::string open(const users::Account& account, bool half);
    // None: unknown, over, or the account was locked, ended or given another password since.
    std::optional<BrowserSession> find(const std::string& cookie);
    // The user of the session has proven who they are: in place of a password for kConfirmed.
    void confirm(const std::string& cookie);
    bool is_confirmed(const BrowserSession& session) const;
    // Null when the session is gone.
    void update(const std::string& cookie, const std::function<void(BrowserSession&)>& edit);
    void close(const std::string& cookie);
    void close_all(std::uint64_t user);
    // The account has changed by the hand of this very browser, which shall stay.
    void restamp(const std::string& cookie);
    // What must stay the same for a session, or for what was allowed in it, to be good.
    std::string stamp(const users::Account& account) const;

    // Proof that a form was made by this server for this browser: bound to the session, or before there is one to a
    // random cookie.
    std::string form_token(std::string_view cookie) const;

private:
    struct Entry {
        std::string cookie;
        BrowserSession session;
    };
    using List = std::list<Entry>;  // last used last
    void erase(List::iterator entry);

    const Clock& clock_;
    Random& random_;
    const users::Accounts& accounts_;
    const std::string key_;
    std::mutex mutex_;
    List entries_;
    std::unordered_map<std::string, List::iterator> by_cookie_;
};

}  // namespace peyk::oauth
