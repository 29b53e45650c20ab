#include "sync/presence.h"

#include <algorithm>

#include "base/logging.h"
#include "core/errors.h"

namespace peyk::sync {

using rooms::Membership;

std::optional<PresenceState> presence_state_of(std::string_view text) {
    if (text == "online") return PresenceState::online;
    if (text == "unavailable") return PresenceState::unavailable;
    if (text == "offline") return PresenceState::offline;
    return std::nullopt;
}

std::string_view presence_text(PresenceState state) {
    constexpr std::string_view kTexts[] = {"offline", "unavailable", "online"};
    return kTexts[static_cast<std::size_t>(state)];
}

Presence::Stay& Presence::Stay::operator=(Stay&& other) noexcept {
    if (this == &other) return *this;
    end();
    presence_ = std::exchange(other.presence_, nullptr);
    user_ = other.user_;
    device_ = other.device_;
    return *this;
}

void Presence::Stay::end() {
    auto* presence = std::exchange(presence_, nullptr);
    if (!presence) return;
    std::lock_guard lock(presence->mutex_);
    auto user = presence->users_.find(user_);
    if (user == presence->users_.end()) return;
    auto device = user->second.devices.find(device_);
    if (device == user->second.devices.end()) return;
    if (device->second.syncing > 0) --device->second.syncing;
    device->second.seen = presence->clock_.monotonic();
}

void Presence::stop() {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    if (armed_) timers_.cancel(timer_);
    armed_ = false;
}

Presence::User& Presence::user(const UserId& id, std::uint64_t number) {
    arm();
    return users_.try_emplace(number, User{.id = id, .devices = {}, .status = {}}).first->second;
}

Presence::Device& Presence::device(User& user, std::uint64_t number) {
    auto found = user.devices.find(number);
    if (found != user.devices.end()) return found->second;
    if (user.devices.size() >= kMaxDevices) {
        auto oldest = std::min_element(user.devices.begin(), user.devices.end(), [](const auto& a, const auto& b) {
            return std::pair(a.second.syncing, a.second.seen) < std::pair(b.second.syncing, b.second.seen);
        });
        user.devices.erase(oldest);
    }
    return user.devices[number];
}

// From the devices to the user's state. Spec: Presence › Idle timeout, Last active ago.
bool Presence::settle(std::uint64_t number, User& user, Millis now, bool force) {
    std::erase_if(user.devices,
                  [&](const auto& entry) { return entry.second.syncing == 0 && now - entry.second.seen >= kGone; });
    auto state = PresenceState::offline;
    for (const auto& [_, device] : user.devices) state = std::max(state, device.state);
    auto quiet = now - user.last_active;
    if (state == PresenceState::online && quiet >= kIdle) state = PresenceState::unavailable;
    bool active = state == PresenceState::online && quiet < kActive;
    if (state == user.state && active == user.currently_active && !force) return false;
    user.state = state;
    user.currently_active = active;
    changes_.erase(user.changed);
    user.changed = ++counter_;
    changes_.emplace(user.changed, number);
    return true;
}

// Wakes whoever shares a room, and the user's own devices. Blocks on a miss.
void Presence::announce(const std::vector<std::uint64_t>& users) {
    std::unordered_set<std::uint64_t> rooms;
    for (auto user : users) {
        feed_.publish({FeedEntry::Kind::user, user, 0});
        auto rows = memberships_.of(user);
        if (!rows) {
            log::warning("sync", "a change of presence did not reach the rooms: {}", rows.error().detail);
            continue;
        }
        for (const auto& row : **rows) {
            if (row.membership == Membership::join) rooms.insert(row.number);
        }
    }
    for (auto room : rooms) feed_.publish({FeedEntry::Kind::room, room, 0});
}

// One timer for all, as long as there is anybody. With the mutex.
void Presence::arm() {
    if (armed_ || stopped_) return;
    armed_ = true;
    timer_ = timers_.call_after(kSweep, [this] { workers_.post([this] { sweep(); }); });
}

void Presence::sweep() {
    std::vector<std::uint64_t> changed;
    {
        std::lock_guard lock(mutex_);
        armed_ = false;
        if (stopped_) return;
        auto now = clock_.monotonic();
        bool anybody = false;
        for (auto& [number, user] : users_) {
            if (user.state == PresenceState::offline && user.devices.empty()) continue;
            if (settle(number, user, now, false)) changed.push_back(number);
            anybody = anybody || !user.devices.empty();
        }
        if (anybody) arm();
    }
    announce(changed);
}

Presence::Stay Presence::sync(const UserId& id, const DeviceId& device_id, std::optional<PresenceState> state) {
    Stay stay;
    if (!enabled_) return stay;
    auto number = store_.number(id);
    bool told = false;
    {
        std::lock_guard lock(mutex_);
        auto device_number = store_.db().number(device_id.view());
        if (state == PresenceState::offline) {
            auto found = users_.find(number);
            if (found == users_.end()) return stay;
            auto& devices = found->second.devices;
            auto entry = devices.find(device_number);
            if (entry == devices.end() || entry->second.said) return stay;
            devices.erase(entry);
            told = settle(number, found->second, clock_.monotonic(), false);
        } else {
            auto now = clock_.monotonic();
            auto& known = user(id, number);
            auto& entry = device(known, device_number);
            bool arrives = entry.state == PresenceState::offline;
            bool explicitly = state && *state != entry.state;
            if (state || arrives) entry.state = state.value_or(PresenceState::online);
            if (state) entry.said = false;
            // Coming, or saying so, is an activity; that a client polls is none.
            if (entry.state == PresenceState::online && (arrives || explicitly)) known.last_active = now;
            entry.seen = now;
            ++entry.syncing;
            stay.presence_ = this;
            stay.user_ = number;
            stay.device_ = device_number;
            told = settle(number, known, now, false);
        }
    }
    if (told) announce({number});
    return stay;
}

void Presence::active(const UserId& id, const DeviceId& device_id) {
    if (!enabled_) return;
    auto number = store_.number(id);
    bool told = false;
    {
        std::lock_guard lock(mutex_);
        // Whoever syncs with set_presence=offline does not want to be seen by what they send either.
        auto found = users_.find(number);
        if (found == users_.end()) return;
        auto entry = found->second.devices.find(store_.db().number(device_id.view()));
        if (entry == found->second.devices.end()) return;
        auto now = clock_.monotonic();
        found->second.last_active = now;
        entry->second.state = PresenceState::online;
        entry->second.seen = now;
        told = settle(number, found->second, now, false);
    }
    if (told) announce({number});
}

Result<void> Presence::set(const UserId& id, const DeviceId& device_id, PresenceState state,
                           std::optional<std::string> status) {
    if (status && status->size() > kMaxStatus) return m::too_large("'status_msg' is too long");
    if (status && status->empty()) status.reset();
    auto number = store_.number(id);
    {
        std::lock_guard lock(mutex_);
        auto now = clock_.monotonic();
        auto& known = user(id, number);
        auto& entry = device(known, store_.db().number(device_id.view()));
        entry.state = state;
        entry.seen = now;
        entry.said = true;
        known.status = std::move(status);
        known.last_active = now;
        settle(number, known, now, true);
    }
    announce({number});
    return {};
}

json::Object Presence::content(const User& user, Millis now) const {
    json::Object out{{"presence", presence_text(user.state)},
                     {"last_active_ago", std::max<std::int64_t>((now - user.last_active).count(), 0)}};
    if (user.state == PresenceState::online) out.set("currently_active", user.currently_active);
    if (user.status) out.set("status_msg", *user.status);
    return out;
}

json::Object Presence::get(const UserId& id) const {
    std::lock_guard lock(mutex_);
    auto found = users_.find(store_.number(id));
    if (found == users_.end()) return {{"presence", "offline"}};
    return content(found->second, clock_.monotonic());
}

Result<Presence::Rooms> Presence::rooms_of(std::uint64_t user) const {
    PEYK_TRY(auto rows, memberships_.of(user));
    Rooms rooms;
    for (const auto& row : *rows) {
        if (row.membership == Membership::join) rooms.insert(row.number);
    }
    return rooms;
}

Result<bool> Presence::is_in_one_of(const Rooms& rooms, std::uint64_t user) const {
    PEYK_TRY(auto rows, memberships_.of(user));
    return std::any_of(rows->begin(), rows->end(), [&](const auto& row) {
        return row.membership == Membership::join && rooms.contains(row.number);
    });
}

Result<std::optional<std::unordered_set<std::uint64_t>>> Presence::members_if_fewer(const Rooms& rooms,
                                                                                    std::size_t than) const {
    std::unordered_set<std::uint64_t> members;
    std::size_t all = 0;
    for (auto number : rooms) {
        PEYK_TRY(auto room, store_.find(number));
        if (!room) continue;
        PEYK_TRY(auto top, store_.top(*room));
        all += top.roots.joined;
        if (all >= than) return std::nullopt;
        PEYK_TRY(auto entries, store_.members(*room, top.roots));
        for (const auto& entry : entries) {
            if (static_cast<Membership>(entry.note) == Membership::join) members.insert(entry.place);
        }
    }
    return members;
}

Result<std::vector<std::uint64_t>> Presence::in_view(std::uint64_t reader, std::vector<std::uint64_t> users) const {
    PEYK_TRY(auto rooms, rooms_of(reader));
    PEYK_TRY(auto members, members_if_fewer(rooms, users.size()));
    std::vector<std::uint64_t> out;
    for (auto number : users) {
        bool visible = number == reader || (members && members->contains(number));
        if (!visible && !members) {
            PEYK_TRY(visible, is_in_one_of(rooms, number));
        }
        if (visible) out.push_back(number);
    }
    return out;
}

Result<bool> Presence::share_a_room(std::uint64_t one, std::uint64_t other) const {
    PEYK_TRY(auto rooms, rooms_of(one));
    return is_in_one_of(rooms, other);
}

std::uint64_t Presence::counter() const {
    std::lock_guard lock(mutex_);
    return counter_;
}

Result<std::vector<json::Object>> Presence::events(std::uint64_t reader, std::uint64_t from, std::uint64_t to,
                                                   const std::vector<UserId>& arrivals) const {
    std::vector<json::Object> out;
    // Most looks are for something else, and those who are known may be many.
    if (!enabled_ || (from == to && arrivals.empty())) return out;
    std::vector<std::uint64_t> candidates;
    std::vector<UserId> offline;  // arrivals who were not seen since the start
    {
        std::lock_guard lock(mutex_);
        for (auto it = changes_.upper_bound(from); it != changes_.end() && it->first <= to; ++it) {
            // To a new client those who are offline need no word.
            if (from > 0 || users_.at(it->second).state != PresenceState::offline) candidates.push_back(it->second);
        }
        for (const auto& id : arrivals) {
            auto number = store_.number(id);
            if (users_.contains(number)) {
                candidates.push_back(number);
            } else if (number != reader && offline.size() < kMaxOffline) {
                offline.push_back(id);
            }
        }
    }
    std::sort(candidates.begin(), candidates.end());
    candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
    if (candidates.empty() && offline.empty()) return out;
    PEYK_TRY(auto seen, in_view(reader, std::move(candidates)));
    for (auto number : seen) {
        std::lock_guard lock(mutex_);
        auto found = users_.find(number);
        if (found == users_.end()) continue;
        out.push_back({{"type", "m.presence"},
                       {"sender", found->second.id.str()},
                       {"content", content(found->second, clock_.monotonic())}});
    }
    if (offline.empty()) return out;
    PEYK_TRY(auto rooms, rooms_of(reader));
    for (const auto& id : offline) {
        PEYK_TRY(bool visible, is_in_one_of(rooms, store_.number(id)));
        if (!visible) continue;
        out.push_back(
            {{"type", "m.presence"}, {"sender", id.str()}, {"content", json::Object{{"presence", "offline"}}}});
    }
    return out;
}

std::vector<Presence::Change> Presence::changed(std::uint64_t from, std::uint64_t to) const {
    std::vector<Change> out;
    {
        std::lock_guard lock(mutex_);
        auto now = clock_.monotonic();
        for (auto it = changes_.upper_bound(from); it != changes_.end() && it->first <= to; ++it) {
            const auto& user = users_.at(it->second);
            json::Object event{{"type", "m.presence"}, {"sender", user.id.str()}, {"content", content(user, now)}};
            out.push_back({user.id, user.changed, std::move(event)});
        }
    }
    return out;
}

}  // namespace peyk::sync
