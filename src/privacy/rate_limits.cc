#include "privacy/rate_limits.h"

#include <sodium.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace peyk::privacy {
namespace {
constexpr Millis kSaltLife{24 * 3600 * 1000};
constexpr std::size_t kMaxBuckets = 200'000;  // about 10 MB
}  // namespace

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

Result<void> RateLimiter::take(RateClass rate_class, std::string_view key) {
    const auto& limit = limits_.limits[static_cast<std::size_t>(rate_class)];
    if (!limits_.enabled || rate_class == RateClass::none || limit.burst <= 0) return {};
    auto now = clock_.monotonic();
    std::lock_guard lock(mutex_);
    if (now - salted_at_ >= kSaltLife || buckets_.size() >= kMaxBuckets) renew_salt(now);
    std::string input(1, static_cast<char>(rate_class));
    input += key;
    std::uint64_t hashed;
    crypto_shorthash(reinterpret_cast<unsigned char*>(&hashed), reinterpret_cast<const unsigned char*>(input.data()),
                     input.size(), reinterpret_cast<const unsigned char*>(salt_.data()));
    auto& bucket = buckets_.try_emplace(hashed, Bucket{limit.burst, now}).first->second;
    bucket.tokens = std::min(limit.burst, bucket.tokens + limit.per_second * static_cast<double>((now - bucket.at).count()) / 1000.0);
    bucket.at = now;
    if (bucket.tokens >= 1) {
        bucket.tokens -= 1;
        return {};
    }
    Millis wait{static_cast<std::int64_t>(std::ceil((1 - bucket.tokens) / limit.per_second * 1000))};
    return fail(Error{Errc::rate_limited, "Too many requests", "M_LIMIT_EXCEEDED", {}, wait});
}

}  // namespace peyk::privacy
