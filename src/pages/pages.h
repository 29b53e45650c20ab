#pragma once
// The pages that people open in a browser: / (or /_peyk/home), /privacy, /_peyk/ca, /_peyk/reset, /_peyk/email.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "async/task.h"
#include "http/router.h"
#include "pages/words.h"

namespace peyk::pages {

// A row of the inventory: a table of the catalog, or files.
struct Held {
    std::string about, category, kept;
};
// The same for people: a group of pages/words_held.h.
struct HeldGroup {
    std::string group;
    std::uint16_t labels = 0;                             // bits in the order of words::kLabels
    bool written = false, sealed = false, clear = false;  // neither sealed nor clear: in memory only
};
struct Feature {
    std::string name, about;
    bool on = false;
};
// A provider that people may sign in with.
struct SignInProvider {
    std::string name, host;
};
enum class Registration : unsigned char { open, token, closed };
enum class KeyPlace : unsigned char { passphrase, key_file };

// The certificate of the server's own authority: the only thing on the pages that changes while the server runs.
class LocalAuthority {
public:
    struct Shown {
        std::string certificate;  // PEM
        std::string fingerprint;  // SHA-256, hex with colons
    };
    // Null: there is none.
    std::shared_ptr<const Shown> now() const {
        std::lock_guard lock(mutex_);
        return shown_;
    }
    void set(std::shared_ptr<const Shown> shown) {
        std::lock_guard lock(mutex_);
        shown_ = std::move(shown);
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Shown> shown_;
};

// Where the home page is always; facts.home is where its links lead.
inline constexpr std::string_view kHomePath = "/_peyk/home";

// All that the pages say. Filled by app/, constant afterwards.
struct Facts {
    std::string server_name, base_url, version;
    std::string home = "/";  // of these pages: another one where the web client has "/"
    Registration registration = Registration::closed;
    KeyPlace key_place = KeyPlace::key_file;
    bool trial = false;
    std::vector<HeldGroup> groups;
    std::vector<Held> held;
    std::vector<Feature> features;
    std::shared_ptr<const LocalAuthority> authority = std::make_shared<LocalAuthority>();
    std::vector<SignInProvider> providers;
};

// Uses a reset link. Errors: bad_request for a password that is not accepted; unauthenticated, forbidden, not_found or
// gone for a token that is not good.
using ResetPassword = std::function<Task<Result<void>>(std::string token, std::string password)>;

// A link that a mail asked to open.
struct EmailLink {
    bool ask_first = false;           // with a button, before it counts
    std::optional<std::string> next;  // http(s): where the client wants the browser to go on
    bool next_by_user = false;        // who is signed in; anybody else's is only shown
};
struct EmailLinks {
    // Nothing: the link is not good.
    std::function<std::optional<EmailLink>(const std::string& sid, std::string_view token)> look;
    std::function<bool(const std::string& sid, std::string_view token)> confirm;
};

// Purpose:  answers the page routes.
// Owner:    app::Server; outlives the router's use.  Runs on: any worker; nothing is shared but constants.
class Pages {
public:
    // `email` empty: there are no such links.
    Pages(Facts facts, ResetPassword reset, EmailLinks email = {})
        : facts_(std::move(facts)), reset_(std::move(reset)), email_(std::move(email)) {}
    void add_routes(http::Router& router);

private:
    Task<http::Response> home(http::Request request) const;
    Task<http::Response> privacy(http::Request request) const;
    Task<http::Response> certificate_page(http::Request request) const;
    Task<http::Response> certificate(http::Request request) const;
    Task<http::Response> style(http::Request request) const;
    Task<http::Response> reset_form(http::Request request) const;
    Task<http::Response> reset_done(http::Request request) const;

    Task<http::Response> email_opened(http::Request request) const;
    Task<http::Response> email_confirmed(http::Request request) const;
    http::Response email_page(Language language, bool good, std::string_view next = {}) const;
    http::Response confirmed(Language language, const std::string& sid, const std::string& token,
                             const EmailLink& link) const;

    const Facts facts_;
    const ResetPassword reset_;
    const EmailLinks email_;
};

}  // namespace peyk::pages
