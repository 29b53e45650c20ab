#include "oauth/rendezvous.h"

#include <algorithm>

namespace peyk::oauth {

Rendezvous::View Rendezvous::view(const Session& session) const {
    auto left = session.expires - clock_.monotonic();
    return {session.data, session.tag, left, session.changed, clock_.now() + left};
}

Rendezvous::List::iterator Rendezvous::find(const std::string& id) {
    auto found = by_id_.find(id);
    if (found == by_id_.end()) return sessions_.end();
    if (found->second->expires > clock_.monotonic()) return found->second;
    erase(found->second);
    return sessions_.end();
}

void Rendezvous::erase(List::iterator session) {
    by_id_.erase(session->id);
    sessions_.erase(session);
}

std::expected<Rendezvous::Made, Rendezvous::Problem> Rendezvous::make(std::string data) {
    if (data.size() > kMaxData) return std::unexpected(Problem::too_large);
    auto now = clock_.monotonic();
    std::lock_guard lock(mutex_);
    while (!sessions_.empty() && (sessions_.front().expires <= now || sessions_.size() >= kMaxSessions))
        erase(sessions_.begin());
    sessions_.push_back({.id = random_.alphanumeric(43),
                         .data = std::move(data),
                         .tag = random_.alphanumeric(22),
                         .transaction = {},
                         .begun = now,
                         .expires = now + kLife,
                         .changed = clock_.now()});
    auto made = std::prev(sessions_.end());
    by_id_[made->id] = made;
    return Made{made->id, view(*made)};
}

Rendezvous::Seen Rendezvous::look(const std::string& id) {
    std::lock_guard lock(mutex_);
    auto session = find(id);
    if (session == sessions_.end()) return std::unexpected(Problem::gone);
    return view(*session);
}

Rendezvous::Seen Rendezvous::replace(const std::string& id, std::string_view tag, std::string data,
                                     std::string_view transaction) {
    if (data.size() > kMaxData) return std::unexpected(Problem::too_large);
    std::lock_guard lock(mutex_);
    auto session = find(id);
    if (session == sessions_.end()) return std::unexpected(Problem::gone);
    if (!transaction.empty() && session->transaction == transaction) return view(*session);
    if (session->tag != tag) return std::unexpected(Problem::changed);
    session->data = std::move(data);
    session->tag = random_.alphanumeric(22);
    session->transaction = transaction;
    session->changed = clock_.now();
    session->expires = std::min(clock_.monotonic() + kLife, session->begun + kLongest);
    return view(*session);
}

bool Rendezvous::end(const std::string& id) {
    std::lock_guard lock(mutex_);
    auto session = find(id);
    if (session == sessions_.end()) return false;
    erase(session);
    return true;
}

}  // namespace peyk::oauth
