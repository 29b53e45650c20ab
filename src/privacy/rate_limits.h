#pragma once
// Rate limits per class of request. Keys are hashed with a salt that lives in memory and is replaced daily.

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"

namespace peyk::http {
struct ClientAddress;
}

namespace peyk::privacy {

enum class RateClass : std::uint8_t {
    none,          // cheap reads
    message,       // sending events
    login,         // per address
    registration,  // per address
    join,
    invite,
    media,
    keys,           // uploads and claims of keys, key backup
    general,        // other writes
    login_failure,  // per account: wrong passwords, taken by whoever checks them
    report,         // reports to the operators, each of which writes to a room
    mail,           // per e-mail address that mail goes to, whoever asks
    preview,        // previews of addresses: each may fetch a page and a picture
};
inline constexpr std::size_t kRateClasses = 13;

struct RateLimit {
    double per_second;
    double burst;
};

struct RateLimits {
    bool enabled = true;  // the master switch
    std::array<RateLimit, kRateClasses> limits{{
        {0, 0},       // none: never limited
        {10, 60},     // message
        {0.17, 10},   // login
        {0.17, 10},   // registration
        {1, 30},      // join
        {0.5, 20},    // invite
        {2, 30},      // media
        {10, 100},    // keys
        {10, 100},    // general
        {0.02, 10},   // login_failure
        {0.05, 20},   // report
        {0.0017, 3},  // mail
        {1, 60},      // preview
    }};
};

// An address as a key. Of IPv6 the network alone, since one machine has as many addresses of it as it likes; IPv4 as it
// is mapped stays whole.
std::string rate_key(const http::ClientAddress& client);

// Purpose:  token buckets in memory, bounded in number.  Runs on: any thread.
class RateLimiter {
public:
    RateLimiter(RateLimits limits, const Clock& clock, Random& random);
    // Takes one token of the bucket (class, key), where key is a user id or an address. Error: rate_limited with
    // retry_after (M_LIMIT_EXCEEDED).
    Result<void> take(RateClass rate_class, std::string_view key);
    // Whether take() would succeed, without taking: for limits that count failures only.
    Result<void> peek(RateClass rate_class, std::string_view key);

private:
    struct Bucket {
        double tokens;
        Millis at;
        RateClass rate_class;
    };
    Bucket* bucket(RateClass rate_class, std::string_view key);  // refilled; null: not limited. Holding mutex_.
    Result<void> verdict(const Bucket& bucket, const RateLimit& limit) const;
    void make_room(Millis now);
    void renew_salt(Millis now);

    const RateLimits limits_;
    const Clock& clock_;
    Random& random_;
    std::mutex mutex_;
    std::string salt_;
    Millis salted_at_{};
    std::unordered_map<std::uint64_t, Bucket> buckets_;
};

}  // namespace peyk::privacy
