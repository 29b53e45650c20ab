#include "sync/notifier.h"

#include <algorithm>

namespace peyk::sync {

Notifier::Notifier(Feed& feed, Executor* background) : background_(background) {
    feed.listen([this](const FeedEntry& entry) { on_feed(entry); });
}

Notifier::Watch& Notifier::Watch::operator=(Watch&& other) noexcept {
    if (this == &other) return *this;
    end();
    notifier_ = std::exchange(other.notifier_, nullptr);
    id_ = other.id_;
    user_ = other.user_;
    rooms_ = std::move(other.rooms_);
    return *this;
}

void Notifier::Watch::end() {
    if (!notifier_) return;
    auto* notifier = std::exchange(notifier_, nullptr);
    std::lock_guard lock(notifier->mutex_);
    notifier->waiters_.erase(id_);
    auto remove = [this](auto& index, std::uint64_t key) {
        auto found = index.find(key);
        if (found == index.end()) return;
        std::erase(found->second, id_);
        if (found->second.empty()) index.erase(found);
    };
    remove(notifier->by_user_, user_);
    for (auto room : rooms_) remove(notifier->by_room_, room);
}

Notifier::Watch Notifier::watch(std::uint64_t user, std::vector<std::uint64_t> rooms, Wakeup wakeup) {
    Watch watch;
    std::lock_guard lock(mutex_);
    watch.notifier_ = this;
    watch.id_ = next_++;
    watch.user_ = user;
    waiters_.emplace(watch.id_, std::move(wakeup));
    by_user_[user].push_back(watch.id_);
    for (auto room : rooms) by_room_[room].push_back(watch.id_);
    watch.rooms_ = std::move(rooms);
    return watch;
}

void Notifier::on_feed(const FeedEntry& entry) {
    std::vector<Wakeup> woken;
    {
        std::lock_guard lock(mutex_);
        const auto& index = entry.kind == FeedEntry::Kind::room ? by_room_ : by_user_;
        auto found = index.find(entry.number);
        if (found == index.end()) return;
        woken.reserve(found->second.size());
        for (auto id : found->second) woken.push_back(waiters_.at(id));
    }
    auto wake = [](const std::vector<Wakeup>& all) {
        for (const auto& wakeup : all) wakeup.notify();
    };
    if (!background_ || woken.size() < kMany) return wake(woken);
    background_->post([wake, woken = std::move(woken)] { wake(woken); });
}

std::size_t Notifier::waiting() const {
    std::lock_guard lock(mutex_);
    return waiters_.size();
}

}  // namespace peyk::sync
