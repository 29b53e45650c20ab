#include "async/lane.h"

namespace peyk {

bool Lanes::try_enter(std::uint64_t key) {
    auto& p = part(key);
    std::lock_guard lock(p.mutex);
    return p.busy.try_emplace(key).second;
}

bool Lanes::wait(std::uint64_t key, std::coroutine_handle<> handle) {
    auto& p = part(key);
    std::lock_guard lock(p.mutex);
    auto [entry, entered] = p.busy.try_emplace(key);
    if (entered) return false;
    entry->second.push_back({handle, Executor::current()});
    return true;
}

void Lanes::leave(std::uint64_t key) {
    auto& p = part(key);
    Waiter next{};
    {
        std::lock_guard lock(p.mutex);
        auto entry = p.busy.find(key);
        if (entry->second.empty()) {
            p.busy.erase(entry);
            return;
        }
        next = entry->second.front();
        entry->second.pop_front();
    }
    resume_on(next.home, next.handle);
}

}  // namespace peyk
