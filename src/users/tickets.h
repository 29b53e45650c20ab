#pragma once
// Short-lived secrets that live in memory only: login tokens, OpenID tokens, nonces. A restart ends them, which is
// what their lifetime of minutes amounts to anyway.

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/random.h"

namespace peyk::users {

// Purpose:  tickets that stand for a text (a user id), bounded in number and in time.  Runs on: any thread.
class Tickets {
public:
    Tickets(const Clock& clock, Random& random, std::string prefix, std::size_t limit = 50'000)
        : clock_(clock), random_(random), prefix_(std::move(prefix)), limit_(limit) {}

    // The oldest goes when there are too many.
    std::string issue(std::string subject, Millis lifetime);
    std::optional<std::string> look_up(std::string_view ticket);  // stays valid
    std::optional<std::string> take(std::string_view ticket);     // once only
    // All tickets of one subject end (its account was locked, its password changed).
    void revoke(std::string_view subject);

private:
    struct Ticket {
        std::string subject;
        Millis expires;
        std::uint64_t order;
    };
    void drop_old(Millis now);

    const Clock& clock_;
    Random& random_;
    const std::string prefix_;
    const std::size_t limit_;
    std::mutex mutex_;
    std::unordered_map<std::string, Ticket> tickets_;
    std::map<std::uint64_t, std::string> by_age_;
    std::uint64_t next_ = 0;
};

}  // namespace peyk::users
