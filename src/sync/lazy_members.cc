#include "sync/lazy_members.h"

#include <algorithm>

namespace peyk::sync {

void LazyMembers::confirm(std::uint64_t user, const DeviceId& device, storage::Position position) {
    std::lock_guard lock(mutex_);
    auto found = devices_.find(key(user, device));
    if (found == devices_.end()) return;
    auto& answers = found->second.answers;
    auto answer = std::ranges::find(answers, position, &Answer::position);
    if (answer == answers.end()) return;
    for (const auto& [room, member] : answer->told) found->second.known[room].insert(member);
    // Those before it were lost, or their token was presented already.
    answers.erase(answers.begin(), answer + 1);
}

bool LazyMembers::knows(std::uint64_t user, const DeviceId& device, rooms::RoomNumber room,
                        rooms::EventNumber member) const {
    std::lock_guard lock(mutex_);
    auto found = devices_.find(key(user, device));
    if (found == devices_.end()) return false;
    auto members = found->second.known.find(room);
    return members != found->second.known.end() && members->second.contains(member);
}

void LazyMembers::tell(std::uint64_t user, const DeviceId& device, rooms::RoomNumber room, rooms::EventNumber member,
                       storage::Position position) {
    std::lock_guard lock(mutex_);
    if (++members_ > kMaxMembers) {
        devices_.clear();
        members_ = 0;
    }
    auto& answers = devices_[key(user, device)].answers;
    auto answer = std::ranges::find(answers, position, &Answer::position);
    if (answer == answers.end()) {
        if (answers.size() >= kMaxAnswers) answers.pop_front();
        answer = answers.insert(answers.end(), Answer{position, {}});
    }
    if (answer->told.size() < kMaxTold) answer->told.emplace_back(room, member);
}

void LazyMembers::forget(std::uint64_t user, const DeviceId& device, rooms::RoomNumber room) {
    std::lock_guard lock(mutex_);
    auto found = devices_.find(key(user, device));
    if (found != devices_.end()) found->second.known.erase(room);
}

}  // namespace peyk::sync
