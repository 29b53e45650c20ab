#include "oauth/codes.h"

#include <algorithm>

#include "base/bytes.h"
#include "core/hashing.h"

namespace peyk::oauth {
namespace {

constexpr std::size_t kMaxCodes = 20'000;
constexpr std::size_t kMaxDeviceCodes = 10'000;
constexpr Millis kCodeLife{60'000};
constexpr Millis kUsedLife{10 * 60 * 1000};
constexpr Millis kSlower{5000};
constexpr std::string_view kLetters = "BCDFGHJKLMNPQRSTVWXZ";  // no vowels: no words; 20^8 codes
constexpr std::size_t kUserCode = 8;

// "bcdf-ghjk" and "BCDF GHJK" as "BCDFGHJK".
std::string normal(std::string_view user_code) {
    std::string out;
    for (char c : user_code.substr(0, 64)) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 0x20);
        if (c >= 'A' && c <= 'Z') out += c;
    }
    return out;
}

std::string make_user_code(Random& random) {
    std::string out;
    while (out.size() < kUserCode) {
        std::uint8_t byte = 0;
        random.fill({&byte, 1});
        if (byte < 240) out += kLetters[byte % kLetters.size()];  // 240 is a multiple of 20: no letter is likelier
    }
    return out;
}

}  // namespace

std::string AuthorizationCodes::issue(Grant grant) {
    auto code = "pc_" + random_.alphanumeric(43);
    auto now = clock_.monotonic();
    std::lock_guard lock(mutex_);
    while (!entries_.empty() && (entries_.front().expires <= now || entries_.size() >= kMaxCodes)) {
        by_code_.erase(entries_.front().code);
        entries_.pop_front();
    }
    entries_.push_back(Entry{code, std::move(grant), now + kUsedLife});
    by_code_[code] = std::prev(entries_.end());
    return code;
}

AuthorizationCodes::Taken AuthorizationCodes::take(const std::string& code) {
    auto now = clock_.monotonic();
    std::lock_guard lock(mutex_);
    auto found = by_code_.find(code);
    if (found == by_code_.end() || found->second->expires <= now) return {};
    auto& entry = *found->second;
    if (entry.used) {
        // Before remember(): nothing came of it yet, but what will must end.
        entry.replayed = entry.replayed || !entry.issued;
        return {std::nullopt, entry.issued};
    }
    entry.used = true;
    if (now > entry.expires - kUsedLife + kCodeLife) return {};
    return {entry.grant, std::nullopt};
}

bool AuthorizationCodes::remember(const std::string& code, Issued issued) {
    std::lock_guard lock(mutex_);
    auto found = by_code_.find(code);
    if (found == by_code_.end()) return true;
    found->second->issued = std::move(issued);
    return !found->second->replayed;
}

bool is_challenge(std::string_view text) {
    auto bytes = base64_decode(text, Base64::url);
    return text.size() == 43 && bytes && bytes->size() == sizeof(Sha256);
}

bool fits_challenge(std::string_view verifier, std::string_view challenge) {
    if (verifier.size() < 43 || verifier.size() > 128) return false;
    for (char c : verifier) {
        bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          std::string_view("-._~").contains(c);
        if (!unreserved) return false;
    }
    return equal_constant_time(base64_encode(sha256(verifier).view(), Base64::url), challenge);
}

void DeviceCodes::erase(List::iterator entry) {
    by_device_code_.erase(entry->codes.device_code);
    by_user_code_.erase(normal(entry->codes.user_code));
    entries_.erase(entry);
}

// Codes that are over stay for as long again, so that their device hears "expired".
void DeviceCodes::drop_old(Millis now) {
    while (!entries_.empty() && (entries_.front().expires + kLife <= now || entries_.size() >= kMaxDeviceCodes))
        erase(entries_.begin());
}

DeviceCodes::Pair DeviceCodes::issue(Grant grant) {
    auto now = clock_.monotonic();
    std::lock_guard lock(mutex_);
    drop_old(now);
    auto letters = make_user_code(random_);
    while (by_user_code_.contains(letters)) letters = make_user_code(random_);
    Pair codes{"pd_" + random_.alphanumeric(43), letters.substr(0, 4) + "-" + letters.substr(4)};
    entries_.push_back(Entry{codes, std::move(grant), now + kLife});
    by_device_code_[codes.device_code] = std::prev(entries_.end());
    by_user_code_[letters] = std::prev(entries_.end());
    return codes;
}

DeviceCodes::Entry* DeviceCodes::find_pending(std::string_view user_code, Millis now) {
    auto found = by_user_code_.find(normal(user_code));
    if (found == by_user_code_.end()) return nullptr;
    auto& entry = *found->second;
    return entry.expires > now && entry.state == State::pending ? &entry : nullptr;
}

std::optional<Grant> DeviceCodes::look_up(std::string_view user_code) {
    std::lock_guard lock(mutex_);
    const auto* entry = find_pending(user_code, clock_.monotonic());
    if (!entry) return std::nullopt;
    return entry->grant;
}

bool DeviceCodes::decide(std::string_view user_code, bool allowed, std::uint64_t user, std::string stamp) {
    std::lock_guard lock(mutex_);
    auto* entry = find_pending(user_code, clock_.monotonic());
    if (!entry) return false;
    entry->state = allowed ? State::allowed : State::denied;
    entry->grant.user = user;
    entry->grant.stamp = std::move(stamp);
    return true;
}

Expected<Grant> DeviceCodes::poll(const std::string& device_code, std::string_view client) {
    auto now = clock_.monotonic();
    std::lock_guard lock(mutex_);
    auto found = by_device_code_.find(device_code);
    if (found == by_device_code_.end() || found->second->grant.client != client)
        return refuse("invalid_grant", "Unknown device code");
    auto& entry = *found->second;
    if (entry.expires <= now) return refuse("expired_token", "The code has expired; begin again");
    if (entry.state == State::denied) {
        erase(found->second);
        return refuse("access_denied", "The user has refused");
    }
    if (entry.state == State::allowed) {
        auto grant = std::move(entry.grant);
        erase(found->second);
        return grant;
    }
    bool hasty = entry.polled && now - *entry.polled < entry.interval;
    entry.polled = now;
    if (!hasty) return refuse("authorization_pending", "The user has not decided yet");
    entry.interval += kSlower;
    return refuse("slow_down", "Wait five seconds longer between two requests");
}

}  // namespace peyk::oauth
