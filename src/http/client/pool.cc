#include "http/client/pool.h"

#include <algorithm>

namespace peyk::http {

Task<Result<std::unique_ptr<Pool::Turn>>> Pool::enter(Bounds bounds, std::string origin) {
    // Who comes later does not overtake: a free place belongs to the first in the queue.
    if (auto& at = origins_[origin]; at.active >= per_origin_ || !at.waiting.empty()) {
        at.waiting.push_back(&bounds.wait);
        for (;;) {
            auto waited = co_await bounds.deadlines.until(bounds.wait, bounds.until);
            auto& now = origins_[origin];
            bool first = now.waiting.front() == &bounds.wait;
            if (waited && !(first && now.active < per_origin_)) continue;
            std::erase(now.waiting, &bounds.wait);
            if (!waited) {
                // The place that it was woken for, if so, goes to the next one.
                if (now.active < per_origin_ && !now.waiting.empty()) now.waiting.front()->wake();
                forget_if_unused(origin);
                co_return std::unexpected(std::move(waited.error()));
            }
            break;
        }
    }
    ++origins_[origin].active;
    co_return std::make_unique<Turn>(*this, std::move(origin));
}

std::unique_ptr<Link> Pool::take(const std::string& origin) {
    auto& kept = origins_[origin].kept;
    if (kept.empty()) return nullptr;
    auto link = std::move(kept.back());
    kept.pop_back();
    --idle_;
    link->keep(nullptr);
    return link;
}

void Pool::leave(const std::string& origin, std::unique_ptr<Link> link) {
    auto found = origins_.find(origin);
    if (found == origins_.end()) return;  // cleared
    auto& at = found->second;
    --at.active;
    if (link && idle_ < kMaxIdle) {
        link->kept_since = deadlines_.now();
        link->keep(this);
        at.kept.push_back(std::move(link));
        ++idle_;
        sweep();
    }
    if (at.waiting.empty()) {
        forget_if_unused(origin);
        return;
    }
    // Posted: this runs in a destructor of another request.
    auto next = at.waiting.front()->shared_from_this();
    deadlines_.loop().post([next] { next->wake(); });
}

void Pool::ended(Link& link) {
    for (auto& [name, origin] : origins_) {
        auto found = std::ranges::find_if(origin.kept, [&](const auto& kept) { return kept.get() == &link; });
        if (found == origin.kept.end()) continue;
        origin.kept.erase(found);
        --idle_;
        auto key = name;
        forget_if_unused(key);
        return;
    }
}

void Pool::forget_if_unused(const std::string& origin) {
    auto found = origins_.find(origin);
    if (found == origins_.end()) return;
    const auto& at = found->second;
    if (at.active == 0 && at.kept.empty() && at.waiting.empty()) origins_.erase(found);
}

// Runs only while something is kept.
void Pool::sweep() {
    if (sweeping_ || idle_ == 0) return;
    sweeping_ = true;
    auto delay = std::max(Millis{50}, idle_time_ / 4);
    deadlines_.loop().call_after(delay, [this] {
        sweeping_ = false;
        auto oldest = deadlines_.now() - idle_time_;
        for (auto at = origins_.begin(); at != origins_.end();) {
            auto& kept = at->second.kept;
            idle_ -= std::erase_if(kept, [&](const auto& link) { return link->kept_since <= oldest; });
            bool unused = kept.empty() && at->second.active == 0 && at->second.waiting.empty();
            at = unused ? origins_.erase(at) : std::next(at);
        }
        sweep();
    });
}

}  // namespace peyk::http
