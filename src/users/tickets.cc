#include "users/tickets.h"

namespace peyk::users {

std::string Tickets::issue(std::string subject, Millis lifetime) {
    auto text = prefix_ + random_.alphanumeric(43);  // 256 bits
    auto now = clock_.monotonic();
    std::lock_guard lock(mutex_);
    drop_old(now);
    auto order = next_++;
    by_age_.emplace(order, text);
    tickets_.emplace(text, Ticket{std::move(subject), now + lifetime, order});
    return text;
}

// From the oldest on: those that are over, and as many more as the limit asks. Lifetimes of one kind are alike.
void Tickets::drop_old(Millis now) {
    while (!by_age_.empty()) {
        auto oldest = tickets_.find(by_age_.begin()->second);
        if (oldest != tickets_.end()) {
            if (oldest->second.expires > now && tickets_.size() < limit_) return;
            tickets_.erase(oldest);
        }
        by_age_.erase(by_age_.begin());
    }
}

std::optional<std::string> Tickets::look_up(std::string_view ticket) {
    std::lock_guard lock(mutex_);
    auto found = tickets_.find(std::string(ticket));
    if (found == tickets_.end() || found->second.expires <= clock_.monotonic()) return std::nullopt;
    return found->second.subject;
}

std::optional<std::string> Tickets::take(std::string_view ticket) {
    std::lock_guard lock(mutex_);
    auto found = tickets_.find(std::string(ticket));
    if (found == tickets_.end()) return std::nullopt;
    auto taken = std::move(found->second);
    tickets_.erase(found);
    by_age_.erase(taken.order);
    if (taken.expires <= clock_.monotonic()) return std::nullopt;
    return std::move(taken.subject);
}

void Tickets::revoke(std::string_view subject) {
    std::lock_guard lock(mutex_);
    std::erase_if(tickets_, [&](const auto& entry) {
        if (entry.second.subject != subject) return false;
        by_age_.erase(entry.second.order);
        return true;
    });
}

}  // namespace peyk::users
