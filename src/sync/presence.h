#pragma once
// Who is online, and since when. In memory only, and only when the operator switched it on.
// Spec: Client-Server API › Presence.

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "async/feed.h"
#include "async/timers.h"
#include "core/json.h"
#include "rooms/membership/memberships.h"

namespace peyk::sync {

enum class PresenceState : std::uint8_t { offline, unavailable, online };
std::optional<PresenceState> presence_state_of(std::string_view text);
std::string_view presence_text(PresenceState state);

// Purpose:  collects what devices say and what people do into one state per user, and tells who shares a room.
// Runs on:  any thread; the methods that look for shared rooms run on workers (they may block). Time goes by itself.
// Stops by: stop(), before the timers and the workers.
class Presence {
public:
    static constexpr Millis kIdle{5 * 60'000};  // without activity: unavailable
    static constexpr Millis kActive{60'000};    // since the last activity: currently active
    static constexpr Millis kGone{30'000};      // after a device's last request: offline
    static constexpr Millis kSweep{5'000};      // how often that is looked at
    static constexpr std::size_t kMaxDevices = 32, kMaxStatus = 1024;
    static constexpr std::size_t kMaxOffline = 100;  // arrivals who are told to be offline: what is assumed anyway

    Presence(bool enabled, const rooms::RoomStore& store, const rooms::Memberships& memberships, Feed& feed,
             Timers& timers, Executor& workers, const Clock& clock)
        : enabled_(enabled),
          store_(store),
          memberships_(memberships),
          feed_(feed),
          timers_(timers),
          workers_(workers),
          clock_(clock) {}
    ~Presence() { stop(); }
    bool enabled() const { return enabled_; }
    void stop();

    // While it lives a device is syncing. Move-only.
    class Stay {
    public:
        Stay() = default;
        Stay(Stay&& other) noexcept { *this = std::move(other); }
        Stay& operator=(Stay&& other) noexcept;
        ~Stay() { end(); }

    private:
        friend class Presence;
        void end();
        Presence* presence_ = nullptr;
        std::uint64_t user_ = 0, device_ = 0;
    };
    // A sync began. No state: online if the user was offline. Offline: the sync makes nobody online, and what earlier
    // ones made of the device is over; what its user said with set() stays, until the device is gone.
    Stay sync(const UserId& user, const DeviceId& device, std::optional<PresenceState> state);
    // Somebody did something: sent a message.
    void active(const UserId& user, const DeviceId& device);
    // Spec: PUT /presence/{userId}/status. Errors: M_TOO_LARGE.
    Result<void> set(const UserId& user, const DeviceId& device, PresenceState state,
                     std::optional<std::string> status);

    // {presence, last_active_ago?, currently_active?, status_msg?}
    json::Object get(const UserId& user) const;
    // Who shares a room now may see the other.
    Result<bool> share_a_room(std::uint64_t one, std::uint64_t other) const;

    // For syncs: changes are counted; a token holds the count it saw.
    std::uint64_t counter() const;
    // m.presence events of users who share a room with the reader, or are the reader, and changed at counts in
    // (from, to]; `arrivals`: users who came into view, whose state is told whatever it is.
    Result<std::vector<json::Object>> events(std::uint64_t reader, std::uint64_t from, std::uint64_t to,
                                             const std::vector<UserId>& arrivals) const;

    // For application services, which judge for themselves whom they may see: the newest change of each user at counts
    // in (from, to], in order, as m.presence events.
    struct Change {
        UserId user;
        std::uint64_t count;
        json::Object event;
    };
    std::vector<Change> changed(std::uint64_t from, std::uint64_t to) const;

private:
    struct Device {
        PresenceState state = PresenceState::offline;
        Millis seen{0};
        std::uint32_t syncing = 0;
        bool said = false;  // by set(), not by a sync
    };
    struct User {
        UserId id;
        std::unordered_map<std::uint64_t, Device> devices;
        std::optional<std::string> status;
        Millis last_active{0};  // monotonic
        PresenceState state = PresenceState::offline;
        bool currently_active = false;
        std::uint64_t changed = 0;
    };
    User& user(const UserId& id, std::uint64_t number);  // with the mutex
    Device& device(User& user, std::uint64_t number);    // with the mutex
    // With the mutex; true: others are to be told.
    bool settle(std::uint64_t number, User& user, Millis now, bool force);
    void announce(const std::vector<std::uint64_t>& users);
    void arm();
    void sweep();
    json::Object content(const User& user, Millis now) const;
    using Rooms = std::unordered_set<std::uint64_t>;
    Result<Rooms> rooms_of(std::uint64_t user) const;  // that the user is in
    Result<bool> is_in_one_of(const Rooms& rooms, std::uint64_t user) const;
    // Of `users`, who shares a room with the reader, or is the reader. Takes time in proportion to the smaller of both:
    // the users, or the members of the reader's rooms.
    Result<std::vector<std::uint64_t>> in_view(std::uint64_t reader, std::vector<std::uint64_t> users) const;
    Result<std::optional<std::unordered_set<std::uint64_t>>> members_if_fewer(const Rooms& rooms,
                                                                              std::size_t than) const;

    const bool enabled_;
    const rooms::RoomStore& store_;
    const rooms::Memberships& memberships_;
    Feed& feed_;
    Timers& timers_;
    Executor& workers_;
    const Clock& clock_;
    mutable std::mutex mutex_;
    std::unordered_map<std::uint64_t, User> users_;
    std::map<std::uint64_t, std::uint64_t> changes_;  // User::changed -> number, for those whose changed is not 0
    std::uint64_t counter_ = 1;
    bool armed_ = false;
    bool stopped_ = false;
    Timers::Id timer_ = 0;
};

}  // namespace peyk::sync
