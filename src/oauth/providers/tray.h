#pragma once
// Things of minutes in memory, each behind a secret: bounded in number, size and time.

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/random.h"

namespace peyk::oauth {

// Purpose:  keeps values of a type that has `std::size_t bytes() const`; the oldest go when there are too many.
// Runs on:  any thread.
template <class T>
class Tray {
public:
    struct Limits {
        std::size_t count, bytes;
        Millis life;
    };
    Tray(const Clock& clock, Random& random, Limits limits) : clock_(clock), random_(random), limits_(limits) {}

    // The secret, 256 bits in letters and digits.
    std::string put(T value) {
        auto secret = random_.alphanumeric(43);
        auto now = clock_.monotonic();
        auto size = value.bytes();
        std::lock_guard lock(mutex_);
        auto too_many = [&] { return entries_.size() >= limits_.count || bytes_ + size > limits_.bytes; };
        while (!entries_.empty() && (entries_.front().expires <= now || too_many())) erase(entries_.begin());
        bytes_ += size;
        entries_.push_back(Entry{secret, std::move(value), size, now + limits_.life});
        by_secret_[secret] = std::prev(entries_.end());
        return secret;
    }
    std::optional<T> look(const std::string& secret) const {
        std::lock_guard lock(mutex_);
        auto found = by_secret_.find(secret);
        if (found == by_secret_.end() || found->second->expires <= clock_.monotonic()) return std::nullopt;
        return found->second->value;
    }
    // Once.
    std::optional<T> take(const std::string& secret) {
        std::lock_guard lock(mutex_);
        auto found = by_secret_.find(secret);
        if (found == by_secret_.end()) return std::nullopt;
        auto entry = found->second;
        std::optional<T> out;
        if (entry->expires > clock_.monotonic()) out = std::move(entry->value);
        erase(entry);
        return out;
    }

private:
    struct Entry {
        std::string secret;
        T value;
        std::size_t bytes;
        Millis expires;
    };
    using List = std::list<Entry>;  // oldest first
    void erase(typename List::iterator entry) {
        bytes_ -= entry->bytes;
        by_secret_.erase(entry->secret);
        entries_.erase(entry);
    }

    const Clock& clock_;
    Random& random_;
    const Limits limits_;
    mutable std::mutex mutex_;
    List entries_;
    std::unordered_map<std::string, typename List::iterator> by_secret_;
    std::size_t bytes_ = 0;
};

}  // namespace peyk::oauth
