#pragma once
// Everything about accounts that the operator chooses. Filled by app/ from the configuration.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"

namespace peyk::users {

enum class RegistrationMode : unsigned char {
    open,    // anyone (m.login.dummy)
    token,   // with a registration token
    closed,  // only by an operator or the shared secret; the default once the first administrator exists
};

struct PasswordOptions {
    std::size_t memory_kib = 19 * 1024;  // Argon2id, one lane
    unsigned passes = 2;
    std::size_t threads = 2;       // of the pool that hashes
    std::size_t max_queue = 64;    // attempts that may wait for it
    std::size_t min_length = 8;    // code points
    std::size_t max_length = 512;  // bytes

    // For test suites only: hashes in microseconds and takes any password.
    static PasswordOptions cheap() { return {8, 1, 1, 10'000, 1, 512}; }
};

struct SupportContact {
    std::string role = "m.role.admin";
    std::string matrix_id;  // either may be empty
    std::string email_address;
};

// An OpenID provider that people sign in with, as far as accounts and clients need to know it.
struct IdentityProvider {
    std::string id, name, issuer;
    std::string icon = {}, brand = {};  // for clients: an mxc:// address, a word; may be empty
    bool registration = false;          // who has no account yet may make one through it
};
// The id under which the server's own pages stand among the providers.
inline constexpr std::string_view kOwnPages = "own";

// The operator's relays for calls.
struct CallOptions {
    std::vector<std::string> turn_uris;  // "turn:turn.example.org:3478?transport=udp"; empty: none
    Secret turn_secret;                  // coturn's static-auth-secret
    Millis turn_lifetime{24 * 60 * 60 * 1000};
    std::string livekit_url;  // of the service that hands out access to a LiveKit server (MSC4143); empty: none
};

struct Options {
    std::string server_name;      // the domain of user ids
    std::string public_base_url;  // "https://chat.example.org", for .well-known and reset links; may be empty

    RegistrationMode registration = RegistrationMode::closed;
    bool guests = false;                     // POST /register?kind=guest
    std::string registration_shared_secret;  // empty: /_synapse/admin/v1/register is off
    PasswordOptions passwords;

    std::optional<Millis> access_token_lifetime;        // of sessions without refresh tokens; none: they do not expire
    Millis refreshable_token_lifetime{60 * 60 * 1000};  // of access tokens of sessions with refresh tokens
    Millis login_token_lifetime{2 * 60 * 1000};
    Millis openid_token_lifetime{60 * 60 * 1000};
    Millis reset_link_lifetime{24 * 60 * 60 * 1000};
    Millis uia_lifetime{30 * 60 * 1000};
    std::size_t max_uia_sessions = 10'000;
    std::size_t max_uia_bytes = 16 * 1024 * 1024;  // of the bodies that these sessions remember
    std::size_t session_cache = 100'000;           // tokens; about 300 bytes each

    std::size_t max_devices = 500;  // of one account
    std::size_t max_filters = 2'000;
    std::uint64_t max_filter_bytes = std::uint64_t{8} << 20;  // of all filters of one account
    std::size_t max_data_rows = 20'000;                       // account data, global and of all rooms
    std::uint64_t max_data_bytes = std::uint64_t{16} << 20;
    std::size_t max_push_rules = 500;  // made by the user
    std::size_t max_pushers = 50;

    std::vector<IdentityProvider> providers;
    bool browser_sign_in = false;      // the pages sign in for apps: OAuth 2.0, and single sign-on for older ones
    bool profiles_need_token = false;  // GET /profile for signed-in callers only
    bool directory = false;            // people are found by a part of their name
    bool presence = false;             // the quiet profile leaves it off
    bool whois = false;                // so it does GET /admin/whois
    bool room_invitations = true;      // members who may invite make links to their rooms
    bool email_notices = false;        // pushers of kind "email"
    std::string default_room_version = "12";

    CallOptions calls;

    std::vector<SupportContact> support_contacts;  // .well-known/matrix/support, 404 when both are empty
    std::string support_page;
};

}  // namespace peyk::users
