#include "privacy/rate_limits.h"

#include <sodium.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "http/message.h"

namespace peyk::privacy {
namespace {

constexpr Millis kSaltLife{24 * 3600 * 1000};
constexpr std::size_t kMaxBuckets = 200'000;  // about 10 MB

double refilled(double tokens, Millis since, const RateLimit& limit) {
    return std::min(limit.burst, tokens + limit.per_second * static_cast<double>(since.count()) / 1000.0);
}

}  // namespace

std::string rate_key(const http::ClientAddress& client) {
    constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
    constexpr std::size_t kNetwork = 8;
    std::string_view bytes(reinterpret_cast<const char*>(client.bytes.data()), client.bytes.size());
    return std::string(bytes.starts_with(kMapped) ? bytes : bytes.substr(0, kNetwork));
}

RateLimiter::RateLimiter(RateLimits limits, const Clock& clock, Random& random)
    : limits_(limits), clock_(clock), random_(random) {
    renew_salt(clock.monotonic());
}

void RateLimiter::renew_salt(Millis now) {
    salt_.resize(crypto_shorthash_KEYBYTES);
    random_.fill({reinterpret_cast<std::uint8_t*>(salt_.data()), salt_.size()});
    salted_at_ = now;
    buckets_.clear();
}

// Buckets that are full again say nothing. Only when a flood leaves none of those, everyone starts anew.
void RateLimiter::make_room(Millis now) {
    if (buckets_.size() < kMaxBuckets) return;
    std::erase_if(buckets_, [&](const auto& entry) {
        const auto& limit = limits_.limits[static_cast<std::size_t>(entry.second.rate_class)];
        return refilled(entry.second.tokens, now - entry.second.at, limit) >= limit.burst;
    });
    if (buckets_.size() > kMaxBuckets * 3 / 4) renew_salt(now);
}

RateLimiter::Bucket* RateLimiter::bucket(RateClass rate_class, std::string_view key) {
    const auto& limit = limits_.limits[static_cast<std::size_t>(rate_class)];
    if (!limits_.enabled || rate_class == RateClass::none || limit.burst <= 0) return nullptr;
    auto now = clock_.monotonic();
    if (now - salted_at_ >= kSaltLife) renew_salt(now);
    make_room(now);
    std::string input(1, static_cast<char>(rate_class));
    input += key;
    std::uint64_t hashed;
    crypto_shorthash(reinterpret_cast<unsigned char*>(&hashed), reinterpret_cast<const unsigned char*>(input.data()),
                     input.size(), reinterpret_cast<const unsigned char*>(salt_.data()));
    auto& found = buckets_.try_emplace(hashed, Bucket{limit.burst, now, rate_class}).first->second;
    found.tokens = refilled(found.tokens, now - found.at, limit);
    found.at = now;
    return &found;
}

Result<void> RateLimiter::verdict(const Bucket& bucket, const RateLimit& limit) const {
    if (bucket.tokens >= 1) return {};
    // A limit without refill never opens again by itself; an hour is as good a guess as any.
    double seconds = limit.per_second > 0 ? (1 - bucket.tokens) / limit.per_second : 3600;
    Millis wait{static_cast<std::int64_t>(std::ceil(seconds * 1000))};
    return fail(Error{Errc::rate_limited, "Too many requests", "M_LIMIT_EXCEEDED", {}, wait});
}

Result<void> RateLimiter::take(RateClass rate_class, std::string_view key) {
    std::lock_guard lock(mutex_);
    auto* found = bucket(rate_class, key);
    if (!found) return {};
    auto answer = verdict(*found, limits_.limits[static_cast<std::size_t>(rate_class)]);
    if (answer) found->tokens -= 1;
    return answer;
}

Result<void> RateLimiter::peek(RateClass rate_class, std::string_view key) {
    std::lock_guard lock(mutex_);
    auto* found = bucket(rate_class, key);
    return found ? verdict(*found, limits_.limits[static_cast<std::size_t>(rate_class)]) : Result<void>{};
}

}  // namespace peyk::privacy
